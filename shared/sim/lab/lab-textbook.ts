/** What is known of the Lab's curves before anything is measured; it knows no simulator, so that a page can show it. */
export type LabCurveName = 'hops' | 'messages' | 'makespan'

/** A point that was measured, of one line of a chart. */
export interface LabPoint {
  readonly line: string
  readonly x: number
  readonly y: number
}

/** A line of the textbook, known beforehand. */
export interface LabTextbook {
  readonly line: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

export const HOPS_SIZES = [8, 16, 32, 64, 128, 256] as const
export const TTLS = [1, 2, 3, 4, 5, 6, 7] as const
export const FLOOD_PEERS = 300
export const FLOOD_DEGREE = 6
export const SWARM_SIZES = [1, 2, 4, 8] as const

/** What the textbook says about a curve. */
export function textbookOf(name: LabCurveName): LabTextbook[] {
  if (name === 'hops')
    return [
      { line: 'half', points: [8, 12, 16, 20, 24].map((size) => [size, size / 2] as const) },
      { line: 'log', points: HOPS_SIZES.map((size) => [size, Math.log2(size) / 2] as const) },
    ]
  if (name === 'messages')
    return [
      {
        // Ritter 2001: d + d(d-1) + d(d-1)^2 ..., but each peer at most once.
        line: 'tree',
        points: TTLS.map((ttl) => {
          const tree = (FLOOD_DEGREE * ((FLOOD_DEGREE - 1) ** ttl - 1)) / (FLOOD_DEGREE - 2)
          return [ttl, Math.min(FLOOD_PEERS - 1, tree)] as const
        }),
      },
    ]
  return [
    // Kumar and Ross: max{F/us, F/dmin, NF/(us + sum ui)}; all uplinks are equal here, downlinks unlimited.
    { line: 'bound', points: SWARM_SIZES.map((peers) => [peers, Math.max(1, peers / (peers + 1))] as const) },
    { line: 'server', points: SWARM_SIZES.map((peers) => [peers, peers] as const) },
  ]
}
