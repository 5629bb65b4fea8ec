import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '@playwright/test'
import puppeteer, { type Browser, type ElementHandle, type Page } from 'puppeteer-core'
import { scratch, sha256File } from '../fixtures/files.ts'
import type { ShareSnapshot, Snapshot } from './app.ts'

/** Debian's Firefox ESR over WebDriver BiDi; the variable names another. */
const FIREFOX = process.env['FIREFOX'] ?? '/usr/bin/firefox-esr'

/** Ringdrop in one tab of Firefox, driven by its accessible names as `App` drives Chromium. */
export class FirefoxApp {
  readonly problems: string[] = []
  private constructor(
    readonly browser: Browser,
    readonly page: Page,
    readonly url: string,
    readonly downloads: string,
  ) {
    page.on('pageerror', (error) => this.problems.push(String(error)))
  }

  /** A profile of its own, which goes with the browser. */
  static async open(url: string): Promise<FirefoxApp> {
    const downloads = join(scratch(), 'downloads')
    mkdirSync(downloads)
    const browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath: FIREFOX,
      headless: true,
      extraPrefsFirefox: {
        'browser.download.dir': downloads,
        'browser.download.folderList': 2,
        'browser.download.useDownloadDir': true,
        'browser.download.alwaysOpenPanel': false,
        'browser.download.always_ask_before_handling_new_types': false,
        'browser.helperApps.neverAsk.saveToDisk': 'application/octet-stream',
      },
    })
    const page = await browser.newPage()
    const app = new FirefoxApp(browser, page, url, downloads)
    await app.goto('')
    return app
  }

  async goto(hash: string): Promise<void> {
    await this.page.goto(this.url + hash)
    // A change of the fragment alone loads nothing anew.
    await this.page.waitForFunction(() => 'ringdrop' in globalThis)
    await this.until((snapshot) => snapshot.phase.name === 'owner')
  }

  /** As text: BiDi leaves out what occurs twice in a value. */
  async snapshot(): Promise<Snapshot> {
    const text = await this.page.evaluate(() =>
      JSON.stringify((globalThis as unknown as { ringdrop: { snapshot(): unknown } }).ringdrop.snapshot()),
    )
    return JSON.parse(text) as Snapshot
  }

  async share(infoHash: string): Promise<ShareSnapshot | undefined> {
    return (await this.snapshot()).node?.shares.find((share) => share.infoHash === infoHash)
  }

  async until(condition: (snapshot: Snapshot) => boolean, timeout = 60_000): Promise<void> {
    await expect.poll(async () => condition(await this.snapshot()), { timeout, intervals: [200] }).toBe(true)
  }

  /** Finds by role and accessible name, as a screen reader does. */
  async find(role: string, name: string): Promise<ElementHandle> {
    const found = await this.page.waitForSelector(`::-p-aria([name="${name}"][role="${role}"])`)
    if (found === null) throw new Error(`no ${role} "${name}"`)
    return found
  }

  /** Shares a file and waits for the link. */
  async shareFile(path: string): Promise<{ link: string; infoHash: string }> {
    // Firefox gives file inputs no role to be found by; their label is the name.
    const input = await this.page.waitForFunction(() =>
      [...document.querySelectorAll('input')].find(
        (each) => each.labels?.[0]?.textContent.trim() === 'Choose files',
      ),
    )
    await (input as ElementHandle<HTMLInputElement>).uploadFile(path)
    await this.until(({ node }) => node?.shares[0]?.state.name === 'seeding')
    const link = await this.valueOf('Share link')
    return { link, infoHash: (await this.snapshot()).node?.shares[0]?.infoHash ?? '' }
  }

  /** Waits until the button does something: a click on one that is disabled is lost without an error. */
  async click(name: string): Promise<void> {
    const button = await this.find('button', name)
    await expect
      .poll(() => button.evaluate((each) => !(each as HTMLButtonElement).disabled), { timeout: 30_000 })
      .toBe(true)
    await button.click()
  }

  /** What a text box holds. */
  async valueOf(name: string): Promise<string> {
    return (await this.find('textbox', name)).evaluate((element) => (element as HTMLInputElement).value)
  }

  async untilDone(infoHash: string): Promise<void> {
    const isDone = ({ node }: Snapshot) => {
      const share = node?.shares.find((each) => each.infoHash === infoHash)
      return share?.state.name === 'seeding' && share.verifiedBytes === share.wantedBytes
    }
    await this.until(isDone, 90_000)
  }

  /** Saves a finished one-file share. @returns the SHA-256 of what arrived on disk. */
  async save(name: string): Promise<string> {
    await this.click('Save')
    const path = join(this.downloads, name)
    const isWhole = () =>
      existsSync(path) && !readdirSync(this.downloads).some((file) => file.endsWith('.part'))
    await expect.poll(isWhole, { timeout: 30_000, intervals: [100] }).toBe(true)
    return sha256File(path)
  }
}
