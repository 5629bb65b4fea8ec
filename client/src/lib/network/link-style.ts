/** How links look: colour and dashes, so that nobody needs the colour alone. */
import type { GraphLink, LinkKind } from './graph.ts'

export interface LinkStyle {
  /** A token of the style sheet. */
  readonly colour: string
  readonly width: number
  readonly dashes: string | undefined
}

export const LINK_STYLES: Readonly<Record<LinkKind, LinkStyle>> = {
  ring: { colour: 'var(--accent)', width: 2.5, dashes: undefined },
  finger: { colour: 'var(--accent)', width: 1.25, dashes: '6 4' },
  gnutella: { colour: 'var(--warn)', width: 1.75, dashes: undefined },
  lazy: { colour: 'var(--warn)', width: 1.75, dashes: '2 5' },
  kazaa: { colour: 'var(--bad)', width: 1.75, dashes: '10 3' },
  transfer: { colour: 'var(--text)', width: 2, dashes: undefined },
  link: { colour: 'var(--line-strong)', width: 1, dashes: '1 4' },
}

/** Pixels between links of one pair, and at most. */
const APART = 7

/** A link with its place among the links of its pair. */
export interface LaidLink extends GraphLink {
  /** Pixels aside of the straight line. */
  readonly bend: number
}

/** Lays links of the same two peers beside each other. */
export function beside(links: readonly GraphLink[]): LaidLink[] {
  const pairs = new Map<string, GraphLink[]>()
  for (const link of links) {
    const key = link.from < link.to ? link.from + link.to : link.to + link.from
    const pair = pairs.get(key)
    if (pair === undefined) pairs.set(key, [link])
    else pair.push(link)
  }
  return [...pairs.values()].flatMap((pair) =>
    pair.map((link, index) => {
      const bend = (index - (pair.length - 1) / 2) * APART
      // Both ends may be named first: the side must be the same.
      return { ...link, bend: link.from < link.to ? bend : -bend }
    }),
  )
}

/** From here on a flow is shown, and from here on it can't be shown any stronger. Bytes per second. */
const FLOW_MIN = 1_000
const FLOW_MAX = 20_000_000

/** 0 to 1, by orders of magnitude; `null` when nothing moves. */
export function flowStrength(bytesPerSecond: number): number | null {
  if (bytesPerSecond < FLOW_MIN) return null
  return Math.min(1, Math.log(bytesPerSecond / FLOW_MIN) / Math.log(FLOW_MAX / FLOW_MIN))
}
