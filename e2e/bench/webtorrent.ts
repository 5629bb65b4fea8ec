import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Page } from '@playwright/test'
import { BenchBrowser } from './browser.ts'
import { EnginePage, makeBenchFile, sha256OfFile } from './engine.ts'
import { heapBytes } from './memory.ts'
import { median, round, type Report } from './report.ts'
import { TorrentPage, TorrentServer } from './torrent-page.ts'

const MiB = 1024 * 1024
const FIRST_BYTE_BYTES = 4 * MiB
/** A page has been open for so long before somebody opens a link in it. */
const OPEN_FOR_MS = 500
const LEECHERS = 8

/** One end of a transfer, whoever makes it. */
type PeerPage = Pick<EnginePage, 'page' | 'share' | 'fetch' | 'firstByte' | 'done' | 'sha256' | 'remove'>

/** One of the two that are compared. */
interface Contestant {
  readonly name: 'ringdrop' | 'webtorrent'
  readonly url: string
  readonly start: (page: Page) => Promise<PeerPage>
}

interface Figures {
  readonly mibPerSecond: number
  readonly cpuSecondsPerGib: number
  /** Growth of both pages' heaps at the end, after a collection. */
  readonly heapMib: number
  /** Growth of all processes of both browsers at the end. */
  readonly memoryMib: number
  readonly sha256Ok: boolean
}

type Pair = readonly [BenchBrowser, BenchBrowser]
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

async function startPair(contestant: Contestant, browsers: Pair): Promise<readonly [PeerPage, PeerPage]> {
  const open = async (browser: BenchBrowser) => contestant.start(await browser.open(contestant.url))
  return [await open(browsers[0]), await open(browsers[1])]
}

async function endPair(pages: readonly [PeerPage, PeerPage], infoHash: string, path: string): Promise<void> {
  for (const each of [pages[1], pages[0]]) {
    await each.remove(infoHash)
    await each.page.close()
  }
  rmSync(dirname(path), { recursive: true })
}

/** From the opened link to the last verified and stored byte, between two browsers with profiles on disk. */
async function runTransfer(
  contestant: Contestant,
  browsers: Pair,
  bytes: number,
  seed: number,
): Promise<Figures> {
  const path = makeBenchFile(bytes, seed)
  const pages = await startPair(contestant, browsers)
  const [sender, receiver] = pages
  const infoHash = await sender.share(path)
  await receiver.page.waitForTimeout(OPEN_FOR_MS)
  const sessions = await Promise.all(pages.map(({ page }) => page.context().newCDPSession(page)))
  const heap = async () => sum(await Promise.all(sessions.map(heapBytes)))
  const cpu = () => sum(browsers.map((browser) => browser.cpuSeconds()))
  const memory = () => sum(browsers.map((browser) => browser.memoryBytes()))
  const before = { heap: await heap(), memory: memory(), cpu: cpu() }
  const started = performance.now()
  await receiver.fetch(infoHash)
  const seconds = (performance.now() - started) / 1000
  const cpuSeconds = cpu() - before.cpu
  const memoryMib = (memory() - before.memory) / MiB
  const heapMib = ((await heap()) - before.heap) / MiB
  const sha256Ok = (await receiver.sha256(infoHash)) === (await sha256OfFile(path))
  await endPair(pages, infoHash, path)
  const cpuSecondsPerGib = (cpuSeconds * 1024 * MiB) / bytes
  return { mibPerSecond: bytes / MiB / seconds, cpuSecondsPerGib, heapMib, memoryMib, sha256Ok }
}

/** Link opened to first verified byte, in a page that was opened a moment ago. */
async function runFirstByte(contestant: Contestant, browsers: Pair, seed: number): Promise<number> {
  const path = makeBenchFile(FIRST_BYTE_BYTES, seed)
  const pages = await startPair(contestant, browsers)
  const infoHash = await pages[0].share(path)
  await pages[1].page.waitForTimeout(OPEN_FOR_MS)
  const ms = await pages[1].firstByte(infoHash)
  await pages[1].done(infoHash)
  await endPair(pages, infoHash, path)
  return ms
}

/** One source and eight leechers that open the link at one moment, each a profile of its own in one browser. */
async function runSwarm(
  contestant: Contestant,
  bytes: number,
  seed: number,
): Promise<Pick<Figures, 'mibPerSecond' | 'cpuSecondsPerGib' | 'sha256Ok'>> {
  const path = makeBenchFile(bytes, seed)
  const browser = await BenchBrowser.launch()
  const open = async () => contestant.start(await browser.open(contestant.url, 'memory'))
  const source = await open()
  const infoHash = await source.share(path)
  const leechers: PeerPage[] = []
  while (leechers.length < LEECHERS) leechers.push(await open())
  await source.page.waitForTimeout(OPEN_FOR_MS)
  const cpuBefore = browser.cpuSeconds()
  const started = performance.now()
  await Promise.all(leechers.map((leecher) => leecher.fetch(infoHash)))
  const seconds = (performance.now() - started) / 1000
  const delivered = bytes * LEECHERS
  const cpuSecondsPerGib = ((browser.cpuSeconds() - cpuBefore) * 1024 * MiB) / delivered
  const sha = await sha256OfFile(path)
  const shas = await Promise.all(leechers.map((leecher) => leecher.sha256(infoHash)))
  await browser.close()
  rmSync(dirname(path), { recursive: true })
  const sha256Ok = shas.every((each) => each === sha)
  return { mibPerSecond: delivered / MiB / seconds, cpuSecondsPerGib, sha256Ok }
}

