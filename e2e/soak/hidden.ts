import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { AppTab } from '../bench/app-tab.ts'
import { makeBenchFile, sha256OfFile } from '../bench/engine.ts'
import { TestServer } from '../fixtures/server.ts'
import type { Snapshot } from '../pages/app.ts'

declare const ringdrop: { snapshot(): Snapshot }

const HELP = `npm run soak -- hidden [--minutes 7] [--rate 256] [--json]
  Transfers a file between two browsers whose tabs stay behind another one for that long. Browsers slow down the timers
  of tabs that are hidden for more than five minutes to one a minute. --rate is the sender's limit in KiB/s.`

/** How often Node looks at what has arrived. */
const LOOK_MS = 2_000
/** Browsers throttle hard from here on. */
const HARD_MS = 5 * 60_000
/** The limit lets bytes through every second; our choice of what nobody may take for standing still. */
const STALL_MS = 20_000
/** After five minutes it must be at least so much as fast as before. Our choice. */
const SHARE_OF_SPEED = 0.8

interface Sample {
  /** Milliseconds since the tabs were hidden. */
  readonly at: number
  readonly verifiedBytes: number
}

/** The longest time without a new verified byte, in milliseconds. */
function longestStallMs(samples: readonly Sample[]): number {
  let longest = 0
  let since = samples[0]
  for (const sample of samples) {
    if (since === undefined || sample.verifiedBytes > since.verifiedBytes) since = sample
    else longest = Math.max(longest, sample.at - since.at)
  }
  return longest
}

/** Bytes a second between two moments; `null` when nothing was measured there. */
function speed(samples: readonly Sample[], from: number, to: number): number | null {
  const [first, last] = [
    samples.find(({ at }) => at >= from),
    samples.findLast(
      ({ at, verifiedBytes }, index) => at <= to && verifiedBytes > (samples[index - 1]?.verifiedBytes ?? 0),
    ),
  ]
  if (first === undefined || last === undefined || last.at <= first.at) return null
  return ((last.verifiedBytes - first.verifiedBytes) / (last.at - first.at)) * 1000
}

/** Looks until the last byte is there. */
async function watchDownload(receiver: AppTab, patienceMs: number): Promise<Sample[]> {
  const started = performance.now()
  const samples: Sample[] = []
  for (;;) {
    const share = await receiver.page.evaluate(() => ringdrop.snapshot().node?.shares[0])
    const at = performance.now() - started
    samples.push({ at, verifiedBytes: share?.verifiedBytes ?? 0 })
    if (share?.state.name === 'seeding') return samples
    if (at > patienceMs) throw new Error(`not done after ${(at / 1000).toFixed(0)} s`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

async function transferHidden(url: string, minutes: number, kibPerSecond: number) {
  const path = makeBenchFile(Math.round(minutes * 60 * kibPerSecond * 1024), 1)
  const tabs = [await AppTab.open(url), await AppTab.open(url)] as const
  const [sender, receiver] = tabs
  try {
    const { hash } = await sender.share(path)
    await sender.limitUpload(kibPerSecond)
    await receiver.openShare(hash)
    for (const tab of tabs) await tab.hide()
    for (const tab of tabs) await tab.watch()
    await receiver.download()
    const samples = await watchDownload(receiver, 2 * minutes * 60_000)
    const visibility = (await Promise.all(tabs.map((tab) => tab.watched()))).flatMap(
      (each) => each.visibility,
    )
    const sha256Ok = (await receiver.saveSha256()) === (await sha256OfFile(path))
    return { samples, isHidden: visibility.every((each) => each === 'hidden'), sha256Ok }
  } finally {
    for (const tab of tabs) await tab.close()
    rmSync(dirname(path), { recursive: true })
  }
}

/** @returns whether the transfer went on as fast after five hidden minutes, never stood still, and brought the same bytes. */
export async function hiddenCommand(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '7' },
      rate: { type: 'string', default: '256' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(HELP) === undefined
  const server = await TestServer.start()
  try {
    const run = await transferHidden(server.url, Number(values.minutes), Number(values.rate))
    const hiddenMs = Math.round(run.samples.at(-1)?.at ?? 0)
    const stallMs = Math.round(longestStallMs(run.samples))
    const before = speed(run.samples, 0, HARD_MS)
    const after = speed(run.samples, HARD_MS, Infinity)
    const isAsFast = before !== null && after !== null && after >= before * SHARE_OF_SPEED
    const isGood = run.isHidden && run.sha256Ok && stallMs <= STALL_MS && isAsFast
    const kib = (bytes: number | null) => (bytes === null ? null : Math.round(bytes / 1024))
    const figures = { hiddenMs, stallMs, kibPerSecond: kib(before), kibPerSecondAfter: kib(after) }
    const { isHidden, sha256Ok } = run
    console.log(
      values.json
        ? JSON.stringify({ ...figures, isHidden, sha256Ok, isGood })
        : `hidden for ${(hiddenMs / 60_000).toFixed(1)} min${isHidden ? '' : ' (not all the time)'}: ` +
            `${String(figures.kibPerSecond)} KiB/s in the first five minutes, ${String(figures.kibPerSecondAfter ?? 'nothing measured')} after, ` +
            `never still for more than ${(stallMs / 1000).toFixed(1)} s, ${sha256Ok ? 'the same bytes' : 'OTHER BYTES'}`,
    )
    return isGood
  } finally {
    await server.kill()
  }
}
