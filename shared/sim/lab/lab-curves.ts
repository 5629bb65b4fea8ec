import { settle } from '../scenarios/chord-start.ts'
import { RingWorld } from '../scenarios/chord-world.ts'
import { DEFAULT_GNUTELLA, runGnutella } from '../scenarios/gnutella.ts'
import { DEFAULT_SWARM, runSwarm } from '../scenarios/swarm.ts'
import {
  FLOOD_DEGREE,
  FLOOD_PEERS,
  HOPS_SIZES,
  SWARM_SIZES,
  TTLS,
  type LabCurveName,
  type LabPoint,
} from './lab-textbook.ts'

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
