import { RingWorld, settle } from '../scenarios/chord-world.ts'
import { DEFAULT_GNUTELLA, runGnutella } from '../scenarios/gnutella.ts'
import { DEFAULT_SWARM, runSwarm } from '../scenarios/swarm.ts'

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
const FLOOD_DEGREE = 6
export const SWARM_SIZES = [1, 2, 4, 8] as const
/** Going round by successors alone takes too long in larger rings. */
const CIRCLE_UP_TO = 32
const RING_LINKS = 24
const RING_LOOKUPS = 200
const SETTLE_MS = 3_000
const MiB = 1024 * 1024
const SWARM_BYTES = 4 * MiB

/** Measures one curve, a point at a time: each takes from a moment to some seconds. */
export function* measureCurve(name: LabCurveName, seed: number): Generator<LabPoint> {
  if (name === 'hops') yield* measureHops(seed)
  else if (name === 'messages') yield* measureMessages(seed)
  else yield* measureMakespan(seed)
}

function* measureHops(seed: number): Generator<LabPoint> {
  for (const peers of HOPS_SIZES)
    for (const routing of ['circle', 'fingers', 'full'] as const) {
      if (routing === 'circle' && peers > CIRCLE_UP_TO) continue
      const ring = new RingWorld({ seed, linkCap: RING_LINKS, routing })
      settle(ring, peers)
      ring.world.run(SETTLE_MS)
      const hops = ring.lookups(RING_LOOKUPS, SETTLE_MS).map((lookup) => lookup.hops)
      yield {
        line: routing,
        x: peers,
        y: hops.reduce((sum, each) => sum + each, 0) / Math.max(1, hops.length),
      }
    }
}

function* measureMessages(seed: number): Generator<LabPoint> {
  for (const ttl of TTLS)
    for (const mode of ['classic', 'pruned'] as const) {
      const options = { ...DEFAULT_GNUTELLA, seed, peers: FLOOD_PEERS, degree: FLOOD_DEGREE, ttl, mode }
      yield { line: mode, x: ttl, y: runGnutella({ ...options, queries: 5, warmUp: 5 }).messages }
    }
}

/** In units of F / us, the time in which the source alone sends the file once. */
function* measureMakespan(seed: number): Generator<LabPoint> {
  for (const peers of SWARM_SIZES) {
    const { result } = runSwarm({
      ...DEFAULT_SWARM,
      seed,
      contributors: peers,
      fileBytes: [SWARM_BYTES],
      inspectEveryMs: Infinity,
    })
    yield { line: 'swarm', x: peers, y: result.makespanSeconds * (DEFAULT_SWARM.uplink / SWARM_BYTES) }
  }
}

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
