import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { AppTab } from './app-tab.ts'
import { makeBenchFile, sha256OfFile } from './engine.ts'
import { median, round, type Report } from './report.ts'

const MiB = 1024 * 1024

interface Round {
  readonly mibPerSecond: number
  /** The longer of both ends: how long two timers of 20 ms take just before the transfer. */
  readonly timersMs: number
  readonly sha256Ok: boolean
}

/** Fails unless the tab was nothing but that, all the time since it was watched. */
async function mustHaveBeen(tab: AppTab, expected: 'visible' | 'hidden'): Promise<void> {
  const { visibility } = await tab.watched()
  if (visibility.some((each) => each !== expected))
    throw new Error(`a tab that had to be ${expected} was ${visibility.join(', ')}`)
}

/** One transfer between two browsers, both tabs in front or both behind another one. */
async function runRound(
  url: string,
  bytes: number,
  seed: number,
  isHidden: boolean,
  hiddenForMs: number,
): Promise<Round> {
  const path = makeBenchFile(bytes, seed)
  const tabs = [await AppTab.open(url), await AppTab.open(url)] as const
  const [sender, receiver] = tabs
  try {
    const { hash } = await sender.share(path)
    await receiver.openShare(hash)
    if (isHidden) {
      for (const tab of tabs) await tab.hide()
      await new Promise((resolve) => setTimeout(resolve, hiddenForMs))
    }
    const timersMs = Math.max(...(await Promise.all(tabs.map((tab) => tab.timersMs()))))
    for (const tab of tabs) await tab.watch()
    const started = performance.now()
    await receiver.download()
    await receiver.untilDone()
    const seconds = (performance.now() - started) / 1000
    for (const tab of tabs) await mustHaveBeen(tab, isHidden ? 'hidden' : 'visible')
    const sha256Ok = (await receiver.saveSha256()) === (await sha256OfFile(path))
    return { mibPerSecond: bytes / MiB / seconds, timersMs, sha256Ok }
  } finally {
    for (const tab of tabs) await tab.close()
    rmSync(dirname(path), { recursive: true })
  }
}

/**
 * The built app with both tabs in front against both tabs hidden behind another one, in turn; which of them goes first
 * alternates. Fresh browsers for each transfer.
 */
export async function benchHidden(
  url: string,
  rounds: number,
  bytes: number,
  hiddenForMs: number,
  report: Report,
): Promise<void> {
  const all: { visible: Round; hidden: Round }[] = []
  for (let index = 0; index < rounds; index++) {
    const run = (isHidden: boolean) => runRound(url, bytes, 1 + index, isHidden, hiddenForMs)
    const visibleFirst = index % 2 === 0
    const before = visibleFirst ? await run(false) : null
    const hidden = await run(true)
    const visible = before ?? (await run(false))
    all.push({ visible, hidden })
    report.row({
      round: index + 1,
      visibleFirst,
      visibleMibPerSecond: round(visible.mibPerSecond),
      hiddenMibPerSecond: round(hidden.mibPerSecond),
      visibleTimersMs: round(visible.timersMs),
      hiddenTimersMs: round(hidden.timersMs),
    })
  }
  report.summary({
    hiddenOverVisible: round(median(all.map((each) => each.hidden.mibPerSecond / each.visible.mibPerSecond))),
    visibleMibPerSecond: round(median(all.map(({ visible }) => visible.mibPerSecond))),
    hiddenMibPerSecond: round(median(all.map(({ hidden }) => hidden.mibPerSecond))),
    hiddenForMs,
    rounds,
    bytes,
    sha256Ok: all.every(({ visible, hidden }) => visible.sha256Ok && hidden.sha256Ok),
  })
}
