import { rmSync } from 'node:fs'
import { BenchBrowser } from './browser.ts'
import { EnginePage, makeBenchFile, sha256OfFile } from './engine.ts'
import { closeRaw, connectRaw, sendRaw } from './raw.ts'
import { median, round, type Report } from './report.ts'
import { NO_COST, TICKS, costsSince, type ThreadCost } from './threads.ts'

const MiB = 1024 * 1024

type Threads = ReadonlyMap<string, ThreadCost>

interface Figures {
  readonly mibPerSecond: number
  readonly cpuSecondsPerGib: number
  /** By browser and kind of thread. */
  readonly threads: Threads
}

/** Time and CPU of all browsers, from rest, while something runs that delivers so many bytes. */
export async function measure(
  browsers: readonly BenchBrowser[],
  bytes: number,
  work: () => Promise<unknown>,
): Promise<Figures> {
  const cpu = () => browsers.reduce((sum, browser) => sum + browser.cpuSeconds(), 0)
  const threads = () =>
    new Map(
      browsers.flatMap((browser, at) =>
        [...browser.threads()].map(([kind, cost]) => [`${at === 0 ? 'from' : 'to'} ${kind}`, cost] as const),
      ),
    )
  await Promise.all(browsers.map((browser) => browser.untilRest()))
  const threadsBefore = threads()
  const cpuBefore = cpu()
  const started = performance.now()
  await work()
  const seconds = (performance.now() - started) / 1000
  const cpuSecondsPerGib = ((cpu() - cpuBefore) * 1024 * MiB) / bytes
  return {
    mibPerSecond: bytes / MiB / seconds,
    cpuSecondsPerGib,
    threads: costsSince(threadsBefore, threads()),
  }
}

/** One engine transfer from accept to the last verified and stored byte. */
async function runEngine(browsers: [BenchBrowser, BenchBrowser], url: string, bytes: number, seed: number) {
  const path = makeBenchFile(bytes, seed)
  const [a, b] = await Promise.all(browsers.map(async (browser) => EnginePage.start(await browser.open(url))))
  if (a === undefined || b === undefined) throw new Error('two pages are needed')
  const infoHash = await a.share(path)
  await b.open(infoHash)
  const figures = await measure(browsers, bytes, async () => {
    await b.download(infoHash)
    await b.done(infoHash)
  })
  const sha256Ok = (await b.sha256(infoHash)) === (await sha256OfFile(path))
  await b.remove(infoHash)
  await a.remove(infoHash)
  await Promise.all([a.page.close(), b.page.close()])
  rmSync(path)
  return { ...figures, sha256Ok }
}

async function runRaw(browsers: [BenchBrowser, BenchBrowser], url: string, bytes: number): Promise<Figures> {
  const [a, b] = await Promise.all(browsers.map((browser) => browser.open(url)))
  if (a === undefined || b === undefined) throw new Error('two pages are needed')
  await connectRaw(a, b)
  const figures = await measure(browsers, bytes, () => sendRaw(a, b, bytes))
  await closeRaw(a, b)
  await Promise.all([a.close(), b.close()])
  return figures
}

/** Link opened to first verified byte, with fresh pages. */
async function runFirstByte(
  browsers: [BenchBrowser, BenchBrowser],
  url: string,
  seed: number,
): Promise<number> {
  const path = makeBenchFile(4 * MiB, seed)
  const [a, b] = await Promise.all(browsers.map(async (browser) => EnginePage.start(await browser.open(url))))
  if (a === undefined || b === undefined) throw new Error('two pages are needed')
  const infoHash = await a.share(path)
  await b.page.waitForTimeout(500)
  const ms = await b.firstByte(infoHash)
  await b.done(infoHash)
  for (const each of [b, a]) await each.remove(infoHash)
  await Promise.all([a.page.close(), b.page.close()])
  rmSync(path)
  return ms
}

/**
 * 64 MiB from one browser to another, whole path included, against a bare data channel. Each round runs the
 * engine and the channel in turn, alternating which goes first, and the channel once more as A/A control.
 */
