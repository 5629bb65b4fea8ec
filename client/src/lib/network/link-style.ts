/** How links look: colour and dashes, so that nobody needs the colour alone. */
import { groupBy } from './group.ts'
import { structureOf, type Graph, type GraphLink, type LinkKind } from './graph.ts'

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
  const pairs = groupBy(links, ({ from, to }) => (from < to ? from + to : to + from))
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

/** 0 to 1 in tenths, by orders of magnitude; `null` when nothing moves. In tenths, so that little changes move nothing. */
export function flowStrength(bytesPerSecond: number): number | null {
  if (bytesPerSecond < FLOW_MIN) return null
  const strength = Math.log(bytesPerSecond / FLOW_MIN) / Math.log(FLOW_MAX / FLOW_MIN)
  return Math.min(1, Math.round(strength * 10) / 10)
}

/** Whether two graphs look the same: then nothing need be drawn again. */
export function looksLike(a: Graph, b: Graph): boolean {
  return a === b || looksOf(a) === looksOf(b)
}

function looksOf(graph: Graph): string {
  const peers = graph.peers.map(
    ({ role, isLinked, isSilent }) => `${role}${String(isLinked)}${String(isSilent)}`,
  )
  const flows = graph.links.map(({ flow }) =>
    flow === null ? '' : `${String(flowStrength(flow.toUs))}/${String(flowStrength(flow.fromUs))}`,
  )
  return [structureOf(graph), graph.leftOut, ...peers, ...flows].join()
}
