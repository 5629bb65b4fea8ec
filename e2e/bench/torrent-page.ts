import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from '@playwright/test'
import { freePort } from '../../signaling-server/test/free-port.ts'
import { pickFile } from './engine.ts'

/** Packages of their own, apart from the project's: nothing of them is shipped, and `npm ci` does not fetch them. */
const HOME = join(import.meta.dirname, 'webtorrent')
const BUNDLE = 'node_modules/webtorrent/dist/webtorrent.min.js'

const HTML = `<!doctype html><meta charset="utf-8" /><title>WebTorrent</title><script type="module">
import WebTorrent from '/webtorrent.min.js'
globalThis.makeEngine = () => new WebTorrent({ tracker: { rtcConfig: { iceServers: [] } } })
</script>`

/** What is used of WebTorrent's interface. */
interface Torrent {
  readonly infoHash: string
  readonly done: boolean
  readonly files: readonly { blob(): Promise<Blob> }[]
  on(event: 'done' | 'verified', listener: () => void): void
}
interface Client {
  seed(file: File, options: { announce: string[] }, whenSeeded: (torrent: Torrent) => void): void
  add(magnet: string): Torrent
  get(infoHash: string): Promise<Torrent | null>
  remove(infoHash: string, options: { destroyStore: boolean }): Promise<void>
}
declare const webtorrent: Client

interface Tracker {
  readonly http: Server
  listen(port: number, host: string, whenReady: () => void): void
  close(whenClosed: () => void): void
}

/** WebTorrent's own tracker, and the page with its bundle, on one port of this machine. */
export class TorrentServer {
  private constructor(
    readonly port: number,
    readonly tracker: Tracker,
  ) {}

  static async start(): Promise<TorrentServer> {
    if (!existsSync(join(HOME, BUNDLE))) install()
    const entry = pathToFileURL(join(HOME, 'node_modules/bittorrent-tracker/server.js')).href
    const { default: Tracker } = (await import(entry)) as { default: new (options: object) => Tracker }
    const tracker = new Tracker({ udp: false, http: true, ws: true, stats: false })
    tracker.http.on('request', servePage)
    const port = await freePort()
    await new Promise<void>((resolve) => tracker.listen(port, '127.0.0.1', resolve))
    return new TorrentServer(port, tracker)
  }

  get url(): string {
    return `http://localhost:${String(this.port)}/`
  }

  get announce(): string {
    return `ws://localhost:${String(this.port)}`
  }

  close(): Promise<void> {
    this.tracker.http.closeAllConnections()
    return new Promise((resolve) => this.tracker.close(resolve))
  }
}

function install(): void {
  // Standard output is for the figures. No scripts, no native parts: only the browser's bundle and the tracker run.
  const args = ['ci', '--ignore-scripts', '--omit=optional', '--loglevel=error']
  if (spawnSync('npm', args, { cwd: HOME, stdio: ['ignore', 2, 'inherit'] }).status !== 0)
    throw new Error('WebTorrent could not be installed')
}

function servePage(request: IncomingMessage, response: ServerResponse): void {
  if (request.url === '/') response.setHeader('content-type', 'text/html').end(HTML)
  else if (request.url === '/webtorrent.min.js')
    response.setHeader('content-type', 'text/javascript').end(readFileSync(join(HOME, BUNDLE)))
}

/** WebTorrent in one page, with its defaults but for STUN servers, of which there are none here. */
export class TorrentPage {
  constructor(
    readonly page: Page,
    readonly announce: string,
  ) {}

  async start(): Promise<void> {
    await this.page.evaluate(() => {
      const make = (globalThis as unknown as { makeEngine(): Client }).makeEngine
      Object.assign(globalThis, { webtorrent: make() })
    })
  }

  /** Seeds a file from disk; waits until it is hashed. @returns its infohash. */
  async share(path: string): Promise<string> {
    await pickFile(this.page, path)
    return this.page.evaluate(
      (announce) =>
        new Promise<string>((resolve, reject) => {
          const file = document.querySelector('input')?.files?.[0]
          if (file === undefined) reject(new Error('no file was picked'))
          else webtorrent.seed(file, { announce: [announce] }, ({ infoHash }) => resolve(infoHash))
        }),
      this.announce,
    )
  }

  /** From the opened link to the last byte, verified and stored. */
  fetch(infoHash: string): Promise<void> {
    return this.page.evaluate((magnet) => {
      const torrent = webtorrent.add(magnet)
      return new Promise<void>((resolve) => torrent.on('done', resolve))
    }, this.#magnet(infoHash))
  }

  /** Milliseconds from opening the link to the first verified piece, measured in the page. */
  firstByte(infoHash: string): Promise<number> {
    return this.page.evaluate((magnet) => {
      const started = performance.now()
      const torrent = webtorrent.add(magnet)
      return new Promise<number>((resolve) =>
        torrent.on('verified', () => resolve(performance.now() - started)),
      )
    }, this.#magnet(infoHash))
  }

  /** Until everything of a torrent that was added is there. */
  done(infoHash: string): Promise<void> {
    return this.page.evaluate(async (hash) => {
      const torrent = await webtorrent.get(hash)
      if (torrent === null || torrent.done) return
      await new Promise<void>((resolve) => torrent.on('done', resolve))
    }, infoHash)
  }

  /** SHA-256 of what was received; files up to a few hundred MiB. */
  sha256(infoHash: string): Promise<string> {
    return this.page.evaluate(async (hash) => {
      const torrent = await webtorrent.get(hash)
      const bytes = (await (await torrent?.files[0]?.blob())?.arrayBuffer()) ?? new ArrayBuffer()
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
      return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
    }, infoHash)
  }

  async remove(infoHash: string): Promise<void> {
    await this.page.evaluate((hash) => webtorrent.remove(hash, { destroyStore: true }), infoHash)
  }

  #magnet(infoHash: string): string {
    return `magnet:?xt=urn:btih:${infoHash}&tr=${encodeURIComponent(this.announce)}`
  }
}
