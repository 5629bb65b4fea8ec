import type { TestServer } from '../fixtures/server.ts'
import { BenchBrowser } from './browser.ts'
import { measureSetups } from './mesh-setups.ts'
import { MeshTab, pause, untilSettled } from './mesh-tab.ts'
import { measureIdle, measureSilence, replaceTab, type Replacement } from './mesh-watch.ts'
import { median, round, type Report } from './report.ts'

const IDLE_TABS = 6
const CHURN_TABS = 8
const SETUP_ROUNDS = 4
const SILENT_TABS = 4
const IDLE_MS = 60_000
/** New tabs probe and build links for some seconds. */
const SETTLE_MS = 20_000
const SETTLE_CHURN_MS = 6_000
/** Of the tabs of a network, so many are replaced in an hour. */
const HOURLY_CHURN = 0.3

const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0)

/** Median, 95th percentile and largest of some times. */
const spread = (name: string, values: readonly number[]) => ({
  [`${name}P50Ms`]: round(median(values)),
  [`${name}P95Ms`]: round(quantile(values, 0.95)),
  [`${name}MaxMs`]: round(quantile(values, 1)),
  [`${name}Samples`]: values.length,
})

async function setups(server: TestServer, report: Report) {
  const { results, relayed } = await measureSetups(server, SETUP_ROUNDS)
  await server.restart()
  const times = results.filter((each) => typeof each === 'number')
  const failures = results.filter((each) => typeof each === 'string')
  report.row({ sample: 'linkSetup', ...spread('linkSetup', times), failures, relayed })
  return {
    linkSetupP50Ms: round(median(times)),
    linkSetupP95Ms: round(quantile(times, 0.95)),
    linkSetups: results.length,
    linkSetupFailed: failures.length,
  }
}

async function idle(tabs: readonly MeshTab[], report: Report) {
  await untilSettled(tabs)
  await pause(SETTLE_MS)
  const figures = await measureIdle(tabs, IDLE_MS)
  const rounded = Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, round(value)]))
  report.row({ sample: 'idle', tabs: tabs.length, ...rounded })
  return figures
}

async function silence(tabs: readonly MeshTab[], report: Report): Promise<number[]> {
  const times: number[] = []
  for (const victim of tabs.slice(0, SILENT_TABS)) {
    times.push(...(await measureSilence(tabs, victim)))
    await untilSettled(tabs)
    await pause(3_000)
  }
  report.row({ sample: 'silent', ...spread('silentNoticed', times) })
  return times
}

async function churn(browser: BenchBrowser, url: string, tabs: MeshTab[], events: number, report: Report) {
  const replacements: Replacement[] = []
  for (let event = 0; event < events; event++) {
    // Now an old tab goes, now a young one: a stride that is prime to the count takes all places in turn.
    const replacement = await replaceTab(
      browser,
      url,
      tabs,
      (event * 3) % tabs.length,
      1_000 + event,
      SETTLE_CHURN_MS,
    )
    replacements.push(replacement)
    const { byStayed, byNew } = replacement
    report.row({ sample: 'replacement', byStayed, byNew, closedMaxMs: Math.max(...replacement.closedMs) })
  }
  const closed = replacements.flatMap(({ closedMs }) => closedMs)
  report.row({ sample: 'closed', ...spread('closedNoticed', closed) })
  return { replacements, closed }
}

/**
 * The mesh between real browsers: how fast links come about without a server, how soon a tab that closed or froze
 * is noticed, what an idle tab sends, and how many connections a tab constructs as others come and go.
 */
export async function benchMesh(server: TestServer, events: number, report: Report): Promise<void> {
  const setupFigures = await setups(server, report)
  const browser = await BenchBrowser.launch()
  try {
    const tabs: MeshTab[] = []
    const open = async (count: number) => {
      while (tabs.length < count) tabs.push(await MeshTab.open(browser, server.url, tabs.length + 1))
    }
    await open(IDLE_TABS)
    const quiet = await idle(tabs, report)
    const silent = await silence(tabs, report)
    await open(CHURN_TABS)
    await untilSettled(tabs)
    await pause(SETTLE_MS)
    const { replacements, closed } = await churn(browser, server.url, tabs, events, report)
    // N tabs see 0.3 N replacements an hour; spread over N tabs that is 0.3 times what one costs everybody together.
    const perEvent = sum(replacements.map(({ byStayed, byNew }) => byStayed + byNew)) / replacements.length
    const perStayed = sum(replacements.map(({ byStayed, stayed }) => byStayed / stayed)) / replacements.length
    report.summary({
      ...setupFigures,
      closedNoticedMs: round(median(closed)),
      closedNoticedP95Ms: round(quantile(closed, 0.95)),
      silentNoticedMs: round(median(silent)),
      silentNoticedP95Ms: round(quantile(silent, 0.95)),
      idleBytesPerSecond: round(quiet.bytesPerSecond),
      constructionsPerTabHour: round(HOURLY_CHURN * perEvent + quiet.constructionsPerTabHour),
      constructionsPerTabHourIdle: round(quiet.constructionsPerTabHour),
      constructionsPerEvent: round(perEvent),
      constructionsPerEventAndTab: round(perStayed),
      events,
    })
  } finally {
    await browser.close()
  }
}
