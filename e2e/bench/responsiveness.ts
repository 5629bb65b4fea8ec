import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeFile, scratch } from '../fixtures/files.ts'
import { AppTab, type LongTask } from './app-tab.ts'
import { makeBenchFile, sha256OfFile } from './engine.ts'
import { median, round, type Report } from './report.ts'

/** A task that is longer than this is felt as a jerk; our choice. */
const LONG_MS = 200

/** Figures of one end; the browser reports tasks from 50 ms on, a longest of 0 means that there was none. */
interface End {
  readonly longestMs: number
  readonly over200Ms: number
  readonly over50Ms: number
}

const figuresOf = (tasks: readonly LongTask[]): End => ({
  longestMs: Math.max(0, ...tasks.map(({ ms }) => ms)),
  over200Ms: tasks.filter(({ ms }) => ms > LONG_MS).length,
  over50Ms: tasks.length,
})

function manyFiles(bytes: number, count: number, seed: number): string[] {
  const folder = scratch()
  const size = Math.floor(bytes / count)
  return Array.from(
    { length: count },
    (_, at) => makeFile(folder, `paper ${String(at)}.txt`, size, seed + at).path,
  )
}

/** One transfer between two visible tabs, the home page at the sender and the share's page at the receiver. */
async function runRound(url: string, bytes: number, fileCount: number, seed: number) {
  const paths = fileCount === 1 ? [makeBenchFile(bytes, seed)] : manyFiles(bytes, fileCount, seed)
  const [path = ''] = paths
  const tabs = [await AppTab.open(url), await AppTab.open(url)] as const
  const [sender, receiver] = tabs
  try {
    await sender.watch()
    const { hash } = await sender.share(...paths)
    const shared = await sender.watched()
    await receiver.openShare(hash)
    for (const tab of tabs) await tab.watch()
    const started = performance.now()
    await receiver.download()
    await receiver.untilDone()
    const seconds = (performance.now() - started) / 1000
    // What is drawn when all is there belongs to it.
    for (const tab of tabs) await tab.nextFrame()
    const [sent, received] = [await sender.watched(), await receiver.watched()]
    // Of many files each block was verified; they would be saved as an archive.
    const sha256Ok = fileCount > 1 ? null : (await receiver.save()) === (await sha256OfFile(path))
    const [share, send, receive] = [shared, sent, received].map(({ longTasks }) => figuresOf(longTasks)) as [
      End,
      End,
      End,
    ]
    return { share, send, receive, seconds, sha256Ok }
  } finally {
    for (const tab of tabs) await tab.close()
    rmSync(dirname(path), { recursive: true })
  }
}

/** Tasks that keep the page from answering a click while the built app transfers, at both ends. */
export async function benchResponsiveness(
  url: string,
  rounds: number,
  bytes: number,
  fileCount: number,
  report: Report,
): Promise<void> {
  const all: Awaited<ReturnType<typeof runRound>>[] = []
  for (let index = 0; index < rounds; index++) {
    const result = await runRound(url, bytes, fileCount, 1 + index)
    all.push(result)
    const { share, send, receive, seconds } = result
    report.row({
      round: index + 1,
      seconds: round(seconds),
      share: rounded(share),
      send: rounded(send),
      receive: rounded(receive),
    })
  }
  const summarize = (ends: readonly End[]) => ({
    longestMs: round(Math.max(...ends.map(({ longestMs }) => longestMs))),
    over200Ms: ends.reduce((sum, each) => sum + each.over200Ms, 0),
    over50MsPerTransfer: round(median(ends.map(({ over50Ms }) => over50Ms))),
  })
  report.summary({
    share: summarize(all.map(({ share }) => share)),
    send: summarize(all.map(({ send }) => send)),
    receive: summarize(all.map(({ receive }) => receive)),
    seconds: round(median(all.map(({ seconds }) => seconds))),
    rounds,
    bytes,
    files: fileCount,
    sha256Ok: all.every(({ sha256Ok }) => sha256Ok !== false),
  })
}

const rounded = (end: End): End => ({ ...end, longestMs: round(end.longestMs) })
