import { rmSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { BenchBrowser } from './browser.ts'
import { EnginePage, makeBenchFile, sha256OfFile } from './engine.ts'
import { closeRaw, connectRaw, sendRaw } from './raw.ts'
import { measure } from './transfer.ts'

/** CPU seconds per GiB delivered, of all browsers together. */
export interface FanoutCosts {
  /** One share to all receivers at once, verified and stored. */
  readonly engine: number
  /** One bare channel to one receiver. */
  readonly raw: number
  /** As many bare channels at once as there are receivers: the same load of the machine. */
  readonly rawFanout: number
  readonly sha256Ok: boolean
}

/** One sender and so many receivers, each a browser of its own with a profile on disk, as people have them. */
export class Fanout {
  private constructor(
    private readonly browsers: readonly BenchBrowser[],
    private readonly url: string,
  ) {}

  static async launch(url: string, receivers: number): Promise<Fanout> {
    const browsers: BenchBrowser[] = []
    for (let i = 0; i <= receivers; i++) browsers.push(await BenchBrowser.launch())
    return new Fanout(browsers, url)
  }

  async close(): Promise<void> {
    for (const browser of this.browsers) await browser.close()
  }

  /** Whether the engine goes first alternates, since machines change while they work. */
  async run(bytes: number, seed: number, isEngineFirst: boolean): Promise<FanoutCosts> {
    const before = isEngineFirst ? await this.#engine(bytes, seed) : null
    const raw = await this.#raw(2 * bytes, 1)
    const rawFanout = await this.#raw(bytes, this.browsers.length - 1)
    return { raw, rawFanout, ...(before ?? (await this.#engine(bytes, seed))) }
  }

  async #raw(bytes: number, receivers: number): Promise<number> {
    const [sender, ...others] = this.browsers
    const pairs: { from: Page; to: Page }[] = []
    for (const other of others.slice(0, receivers)) {
      const [from, to] = [await sender?.open(this.url), await other.open(this.url)]
      if (from === undefined) throw new Error('a sender is needed')
      await connectRaw(from, to)
      pairs.push({ from, to })
    }
    const cost = await measure(this.browsers, bytes * receivers, () =>
      Promise.all(pairs.map(({ from, to }) => sendRaw(from, to, bytes))),
    )
    for (const { from, to } of pairs) {
      await closeRaw(from, to)
      await Promise.all([from.close(), to.close()])
    }
    return cost.cpuSecondsPerGib
  }

  async #engine(bytes: number, seed: number): Promise<{ engine: number; sha256Ok: boolean }> {
    const path = makeBenchFile(bytes, seed)
    const pages: EnginePage[] = []
    for (const browser of this.browsers) pages.push(await EnginePage.start(await browser.open(this.url)))
    const [source, ...receivers] = pages
    if (source === undefined) throw new Error('a sender is needed')
    const infoHash = await source.share(path)
    for (const receiver of receivers) await receiver.open(infoHash)
    const cost = await measure(this.browsers, bytes * receivers.length, async () => {
      await Promise.all(receivers.map((receiver) => receiver.download(infoHash)))
      await Promise.all(receivers.map((receiver) => receiver.done(infoHash)))
    })
    const sha = await sha256OfFile(path)
    const shas = await Promise.all(receivers.map((receiver) => receiver.sha256(infoHash)))
    for (const each of [...receivers, source]) {
      await each.remove(infoHash)
      await each.page.close()
    }
    rmSync(path)
    return { engine: cost.cpuSecondsPerGib, sha256Ok: shas.every((each) => each === sha) }
  }
}
