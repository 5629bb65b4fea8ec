import type { Routing } from '../../src/protocols/chord/messages.ts'
import type { SpreadMode } from '../../src/protocols/gnutella/messages.ts'
import { runChord } from './chord.ts'
import { recallUnderChurn, type ChurnedSystem } from './compare-churn.ts'
import { DEFAULT_GNUTELLA, runGnutella } from './gnutella.ts'

/** Points of a curve. */
export type Points = (readonly [x: number, y: number])[]

const RING_SIZES = [8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096]
/** Larger ones exceed the deadline of a lookup when it goes round by successors alone. */
const CIRCLE_UP_TO = 32
const RING_LOOKUPS = 2_000
const RING_LINKS = 24

/** Mean hops of a lookup against the size of a settled ring. */
export function ringHops(routing: Routing, seed: number): Points {
  const sizes = RING_SIZES.filter((size) => routing !== 'circle' || size <= CIRCLE_UP_TO)
  return sizes.map((peers) => {
    const { hopsMean } = runChord({
      ...{ peers, seed, routing, linkCap: RING_LINKS, lookups: RING_LOOKUPS, start: 'settled' },
      ...{ kill: 0, sessionMinutes: 0, minutes: 0, partitionMinutes: 0, records: 0 },
    })
    return [peers, hopsMean]
  })
}

export const FLOOD = { peers: 1_000, degree: 6, ttls: [1, 2, 3, 4, 5, 6, 7] } as const

/** Reach in percent, and copies of the query, against the TTL. */
export function floodCurves(mode: SpreadMode, seed: number): { reach: Points; messages: Points } {
  const [reach, messages]: [Points, Points] = [[], []]
  for (const ttl of FLOOD.ttls) {
    const { peers, degree } = FLOOD
    const result = runGnutella({ ...DEFAULT_GNUTELLA, seed, peers, degree, ttl, mode })
    reach.push([ttl, result.reach * 100])
    messages.push([ttl, result.messages])
  }
  return { reach, messages }
}

/**
 * Peers that a query would reach if no two ways met (Ritter 2001): d + d(d-1) + d(d-1)^2 and so on, but not more than there are.
 */
export function treeReach(): Points {
  const { peers, degree, ttls } = FLOOD
  return ttls.map((ttl) => {
    const tree = (degree * ((degree - 1) ** ttl - 1)) / (degree - 2)
    return [ttl, Math.min(peers - 1, tree)]
  })
}

export const CHURN = { peers: 200, queries: 40, filesPerPeer: 2 } as const

/** Median sessions in minutes. A ring of sessions below half a minute takes minutes to simulate. */
const SESSIONS: Readonly<Record<ChurnedSystem, readonly number[]>> = {
  gnutella: [0.125, 0.25, 0.5, 1, 2, 4, 8, 16],
  kazaa: [0.125, 0.25, 0.5, 1, 2, 4, 8, 16],
  ring: [0.5, 1, 2, 4, 8, 16],
}

/** Share of the files found, in percent, against the median session in minutes. */
export function churnRecall(system: ChurnedSystem, seed: number): Points {
  return SESSIONS[system].map((medianSessionMinutes) => {
    const recall = recallUnderChurn(system, { ...CHURN, seed, medianSessionMinutes })
    return [medianSessionMinutes, recall * 100]
  })
}
