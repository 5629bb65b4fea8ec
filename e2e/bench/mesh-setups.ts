import type { Page } from '@playwright/test'
import type { TestServer } from '../fixtures/server.ts'
import { BenchBrowser } from './browser.ts'
import { pause } from './mesh-tab.ts'

/** See client/bench/mesh-probe.ts. */
interface Probe {
  snapshot(): {
    server: { state: string }
    node: { id: string; links: { peer: string }[]; systems: { relay: { relayed: number } } } | null
  }
  link(peer: string, via: string | null): Promise<number | string>
  unlink(peer: string): void
  keepLinks(): void
}
declare const probe: Probe

/** One in the middle and so many around it, who have no link with each other. */
const STRANGERS = 4

interface ProbePage {
  readonly page: Page
  readonly id: string
}

async function openProbe(browser: BenchBrowser, url: string): Promise<ProbePage> {
  const page = await browser.open(url, 'memory')
  await page.evaluate(async () => {
    const { makeMeshProbe } = globalThis as unknown as { makeMeshProbe(): Promise<Probe> }
    Object.assign(globalThis, { probe: await makeMeshProbe() })
  })
  await page.waitForFunction(() => probe.snapshot().server.state === 'up')
  return { page, id: await page.evaluate(() => probe.snapshot().node?.id ?? '') }
}

const link = ({ page }: ProbePage, peer: ProbePage, via: ProbePage | null): Promise<number | string> =>
  page.evaluate(({ peer, via }) => probe.link(peer, via), { peer: peer.id, via: via?.id ?? null })

const peersOf = ({ page }: ProbePage): Promise<string[]> =>
  page.evaluate(() => (probe.snapshot().node?.links ?? []).map(({ peer }) => peer))

/** Only the middle has links: with everybody. */
async function untilStar(middle: ProbePage, strangers: readonly ProbePage[]): Promise<void> {
  for (const stranger of strangers) {
    for (;;) {
      const peers = await peersOf(stranger)
      if (peers.length === 1 && peers[0] === middle.id) break
      if (!peers.includes(middle.id)) throw new Error('the link with the middle is gone')
      await pause(20)
    }
  }
}

/**
 * Strangers who have one neighbour in common make links with each other while the server is dead: each envelope
 * takes two hops through the mesh. After each set-up the link is closed again.
 * @returns for each set-up its time in milliseconds, or why it failed; and the envelopes that the middle passed on.
 */
export async function measureSetups(
  server: TestServer,
  rounds: number,
): Promise<{ readonly results: (number | string)[]; readonly relayed: number }> {
  const browser = await BenchBrowser.launch()
  try {
    const middle = await openProbe(browser, server.url)
    const strangers: ProbePage[] = []
    for (let i = 0; i < STRANGERS; i++) strangers.push(await openProbe(browser, server.url))
    for (const stranger of strangers) {
      const made = await link(stranger, middle, null)
      if (typeof made === 'string') throw new Error(`no link with the middle: ${made}`)
    }
    await server.kill()
    const everybody = [middle, ...strangers]
    for (const { page } of everybody) await page.waitForFunction(() => probe.snapshot().server.state !== 'up')
    const pairs = strangers.flatMap((from) =>
      strangers.filter((to) => to !== from).map((to) => [from, to] as const),
    )
    const results: (number | string)[] = []
    for (let round = 0; round < rounds; round++) {
      for (const [from, to] of pairs) {
        for (const { page } of everybody) await page.evaluate(() => probe.keepLinks())
        await untilStar(middle, strangers)
        results.push(await link(from, to, middle))
        await from.page.evaluate((peer) => probe.unlink(peer), to.id)
      }
    }
    const relayed = await middle.page.evaluate(() => probe.snapshot().node?.systems.relay.relayed ?? 0)
    return { results, relayed }
  } finally {
    await browser.close()
  }
}
