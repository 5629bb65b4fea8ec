import { expect, type BrowserContext, type Locator, type Page } from '@playwright/test'
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { scratch, sha256, sha256File } from '../fixtures/files.ts'

/** The parts of `globalThis.ringdrop.snapshot()` that specs look at. */
export interface ShareSnapshot {
  readonly infoHash: string
  readonly name: string | null
  readonly state: { readonly name: string; readonly because?: string }
  readonly isStarted: boolean
  readonly totalBytes: number
  readonly wantedBytes: number
  readonly verifiedBytes: number
  readonly uploadedBytes: number
  readonly downloadedBytes: number
  readonly duplicateBytes: number
  readonly peers: readonly {
    readonly peer: string
    readonly progress: number
    readonly uploadedBytes: number
  }[]
}
export interface Snapshot {
  readonly storage: { readonly kind: 'opfs' | 'indexedDb' }
  readonly phase: { readonly name: string }
  readonly server: { readonly state: string }
  readonly sleep: { readonly lastGapMs: number } | null
  readonly node: {
    readonly id: string
    readonly server: string
    readonly shares: readonly ShareSnapshot[]
    readonly links: readonly { readonly peer: string }[]
    readonly systems: {
      readonly relay: { readonly relayed: number }
      readonly overlays: string
      readonly directory: { readonly state: string } | null
      readonly gnutella: { readonly neighbours: readonly unknown[] } | null
      readonly kazaa: { readonly role: string } | null
      readonly ring: { readonly size: number; readonly records: number; readonly state: string } | null
    }
    readonly searches: readonly {
      readonly text: string
      readonly answers: readonly {
        readonly system: string
        readonly state: string
        readonly hits: number
        readonly steps: readonly unknown[]
      }[]
    }[]
  } | null
}

/**
 * Waits until the page has painted twice and nothing moves any more: colours asked for in the middle of a change of theme
 * are neither the old nor the new ones, and what lies behind a text is another thing when a dialog grows by what it loads.
 */
export async function untilPainted(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
    // Some go on for ever, as what flows along links; the greeting of the first page and a light that pulses take seconds.
    const runs = document.getAnimations()
    const endsAt = ({ effect }: Animation) => Number(effect?.getComputedTiming().endTime ?? 0)
    for (const each of runs) if (endsAt(each) > 2_000 && endsAt(each) !== Infinity) each.finish()
    const ending = runs.filter((each) => endsAt(each) !== Infinity)
    await Promise.allSettled(ending.map(({ finished }) => finished))
    let before = ''
    // Some pages change all the time: for a second at the most.
    for (let frames = 0, still = 0; still < 6 && frames < 60; frames++) {
      await new Promise((resolve) => requestAnimationFrame(resolve))
      const boxes = [...document.querySelectorAll('main, dialog')].map((each) => each.getBoundingClientRect())
      const places = JSON.stringify(boxes)
      still = places === before ? still + 1 : 0
      before = places
    }
  })
}

/** Ringdrop in one tab, driven as a person would, by its accessible names. */
export class App {
  readonly problems: string[] = []

  constructor(
    readonly page: Page,
    readonly url: string,
  ) {
    page.on('pageerror', (error) => this.problems.push(error.message))
    page.on('console', (message) => {
      // Lost connections to a killed server are expected; anything else on the error console is not.
      const isNetwork = /WebSocket|Failed to load resource|net::ERR/.test(message.text())
      if (message.type() === 'error' && !isNetwork) this.problems.push(message.text())
    })
  }

  static async open(context: BrowserContext, url: string, hash = ''): Promise<App> {
    const app = new App(await context.newPage(), url)
    await app.goto(hash)
    return app
  }

  async goto(hash = ''): Promise<void> {
    await this.page.goto(this.url + hash)
    await this.page.waitForFunction(() => 'ringdrop' in globalThis)
    await this.until((snapshot) => snapshot.phase.name === 'owner' || snapshot.phase.name === 'follower')
  }

  snapshot(): Promise<Snapshot> {
    return this.page.evaluate(() =>
      (globalThis as unknown as { ringdrop: { snapshot(): Snapshot } }).ringdrop.snapshot(),
    )
  }

  async diagnostics(): Promise<string> {
    return this.page.evaluate(() =>
      (globalThis as unknown as { ringdrop: { diagnostics(): Promise<string> } }).ringdrop.diagnostics(),
    )
  }

  async share(infoHash?: string): Promise<ShareSnapshot | undefined> {
    const shares = (await this.snapshot()).node?.shares ?? []
    return infoHash === undefined ? shares[0] : shares.find((share) => share.infoHash === infoHash)
  }

  /** Waits for a condition on the snapshot. */
  async until(condition: (snapshot: Snapshot) => boolean, timeout = 30_000): Promise<void> {
    await expect.poll(async () => condition(await this.snapshot()), { timeout, intervals: [100] }).toBe(true)
  }

  async untilShare(
    condition: (share: ShareSnapshot) => boolean,
    infoHash?: string,
    timeout = 90_000,
  ): Promise<void> {
    const poll = async () => {
      const share = await this.share(infoHash)
      return share !== undefined && condition(share)
    }
    await expect.poll(poll, { timeout, intervals: [100] }).toBe(true)
  }

