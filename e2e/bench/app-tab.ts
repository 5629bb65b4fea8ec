import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import puppeteer, { type Browser, type ElementHandle, type Page } from 'puppeteer-core'
import type { Snapshot } from '../pages/app.ts'
import { startChromium, stopChromium, type StartedChromium } from './browser.ts'
import { sha256OfFile } from './engine.ts'

declare const ringdrop: { snapshot(): Snapshot }

/** What the init script leaves in the page. */
interface Watch {
  readonly visibility: DocumentVisibilityState[]
  readonly longTasks: LongTask[]
  readonly observer: PerformanceObserver
}
declare const benchWatch: Watch

/** A task of the page's main thread that took longer than 50 ms. */
export interface LongTask {
  /** Milliseconds since the page began to load. */
  readonly at: number
  readonly ms: number
}

/** Runs in the page before its own code. tsx marks functions with a helper that pages do not have. */
const INIT = `globalThis.__name = (each) => each
globalThis.benchWatch = {
  visibility: [],
  longTasks: [],
  observer: new PerformanceObserver((list) => benchNote(list.getEntries())),
}
globalThis.benchNote = (entries) => {
  for (const { startTime, duration } of entries) benchWatch.longTasks.push({ at: startTime, ms: duration })
}
benchWatch.observer.observe({ type: 'longtask' })
document.addEventListener('visibilitychange', () => benchWatch.visibility.push(document.visibilityState))`
declare const benchNote: (entries: PerformanceEntryList) => void

/** How often Node looks into the page; timers of the page itself stand still while it is hidden. */
const LOOK_MS = 50
const PATIENCE_MS = 120_000
/** For all bytes of a share: gibibytes take a quarter of an hour on two cores. */
const BYTES_PATIENCE_MS = 2_700_000
/** A browser that was asked to close gets so long before it is killed. */
const CLOSE_MS = 10_000

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * The built app in the front tab of a browser of its own, with a profile on disk. Through puppeteer, because under
 * Playwright every tab counts as visible and focused.
 */
export class AppTab {
  #downloadButton: ElementHandle | null = null

  private constructor(
    readonly chromium: StartedChromium,
    readonly browser: Browser,
    readonly page: Page,
    readonly downloads: string,
  ) {}

  static async open(url: string): Promise<AppTab> {
    const chromium = await startChromium()
    const browser = await puppeteer.connect({
      browserWSEndpoint: chromium.endpoint,
      defaultViewport: null,
      protocolTimeout: 600_000,
    })
    const page = await browser.newPage()
    await page.evaluateOnNewDocument(INIT)
    const downloads = mkdtempSync(join(tmpdir(), 'ringdrop-bench-saved-'))
    const tab = new AppTab(chromium, browser, page, downloads)
    await page.goto(url)
    await tab.until('the node', () => 'ringdrop' in globalThis && ringdrop.snapshot().phase.name === 'owner')
    return tab
  }

  /** Looks from outside until it is so. */
  until<Args extends unknown[]>(
    what: string,
    isSo: (...args: Args) => boolean,
    ...args: Args
  ): Promise<void> {
    return this.#wait(PATIENCE_MS, what, isSo, ...args)
  }