export async function benchTransfer(
  url: string,
  rounds: number,
  bytes: number,
  byThread: boolean,
  report: Report,
): Promise<void> {
  const browsers: [BenchBrowser, BenchBrowser] = [await BenchBrowser.launch(), await BenchBrowser.launch()]
  const all: { goodput: number; cpu: number; aaGoodput: number; aaCpu: number; sha256Ok: boolean }[] = []
  const firstBytes: number[] = []
  const costs: { engine: Threads; raw: Threads }[] = []
  for (let index = 0; index < rounds; index++) {
    const engineFirst = index % 2 === 0
    const before = engineFirst ? await runEngine(browsers, url, bytes, index + 1) : null
    const raw = await runRaw(browsers, url, bytes)
    const engine = before ?? (await runEngine(browsers, url, bytes, index + 1))
    const control = await runRaw(browsers, url, bytes)
    firstBytes.push(await runFirstByte(browsers, url, 1000 + index))
    all.push({
      goodput: engine.mibPerSecond / raw.mibPerSecond,
      cpu: engine.cpuSecondsPerGib / raw.cpuSecondsPerGib,
      aaGoodput: control.mibPerSecond / raw.mibPerSecond,
      aaCpu: control.cpuSecondsPerGib / raw.cpuSecondsPerGib,
      sha256Ok: engine.sha256Ok,
    })
    costs.push({ engine: engine.threads, raw: raw.threads })
    report.row({
      round: index + 1,
      engineFirst,
      engine: roundFigures(engine),
      raw: roundFigures(raw),
      control: roundFigures(control),
      firstByteMs: round(firstBytes.at(-1) ?? 0),
    })
  }
  for (const browser of browsers) await browser.close()
  if (byThread) reportThreads(costs, bytes, report)
  report.summary({
    goodputRatio: round(median(all.map((run) => run.goodput))),
    cpuRatio: round(median(all.map((run) => run.cpu))),
    controlGoodputRatio: round(median(all.map((run) => run.aaGoodput))),
    controlCpuRatio: round(median(all.map((run) => run.aaCpu))),
    firstByteMs: round(median(firstBytes)),
    rounds,
    bytes,
    sha256Ok: all.every((run) => run.sha256Ok),
  })
}

/** A row for each kind of thread: means over the rounds, per GiB, with the engine and over the bare channel. */
function reportThreads(
  rounds: readonly { engine: Threads; raw: Threads }[],
  bytes: number,
  report: Report,
): void {
  const perGib = (value: number) => round((value * 1024 * MiB) / bytes / rounds.length)
  const figures = (kind: string, which: 'engine' | 'raw') => {
    const sum = (pick: (cost: ThreadCost) => number) =>
      rounds.reduce((total, each) => total + pick(each[which].get(kind) ?? NO_COST), 0)
    return {
      seconds: perGib(sum((cost) => (cost.user + cost.kernel) / TICKS)),
      kernelSeconds: perGib(sum((cost) => cost.kernel / TICKS)),
      faults: perGib(sum((cost) => cost.faults)),
      switches: perGib(sum((cost) => cost.switches)),
    }
  }
  const kinds = new Set(rounds.flatMap(({ engine, raw }) => [...engine.keys(), ...raw.keys()]))
  const rows = [...kinds].map((kind) => ({
    kind,
    engine: figures(kind, 'engine'),
    raw: figures(kind, 'raw'),
  }))
  rows.sort((a, b) => b.engine.seconds - b.raw.seconds - (a.engine.seconds - a.raw.seconds))
  for (const row of rows) if (row.engine.seconds >= 0.3 || row.raw.seconds >= 0.3) report.row(row)
}

const roundFigures = ({ mibPerSecond, cpuSecondsPerGib }: Figures): Omit<Figures, 'threads'> => ({
  mibPerSecond: round(mibPerSecond),
  cpuSecondsPerGib: round(cpuSecondsPerGib),
})
