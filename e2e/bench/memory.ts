import { rmSync } from 'node:fs'
import type { CDPSession } from '@playwright/test'
import { BenchBrowser } from './browser.ts'
import { EnginePage, makeBenchFile, sha256OfFile } from './engine.ts'
import { round, type Report } from './report.ts'

const MiB = 1024 * 1024
const SAMPLE_MS = 5_000

/** JavaScript heap in use after a collection, array buffers included where the browser reports them. */
export async function heapBytes(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage')
  const usage = (await session.send('Runtime.getHeapUsage')) as {
    usedSize: number
    backingStorageSize?: number
  }
  return usage.usedSize + (usage.backingStorageSize ?? 0)
}

/** A transfer of gibibytes: how far the page's heap grows at either end, sampled every few seconds. */
export async function benchMemory(url: string, bytes: number, report: Report): Promise<void> {
  const path = makeBenchFile(bytes, 7)
  const browsers = [await BenchBrowser.launch(), await BenchBrowser.launch()] as const
  const pages = [await browsers[0].open(url), await browsers[1].open(url)] as const
  const [sender, receiver] = [await EnginePage.start(pages[0]), await EnginePage.start(pages[1])]
  const sessions = await Promise.all(pages.map((page) => page.context().newCDPSession(page)))
  const start = await Promise.all(sessions.map(heapBytes))
  const infoHash = await sender.share(path)
  await receiver.open(infoHash)
  const peak = [...start]
  let isDone = false
  const sampling = (async () => {
    while (!isDone) {
      const now = await Promise.all(sessions.map(heapBytes))
      now.forEach((value, index) => (peak[index] = Math.max(peak[index] ?? 0, value)))
      report.row({ heapMiB: now.map((value) => round(value / MiB)) })
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS))
    }
  })()
  await receiver.download(infoHash)
  await receiver.done(infoHash)
  isDone = true
  await sampling
  const growth = peak.map((value, index) => round((value - (start[index] ?? 0)) / MiB))
  const sha256Ok = (await receiver.sha256OfSaved(infoHash)) === (await sha256OfFile(path))
  for (const browser of browsers) await browser.close()
  rmSync(path)
  report.summary({ heapGrowthMiB: { send: growth[0], receive: growth[1] }, bytes, sha256Ok })
}