  #untilBytes(what: string, isSo: () => boolean): Promise<void> {
    return this.#wait(BYTES_PATIENCE_MS, what, isSo)
  }

  async #wait<Args extends unknown[]>(
    patienceMs: number,
    what: string,
    isSo: (...args: Args) => boolean,
    ...args: Args
  ): Promise<void> {
    const deadline = performance.now() + patienceMs
    while (!(await this.page.evaluate(isSo as (...args: unknown[]) => boolean, ...args))) {
      if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`)
      await pause(LOOK_MS)
    }
  }

  /** Shares files as one share and waits for its link. */
  async share(...paths: readonly string[]): Promise<{ hash: string; infoHash: string }> {
    const input = await this.page.waitForFunction(() =>
      [...document.querySelectorAll('input')].find(
        (each) => each.labels?.[0]?.textContent.trim() === 'Choose files',
      ),
    )
    await (input as ElementHandle<HTMLInputElement>).uploadFile(...paths)
    return this.#shared()
  }

  /** Drops a file or a folder onto the page, by the browser's own events, and waits for the share's link. */
  async drop(path: string): Promise<{ hash: string; infoHash: string }> {
    const session = await this.page.createCDPSession()
    const data = { items: [], files: [path], dragOperationsMask: 1 }
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
      await session.send('Input.dispatchDragEvent', { type, x: 300, y: 300, data })
    return this.#shared()
  }

  async #shared(): Promise<{ hash: string; infoHash: string }> {
    await this.#untilBytes('the share', () => ringdrop.snapshot().node?.shares[0]?.state.name === 'seeding')
    const box = await this.#find('textbox', 'Share link')
    const link = await box.evaluate((element) => (element as HTMLInputElement).value)
    const infoHash = await this.page.evaluate(() => ringdrop.snapshot().node?.shares[0]?.infoHash ?? '')
    return { hash: new URL(link).hash, infoHash }
  }

  /** Opens a share's page and waits until it can be downloaded from a peer. */
  async openShare(hash: string): Promise<void> {
    await this.page.evaluate((text) => void (location.hash = text), hash)
    await this.until('the offer', () => {
      const share = ringdrop.snapshot().node?.shares[0]
      return share?.state.name === 'offered' && share.peers.length > 0
    })
    // Found now: names can't be waited for in a hidden tab.
    this.#downloadButton = await this.#find('button', 'Download')
  }

  /** By the settings, as a person would. */
  async limitUpload(kibPerSecond: number): Promise<void> {
    await (await this.#find('button', 'Settings')).click()
    const box = await this.#find('textbox', 'Upload limit (KiB/s)')
    await box.evaluate((input) => (input as HTMLInputElement).select())
    await box.type(String(kibPerSecond))
    await this.page.keyboard.press('Enter')
    await this.page.keyboard.press('Escape')
  }

  /** Presses "Download" by script, which works in a hidden tab too, as soon as it can be pressed. */
  async download(): Promise<void> {
    const button = this.#downloadButton
    if (button === null) throw new Error('no share is open')
    const press = () =>
      button.evaluate((element) => {
        const { disabled } = element as HTMLButtonElement
        if (!disabled) (element as HTMLButtonElement).click()
        return !disabled
      })
    for (const deadline = performance.now() + PATIENCE_MS; !(await press());) {
      if (performance.now() > deadline) throw new Error('the button stayed disabled')
      await pause(LOOK_MS)
    }
  }

  untilDone(): Promise<void> {
    return this.#untilBytes('the last byte', () => {
      const share = ringdrop.snapshot().node?.shares[0]
      return share?.state.name === 'seeding' && share.verifiedBytes === share.wantedBytes
    })
  }

  /** Of the first share. */
  uploadedBytes(): Promise<number> {
    return this.page.evaluate(() => ringdrop.snapshot().node?.shares[0]?.uploadedBytes ?? 0)
  }

  /** Saves what is finished as a person would: a file, or an archive of several. @returns where it lies. */
  async save(): Promise<string> {
    const session = await this.browser.target().createCDPSession()
    const saved = new Promise<string>((resolve) => {
      session.on('Browser.downloadProgress', ({ state, guid }) => {
        if (state === 'completed') resolve(join(this.downloads, guid))
      })
    })
    await session.send('Browser.setDownloadBehavior', {
      behavior: 'allowAndName',
      downloadPath: this.downloads,
      eventsEnabled: true,
    })
    await this.page.bringToFront()
    // The system's dialogs can't be answered here: saved as in browsers that have none.
    await this.page.evaluate(() =>
      Object.assign(globalThis, { showSaveFilePicker: undefined, showDirectoryPicker: undefined }),
    )
    await (await this.#find('button', 'Save')).click()
    return saved
  }

  /** As {@link save}. @returns the SHA-256 of what was saved. */
  async saveSha256(): Promise<string> {
    return sha256OfFile(await this.save())
  }

  /** Puts another tab in front. */
  async hide(): Promise<void> {
    await this.browser.newPage()
    await this.until('a hidden tab', () => document.visibilityState === 'hidden')
  }

  /** How long two timers of 20 ms take, one after the other: browsers slow down those of hidden tabs. */
  timersMs(): Promise<number> {
    return this.page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const from = performance.now()
          setTimeout(() => setTimeout(() => resolve(performance.now() - from), 20), 20)
        }),
    )
  }

  /** Until the page has drawn once more; only while it is visible. */
  nextFrame(): Promise<void> {
    return this.page.evaluate(
      () =>
        new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))),
    )
  }

  /** Begins to note visibility and long tasks anew. */
  async watch(): Promise<void> {
    await this.page.evaluate(() => {
      benchWatch.observer.takeRecords()
      benchWatch.longTasks.length = 0
      benchWatch.visibility.splice(0, Infinity, document.visibilityState)
    })
  }

  /** All that the tab's visibility was, and all long tasks, since `watch`. */
  watched(): Promise<{ visibility: string[]; longTasks: LongTask[] }> {
    return this.page.evaluate(() => {
      benchNote(benchWatch.observer.takeRecords())
      return {
        visibility: [...benchWatch.visibility, document.visibilityState],
        longTasks: benchWatch.longTasks,
      }
    })
  }

  async close(): Promise<void> {
    await this.browser.close()
    await stopChromium(this.chromium, CLOSE_MS)
    rmSync(this.downloads, { recursive: true, force: true })
  }

  async #find(role: string, name: string): Promise<ElementHandle> {
    const found = await this.page.waitForSelector(`::-p-aria([name="${name}"][role="${role}"])`)
    if (found === null) throw new Error(`no ${role} "${name}"`)
    return found
  }
}