  transfer(infoHash: string): Locator {
    return this.page.locator(`[data-infohash="${infoHash}"]`)
  }

  /** Shares files and waits for the link. */
  async shareFiles(paths: string | readonly string[]): Promise<{ link: string; infoHash: string }> {
    const known = new Set((await this.snapshot()).node?.shares.map(({ infoHash }) => infoHash))
    await this.page.getByLabel('Choose files').setInputFiles(paths as string | string[])
    return this.#newShare(known)
  }

  async shareFolder(path: string): Promise<{ link: string; infoHash: string }> {
    const known = new Set((await this.snapshot()).node?.shares.map(({ infoHash }) => infoHash))
    await this.page.getByLabel('Choose a folder').setInputFiles(path)
    return this.#newShare(known)
  }

  async #newShare(known: ReadonlySet<string>): Promise<{ link: string; infoHash: string }> {
    const fresh = (snapshot: Snapshot) => snapshot.node?.shares.find(({ infoHash }) => !known.has(infoHash))
    await this.until((snapshot) => fresh(snapshot)?.state.name === 'seeding', 60_000)
    const infoHash = fresh(await this.snapshot())?.infoHash ?? ''
    const link = await this.transfer(infoHash).getByRole('textbox', { name: 'Share link' }).inputValue()
    return { link, infoHash }
  }

  /** Opens a link by pasting it into the box. */
  async openLink(link: string): Promise<void> {
    await this.page.getByRole('textbox', { name: 'Link or magnet' }).fill(link)
    await this.page.getByRole('button', { name: 'Open', exact: true }).click()
  }

  /** On the share page: waits for the names, then asks for everything. */
  async download(): Promise<void> {
    await this.page.getByRole('button', { name: 'Download', exact: true }).click()
  }

  async untilDone(infoHash?: string, timeout = 100_000): Promise<void> {
    await this.untilShare(
      (share) => share.state.name === 'seeding' && share.verifiedBytes === share.wantedBytes,
      infoHash,
      timeout,
    )
  }

  /** Saves a finished one-file share. @returns the SHA-256 of what arrived on disk, and its suggested name. */
  async save(infoHash: string): Promise<{ sha: string; name: string }> {
    const download = this.page.waitForEvent('download')
    await this.transfer(infoHash).getByRole('button', { name: 'Save', exact: true }).first().click()
    const saved = await download
    return { sha: sha256File(await saved.path()), name: saved.suggestedFilename() }
  }

  readonly digest = sha256

  /** All files of a share of several, as saved in a zip: paths inside it and digests of the contents. */
  async savedFiles(infoHash: string): Promise<{ path: string; sha: string }[]> {
    const download = this.page.waitForEvent('download')
    await this.transfer(infoHash).getByRole('button', { name: 'Save', exact: true }).first().click()
    const folder = scratch()
    execFileSync('python3', ['-m', 'zipfile', '-e', await (await download).path(), folder])
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    )
    return files.map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return { path: relative(folder, path), sha: sha256File(path) }
    })
  }

  /** Types a query and lets a system answer it. */
  async search(text: string, system: string): Promise<void> {
    if (!this.page.url().includes('#/search')) await this.goto('#/search')
    await this.page.getByRole('radio', { name: system }).check()
    await this.page.getByRole('searchbox', { name: 'Search files' }).fill(text)
    await this.page.getByRole('button', { name: 'Search', exact: true }).click()
  }

  /** Asks again until so many files are found: what was shared a moment ago takes its time to be known. */
  async searchUntil(text: string, system: string, hits: number): Promise<void> {
    const isAnswered = async () => {
      await this.search(text, system)
      const answers = async () => (await this.snapshot()).node?.searches.at(-1)?.answers ?? []
      await expect
        .poll(async () => (await answers()).every(({ state }) => state === 'ended'), { timeout: 15_000 })
        .toBe(true)
      return (await answers()).map((answer) => answer.hits)
    }
    const enough = (found: number[]) => found.length > 0 && found.every((count) => count === hits)
    await expect
      .poll(async () => enough(await isAnswered()), { timeout: 60_000, intervals: [500] })
      .toBe(true)
  }

  /** Names of the files found, sorted. */
  async hitNames(): Promise<string[]> {
    const names = await this.page.locator('li[data-root] p.name').allInnerTexts()
    return names.map((name) => name.replaceAll('\n', '')).sort()
  }

  /** Records of the ring in this profile's database. */
  storedRecords(): Promise<number> {
    return this.page.evaluate(
      () =>
        new Promise<number>((resolve, reject) => {
          const request = indexedDB.open('ringdrop-state')
          request.onerror = () => reject(new Error('no database'))
          request.onsuccess = () => {
            const get = request.result.transaction('state').objectStore('state').get('ring')
            get.onsuccess = () => {
              request.result.close()
              resolve((get.result as { records: unknown[] } | undefined)?.records.length ?? 0)
            }
          }
        }),
    )
  }

  /** Bytes per second; `null` for no limit. */
  async limitUpload(kibPerSecond: number): Promise<void> {
    await this.page.getByRole('button', { name: 'Settings' }).click()
    await this.page.getByLabel(/upload limit/i).fill(String(kibPerSecond))
    await this.page.keyboard.press('Enter')
    await this.page.keyboard.press('Escape')
  }
}