/** Both contestants in turn; which goes first alternates. */
async function inTurn<T>(
  contestants: readonly [Contestant, Contestant],
  index: number,
  run: (contestant: Contestant) => Promise<T>,
): Promise<{ ringdrop: T; webtorrent: T }> {
  const [ringdrop, webtorrent] = contestants
  const before = index % 2 === 0 ? await run(ringdrop) : null
  const theirs = await run(webtorrent)
  return { ringdrop: before ?? (await run(ringdrop)), webtorrent: theirs }
}

type Both<T> = { readonly ringdrop: T; readonly webtorrent: T }

/** Medians of both, and median, least and greatest of the ratio of each run. */
function compare<T>(runs: readonly Both<T>[], pick: (figures: T) => number): object {
  const ratios = runs.map((run) => pick(run.ringdrop) / pick(run.webtorrent))
  return {
    ringdrop: round(median(runs.map((run) => pick(run.ringdrop)))),
    webtorrent: round(median(runs.map((run) => pick(run.webtorrent)))),
    ratio: round(median(ratios)),
    least: round(Math.min(...ratios)),
    greatest: round(Math.max(...ratios)),
  }
}

const rounded = (figures: object): object =>
  Object.fromEntries(
    Object.entries(figures).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'number' ? round(value) : value,
    ]),
  )

/** What is compared, and how much of it. */
export interface WebtorrentOptions {
  readonly runs: number
  readonly bytes: number
  readonly swarms: number
  readonly swarmBytes: number
}

/**
 * Ringdrop and WebTorrent in turn, whole path included: one to one, and one to eight. Both with their defaults; both keep
 * what they receive in OPFS.
 * @param url of the server that serves the benchmark page.
 */
export async function benchWebtorrent(
  url: string,
  options: WebtorrentOptions,
  report: Report,
): Promise<void> {
  const server = await TorrentServer.start()
  const startTorrent = async (page: Page) => {
    const torrent = new TorrentPage(page, server.announce)
    await torrent.start()
    return torrent
  }
  const contestants = [
    { name: 'ringdrop', url, start: (page: Page) => EnginePage.start(page) },
    { name: 'webtorrent', url: server.url, start: startTorrent },
  ] as const
  const transfers: Both<Figures & { firstByteMs: number }>[] = []
  const browsers: Pair = [await BenchBrowser.launch(), await BenchBrowser.launch()]
  for (let index = 0; index < options.runs; index++) {
    const both = await inTurn(contestants, index, async (contestant) => {
      const figures = await runTransfer(contestant, browsers, options.bytes, index + 1)
      return { ...figures, firstByteMs: await runFirstByte(contestant, browsers, 1000 + index) }
    })
    transfers.push(both)
    report.row({ run: index + 1, ringdrop: rounded(both.ringdrop), webtorrent: rounded(both.webtorrent) })
  }
  for (const browser of browsers) await browser.close()
  const swarms: Both<Awaited<ReturnType<typeof runSwarm>>>[] = []
  for (let index = 0; index < options.swarms; index++) {
    const both = await inTurn(contestants, index, (each) => runSwarm(each, options.swarmBytes, 50 + index))
    swarms.push(both)
    report.row({ swarm: index + 1, ringdrop: rounded(both.ringdrop), webtorrent: rounded(both.webtorrent) })
  }
  await server.close()
  summarize(transfers, swarms, options, report)
}

function summarize(
  transfers: readonly Both<Figures & { firstByteMs: number }>[],
  swarms: readonly Both<Pick<Figures, 'mibPerSecond' | 'cpuSecondsPerGib' | 'sha256Ok'>>[],
  options: WebtorrentOptions,
  report: Report,
): void {
  const isRight = (run: Both<{ sha256Ok: boolean }>) => run.ringdrop.sha256Ok && run.webtorrent.sha256Ok
  report.summary({
    mibPerSecond: compare(transfers, (each) => each.mibPerSecond),
    cpuSecondsPerGib: compare(transfers, (each) => each.cpuSecondsPerGib),
    firstByteMs: compare(transfers, (each) => each.firstByteMs),
    heapMib: compare(transfers, (each) => each.heapMib),
    memoryMib: compare(transfers, (each) => each.memoryMib),
    swarmMibPerSecond: compare(swarms, (each) => each.mibPerSecond),
    swarmCpuSecondsPerGib: compare(swarms, (each) => each.cpuSecondsPerGib),
    leechers: LEECHERS,
    ...options,
    sha256Ok: [...transfers, ...swarms].every(isRight),
  })
}
