import type { BenchBrowser } from './browser.ts'
import { MeshTab, pause, untilSettled } from './mesh-tab.ts'

const HOUR_MS = 3_600_000
/** A tab must have been shown as silent by then. */
const SILENT_WAIT_MS = 15_000

export interface Idle {
  /** Per tab and second. */
  readonly bytesPerSecond: number
  readonly gnutella: number
  readonly kazaa: number
  readonly ring: number
  readonly linksPerTab: number
  readonly constructionsPerTabHour: number
}

/** What tabs that do nothing send to each other: our own bytes, before SCTP, DTLS, ICE and UDP. */
export async function measureIdle(tabs: readonly MeshTab[], durationMs: number): Promise<Idle> {
  const lookAll = () => Promise.all(tabs.map((tab) => tab.look()))
  const first = await lookAll()
  const started = performance.now()
  let before = first
  let sentBytes = 0
  while (performance.now() - started < durationMs) {
    await pause(1_000)
    const after = await lookAll()
    after.forEach(({ links }, at) => {
      for (const { peer, sentBytes: now } of links) {
        const then = before[at]?.links.find((link) => link.peer === peer)?.sentBytes ?? 0
        // A smaller count is that of a new link with the same peer.
        sentBytes += now < then ? now : now - then
      }
    })
    before = after
  }
  const tabMs = (performance.now() - started) * tabs.length
  const growth = (of: 'gnutella' | 'kazaa' | 'ring' | 'constructed') =>
    before.reduce((sum, look, at) => sum + look[of] - (first[at]?.[of] ?? 0), 0)
  const perSecond = (bytes: number) => (bytes * 1000) / tabMs
  return {
    bytesPerSecond: perSecond(sentBytes),
    gnutella: perSecond(growth('gnutella')),
    kazaa: perSecond(growth('kazaa')),
    ring: perSecond(growth('ring')),
    linksPerTab: before.reduce((sum, { links }) => sum + links.length, 0) / tabs.length,
    constructionsPerTabHour: (growth('constructed') * HOUR_MS) / tabMs,
  }
}

const sinceOf = async (others: readonly MeshTab[], at: number): Promise<number[]> => {
  const noticed = await Promise.all(others.map((tab) => tab.noticedAt()))
  return noticed.flatMap((each) => (each === null ? [] : [each - at]))
}

/** Halts the JavaScript of one tab until every neighbour shows it as silent. @returns the times it took them. */
export async function measureSilence(tabs: readonly MeshTab[], victim: MeshTab): Promise<number[]> {
  const others = tabs.filter((tab) => tab !== victim)
  for (const tab of others) await tab.watch(victim.id, 'silent')
  const session = await victim.context.newCDPSession(victim.page)
  await session.send('Debugger.enable')
  const paused = new Promise<number>((resolve) => session.once('Debugger.paused', () => resolve(Date.now())))
  await session.send('Debugger.pause')
  const at = await paused
  const late = pause(SILENT_WAIT_MS).then(() => {
    throw new Error('a silent tab was not noticed')
  })
  const times = await Promise.race([sinceOf(others, at), late])
  await session.send('Debugger.resume')
  await session.send('Debugger.disable')
  await session.detach()
  return times
}

export interface Replacement {
  /** How long it took each neighbour to have no link with the closed tab. */
  readonly closedMs: readonly number[]
  /** Connections that those who stayed constructed, in all, and those of the new tab. */
  readonly byStayed: number
  readonly byNew: number
  readonly stayed: number
}

/** One tab closes and a new one comes; then everybody has some time to settle. `tabs` is changed in place. */
export async function replaceTab(
  browser: BenchBrowser,
  url: string,
  tabs: MeshTab[],
  at: number,
  seed: number,
  settleMs: number,
): Promise<Replacement> {
  const [victim] = tabs.splice(at, 1)
  if (victim === undefined) throw new Error('no such tab')
  const stayed = [...tabs]
  const count = async () => {
    const looks = await Promise.all(stayed.map((tab) => tab.look()))
    return looks.reduce((sum, { constructed }) => sum + constructed, 0)
  }
  const before = await count()
  for (const tab of stayed) await tab.watch(victim.id, 'gone')
  const closedAt = Date.now()
  await victim.page.close()
  const fresh = await MeshTab.open(browser, url, seed)
  tabs.push(fresh)
  const closedMs = await sinceOf(stayed, closedAt)
  await victim.context.close()
  await untilSettled(tabs)
  await pause(settleMs)
  const { constructed: byNew } = await fresh.look()
  return { closedMs, byStayed: (await count()) - before, byNew, stayed: stayed.length }
}
