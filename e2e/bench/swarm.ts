import { rmSync } from 'node:fs'
import { BenchBrowser } from './browser.ts'
import { EnginePage, makeBenchFile, sha256OfFile } from './engine.ts'
import { closeRaw, connectRaw, sendRaw } from './raw.ts'
import { median, round, type Report } from './report.ts'

const MiB = 1024 * 1024

/** One swarm: a seed and so many leechers, each a profile of its own in one browser. */
async function runSwarm(
  browser: BenchBrowser,
  url: string,
  leecherCount: number,
  bytes: number,
  rate: number | null,
  seed: number,
) {
  const path = makeBenchFile(bytes, seed)
  const source = await EnginePage.start(await browser.open(url, 'memory'))
  const infoHash = await source.share(path)
  await source.limitUpload(rate)
  const leechers: EnginePage[] = []
  for (let i = 0; i < leecherCount; i++)
    leechers.push(await EnginePage.start(await browser.open(url, 'memory')))
  for (const leecher of leechers) {
    await leecher.limitUpload(rate)
    await leecher.open(infoHash)
  }
  const cpuBefore = browser.cpuSeconds()
  const started = performance.now()
  await Promise.all(leechers.map((leecher) => leecher.download(infoHash)))
  await Promise.all(leechers.map((leecher) => leecher.done(infoHash)))
  const seconds = (performance.now() - started) / 1000
  const cpuSecondsPerGib = ((browser.cpuSeconds() - cpuBefore) * 1024 * MiB) / (bytes * leecherCount)
  const seedCopies = (await source.uploaded(infoHash)) / bytes
  const sha = await sha256OfFile(path)
  const shas = await Promise.all(leechers.map((leecher) => leecher.sha256(infoHash)))
  for (const each of [source, ...leechers]) await each.page.context().close()
  rmSync(path)
  return { seconds, cpuSecondsPerGib, seedCopies, sha256Ok: shas.every((each) => each === sha) }
}

async function rawCpu(browser: BenchBrowser, url: string, bytes: number): Promise<number> {
  const [a, b] = [await browser.open(url, 'memory'), await browser.open(url, 'memory')]
  await connectRaw(a, b)
  const before = browser.cpuSeconds()
  await sendRaw(a, b, bytes)
  const cpu = ((browser.cpuSeconds() - before) * 1024 * MiB) / bytes
  await closeRaw(a, b)
  for (const page of [a, b]) await page.context().close()
  return cpu
}

/**
 * One seed and eight leechers in real browsers with capped uplinks, against the bound of Kumar and Ross
 * max{F/us, N F/(us + sum ui)}; then one to four without caps, CPU against a bare channel.
 */
export async function benchSwarm(url: string, runs: number, bytes: number, report: Report): Promise<void> {
  const leechers = 8
  const rate = 256 * 1024
  const bound = Math.max(bytes / rate, (leechers * bytes) / ((leechers + 1) * rate))
  const capped: { ratio: number; seedCopies: number; sha256Ok: boolean }[] = []
  const fanout: { cpuRatio: number; sha256Ok: boolean }[] = []
  for (let run = 0; run < runs; run++) {
    const browser = await BenchBrowser.launch()
    const swarm = await runSwarm(browser, url, leechers, bytes, rate, 50 + run)
    capped.push({ ratio: swarm.seconds / bound, seedCopies: swarm.seedCopies, sha256Ok: swarm.sha256Ok })
    const raw = await rawCpu(browser, url, 32 * MiB)
    const open = await runSwarm(browser, url, 4, 16 * MiB, null, 80 + run)
    fanout.push({ cpuRatio: open.cpuSecondsPerGib / raw, sha256Ok: open.sha256Ok })
    await browser.close()
    report.row({
      run: run + 1,
      makespanOverBound: round(swarm.seconds / bound),
      seedCopies: round(swarm.seedCopies),
      fanoutCpuRatio: round(open.cpuSecondsPerGib / raw),
    })
  }
  report.summary({
    makespanOverBound: round(median(capped.map(({ ratio }) => ratio))),
    leechers,
    seedCopies: round(median(capped.map(({ seedCopies }) => seedCopies))),
    fanoutCpuRatio: round(median(fanout.map(({ cpuRatio }) => cpuRatio))),
    runs,
    bytes,
    sha256Ok: [...capped, ...fanout].every(({ sha256Ok }) => sha256Ok),
  })
}
