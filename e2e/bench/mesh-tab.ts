import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { BrowserContext, Page } from '@playwright/test'
import type { BenchBrowser } from './browser.ts'
import { EnginePage, makeBenchFile } from './engine.ts'

interface Link {
  readonly peer: string
  readonly upForMs: number
  readonly sentBytes: number
  readonly isSilent: boolean
}
interface Overlay {
  readonly traffic: { readonly sentBytes: number }
}
interface View {
  readonly constructedConnections: number
  readonly node: {
    readonly id: string
    readonly links: readonly Link[]
    readonly systems: {
      readonly gnutella: (Overlay & { readonly neighbours: readonly unknown[] }) | null
      readonly kazaa: (Overlay & { readonly role: string }) | null
      readonly ring: (Overlay & { readonly size: number }) | null
    }
  } | null
}
declare const engine: { snapshot(): View }
declare const noticed: Promise<number | null>

/** What one tab says of itself. */
export interface Look {
  readonly constructed: number
  readonly links: readonly Link[]
  /** Bytes sent by each discovery system since the tab started. */
  readonly gnutella: number
  readonly kazaa: number
  readonly ring: number
  readonly ringSize: number
  /** All systems have found a place. */
  readonly isPlaced: boolean
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** The production engine with all discovery systems on, in a profile of its own. */
export class MeshTab {
  private constructor(
    readonly page: Page,
    readonly id: string,
    readonly context: BrowserContext,
  ) {}

  /** Shares one small file, so that there is something to publish. */
  static async open(browser: BenchBrowser, url: string, seed: number): Promise<MeshTab> {
    const page = await browser.open(url, 'memory')
    const started = await EnginePage.start(page)
    const file = makeBenchFile(50_000, seed)
    await started.share(file)
    // Hashed and never asked for.
    rmSync(dirname(file), { recursive: true })
    const id = await page.evaluate(() => engine.snapshot().node?.id ?? '')
    return new MeshTab(page, id, page.context())
  }

  look(): Promise<Look> {
    return this.page.evaluate(() => {
      const { constructedConnections, node } = engine.snapshot()
      const { gnutella = null, kazaa = null, ring = null } = node?.systems ?? {}
      return {
        constructed: constructedConnections,
        links: (node?.links ?? []).map(({ peer, upForMs, sentBytes, isSilent }) => {
          return { peer, upForMs, sentBytes, isSilent }
        }),
        gnutella: gnutella?.traffic.sentBytes ?? 0,
        kazaa: kazaa?.traffic.sentBytes ?? 0,
        ring: ring?.traffic.sentBytes ?? 0,
        ringSize: ring?.size ?? 0,
        isPlaced:
          (gnutella?.neighbours.length ?? 0) > 0 &&
          kazaa !== null &&
          kazaa.role !== 'orphan' &&
          ring !== null,
      }
    })
  }

  /** Begins to watch the link with a peer until it is gone, or shown as silent. */
  async watch(peer: string, until: 'gone' | 'silent'): Promise<void> {
    await this.page.evaluate(
      ({ peer, until }) => {
        const find = () => engine.snapshot().node?.links.find((link) => link.peer === peer)
        const hadLink = find() !== undefined
        const watching = new Promise<number | null>((resolve) => {
          const look = () => {
            const link = find()
            if (link === undefined) resolve(hadLink && until === 'gone' ? Date.now() : null)
            else if (until === 'silent' && link.isSilent) resolve(Date.now())
            else setTimeout(look, 5)
          }
          look()
        })
        Object.assign(globalThis, { noticed: watching })
      },
      { peer, until },
    )
  }

  /** When it was noticed, in milliseconds of the machine's clock; `null` if there was no link to watch. */
  noticedAt(): Promise<number | null> {
    return this.page.evaluate(() => noticed)
  }
}

/** Waits until every tab has found its place among all of them, and no link is silent. */
export async function untilSettled(tabs: readonly MeshTab[]): Promise<void> {
  const deadline = Date.now() + 90_000
  for (const tab of tabs) {
    for (;;) {
      const { ringSize, isPlaced, links } = await tab.look()
      if (isPlaced && ringSize >= tabs.length && links.every(({ isSilent }) => !isSilent)) break
      if (Date.now() > deadline) throw new Error('the tabs did not settle in 90 s')
      await pause(250)
    }
  }
}
