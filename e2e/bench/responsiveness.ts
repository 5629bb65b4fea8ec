import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { scratch } from '../fixtures/files.ts'
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

/** Files in folders of 100, so that a dropped folder has folders in it. */
const FILES_IN_FOLDER = 100

/** What is transferred, and how it comes to the page. */
export interface Load {
  readonly bytes: number
  readonly files: number
  /** Whether a folder with all of it is dropped onto the page; else the files are chosen. */
  readonly isDropped: boolean
}

/** Makes the files. @returns their paths. */
function makeFiles(folder: string, { bytes, files }: Load, seed: number): string[] {
  const size = Math.floor(bytes / files)
  return Array.from({ length: files }, (_, at) => {
    const path = join(
      folder,
      `part ${String(Math.floor(at / FILES_IN_FOLDER) + 1)}`,
      `paper ${String(at)}.txt`,
    )
    mkdirSync(dirname(path), { recursive: true })
    const made = makeBenchFile(size, seed + at)
    renameSync(made, path)
    rmSync(dirname(made), { recursive: true })
    return path
  })
}

/** Whether the archive holds just these files, each with the same bytes, and at its place in the folder if that was dropped. */
async function isArchiveOf(
  archive: string,
  folder: string,
  paths: readonly string[],
  { isDropped }: Load,
): Promise<boolean> {
  const placeIn = (root: string, path: string) => (isDropped ? relative(root, path) : basename(path))
  const unpacked = scratch()
  try {
    execFileSync('python3', ['-m', 'zipfile', '-e', archive, unpacked])
    const copies = new Map<string, string>()
    for (const each of readdirSync(unpacked, { recursive: true, withFileTypes: true })) {
      const copy = join(each.parentPath, each.name)
      if (each.isFile()) copies.set(placeIn(unpacked, copy), copy)
    }
    if (copies.size !== paths.length) return false
    for (const path of paths) {
      const copy = copies.get(placeIn(dirname(folder), path))
      if (copy === undefined || (await sha256OfFile(copy)) !== (await sha256OfFile(path))) return false
    }
    return true
  } finally {
    rmSync(unpacked, { recursive: true })
  }
}

/** One transfer between two visible tabs, the home page at the sender and the share's page at the receiver. */
async function runRound(url: string, load: Load, seed: number) {
  const folder = scratch()
  const paths = makeFiles(folder, load, seed)
  const [path = ''] = paths
  const tabs = [await AppTab.open(url), await AppTab.open(url)] as const
  const [sender, receiver] = tabs
  try {
    await sender.watch()
    const sharing = performance.now()
    const { hash } = await (load.isDropped ? sender.drop(folder) : sender.share(...paths))
    const shareSeconds = (performance.now() - sharing) / 1000
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
    const saved = await receiver.save()
    const isSingle = load.files === 1 && !load.isDropped
    const sha256Ok = isSingle
      ? (await sha256OfFile(saved)) === (await sha256OfFile(path))
      : await isArchiveOf(saved, folder, paths, load)
    const [share, send, receive] = [shared, sent, received].map(({ longTasks }) => figuresOf(longTasks)) as [
      End,
      End,
      End,
    ]
    return { share, send, receive, shareSeconds, seconds, sha256Ok }
  } finally {
    for (const tab of tabs) await tab.close()
    rmSync(folder, { recursive: true })
  }
}

/** Tasks that keep the page from answering a click while the built app transfers, at both ends. */
export async function benchResponsiveness(
  url: string,
  rounds: number,
  load: Load,
  report: Report,
): Promise<void> {
  const all: Awaited<ReturnType<typeof runRound>>[] = []
  for (let index = 0; index < rounds; index++) {
    const result = await runRound(url, load, 1 + index)
    all.push(result)
    const { share, send, receive, shareSeconds, seconds } = result
    report.row({
      round: index + 1,
      shareSeconds: round(shareSeconds),
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
    shareSeconds: round(median(all.map(({ shareSeconds }) => shareSeconds))),
    seconds: round(median(all.map(({ seconds }) => seconds))),
    rounds,
    ...load,
    sha256Ok: all.every(({ sha256Ok }) => sha256Ok),
  })
}

const rounded = (end: End): End => ({ ...end, longestMs: round(end.longestMs) })
