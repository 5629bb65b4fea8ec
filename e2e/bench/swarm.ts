import { rmSync } from 'node:fs'
import { BenchBrowser } from './browser.ts'
import { EnginePage, makeBenchFile, sha256OfFile } from './engine.ts'
import { Fanout, type FanoutCosts } from './fanout.ts'
import { median, round, type Report } from './report.ts'

const LEECHERS = 8
/** Bytes a second that each peer may send in the swarm with caps. */
const UPLINK = 256 * 1024
/** Receivers of the swarm without caps. */
const FANOUT = 4

interface Capped {
  /** Time until the last leecher is done, over the bound. */
  readonly ratio: number
  /** What the seed sent, in copies of the share. */
  readonly seedCopies: number
  readonly sha256Ok: boolean
}

/** A seed and leechers with capped uplinks, each a profile of its own in one browser. */
async function runCapped(url: string, bytes: number, seed: number): Promise<Capped> {
  const browser = await BenchBrowser.launch()
  const path = makeBenchFile(bytes, seed)
  const source = await EnginePage.start(await browser.open(url, 'memory'))
  const infoHash = await source.share(path)
  await source.limitUpload(UPLINK)
  const leechers: EnginePage[] = []
  for (let i = 0; i < LEECHERS; i++) leechers.push(await EnginePage.start(await browser.open(url, 'memory')))
  for (const leecher of leechers) {
    await leecher.limitUpload(UPLINK)
    await leecher.open(infoHash)
  }
  const started = performance.now()
  await Promise.all(leechers.map((leecher) => leecher.download(infoHash)))
  await Promise.all(leechers.map((leecher) => leecher.done(infoHash)))
  const seconds = (performance.now() - started) / 1000
  const seedCopies = (await source.uploaded(infoHash)) / bytes
  const sha = await sha256OfFile(path)
  const shas = await Promise.all(leechers.map((leecher) => leecher.sha256(infoHash)))
  await browser.close()
  rmSync(path)
  const bound = Math.max(bytes / UPLINK, (LEECHERS * bytes) / ((LEECHERS + 1) * UPLINK))
  return { ratio: seconds / bound, seedCopies, sha256Ok: shas.every((each) => each === sha) }
}

/**
 * One seed and eight leechers in real browsers with capped uplinks, against the bound of Kumar and Ross
 * max{F/us, N F/(us + sum ui)}; then one to four without caps, CPU against one bare channel, and against four at once.
 */
export async function benchSwarm(
  url: string,
  {
    runs,
    bytes,
    fanoutBytes,
  }: { readonly runs: number; readonly bytes: number; readonly fanoutBytes: number },
  report: Report,
): Promise<void> {
  const capped: Capped[] = []
  const fanouts: FanoutCosts[] = []
  for (let run = 0; run < runs; run++) {
    const swarm = await runCapped(url, bytes, 50 + run)
    const fanout = await Fanout.launch(url, FANOUT)
    const costs = await fanout.run(fanoutBytes, 80 + run, run % 2 === 0)
    await fanout.close()
    capped.push(swarm)
    fanouts.push(costs)
    report.row({
      run: run + 1,
      makespanOverBound: round(swarm.ratio),
      seedCopies: round(swarm.seedCopies),
      fanoutCpuRatio: round(costs.engine / costs.raw),
      fanoutCpuRatioSameLoad: round(costs.engine / costs.rawFanout),
      fanoutCpuSecondsPerGib: round(costs.engine),
    })
  }
  report.summary({
    makespanOverBound: round(median(capped.map(({ ratio }) => ratio))),
    leechers: LEECHERS,
    seedCopies: round(median(capped.map(({ seedCopies }) => seedCopies))),
    fanoutCpuRatio: round(median(fanouts.map(({ engine, raw }) => engine / raw))),
    fanoutCpuRatioSameLoad: round(median(fanouts.map(({ engine, rawFanout }) => engine / rawFanout))),
    runs,
    bytes,
    fanoutBytes,
    sha256Ok: [...capped, ...fanouts].every(({ sha256Ok }) => sha256Ok),
  })
}
