import type { PeerId } from '../../src/kernel/ids.ts'
import { clockwiseFrom } from '../../src/protocols/chord/position.ts'
import type { ChordView } from '../../src/protocols/chord/api.ts'
import { short } from './checker.ts'

/** What Zave (2017) proves of a correct Chord, as far as it can be seen from outside. */
export type RingRule =
  'liveEntry' | 'orderedLists' | 'atLeastOneRing' | 'atMostOneRing' | 'connectedAppendages' | 'exact'

export interface RingFault {
  readonly rule: RingRule
  readonly what: string
}

/** What is looked at of a ring, whatever runs it. */
export interface RingSight {
  /** Living nodes in the order of the ring. */
  sorted(): readonly PeerId[]
  isMember(peer: PeerId): boolean
  viewOf(peer: PeerId): ChordView
}

interface Member {
  readonly peer: PeerId
  readonly successors: readonly PeerId[]
  readonly predecessors: readonly PeerId[]
  /** First living member of its successor list. */
  readonly next: PeerId | null
}

/** Looks at all members of a ring at once. An empty list means that all is well; `exact` asks for perfect lists, too. */
export function ringFaults(ring: RingSight, exact = false): RingFault[] {
  const members = membersOf(ring)
  if (members.size < 2) return []
  return [...localFaults(members), ...shapeFaults(members), ...(exact ? exactFaults(ring) : [])]
}

/** Peers whose first successor is not the right one. */
export function wrongSuccessors(ring: RingSight): PeerId[] {
  const sorted = ring.sorted()
  if (sorted.length < 2) return []
  return sorted.filter(
    (peer, index) => ring.viewOf(peer).successors[0] !== sorted[(index + 1) % sorted.length],
  )
}

function membersOf(ring: RingSight): Map<PeerId, Member> {
  const members = new Map<PeerId, Member>()
  for (const peer of ring.sorted()) {
    if (!ring.isMember(peer)) continue
    const { successors, predecessors } = ring.viewOf(peer)
    const next = successors.find((each) => ring.isMember(each)) ?? null
    members.set(peer, { peer, successors, predecessors, next })
  }
  return members
}

function localFaults(members: ReadonlyMap<PeerId, Member>): RingFault[] {
  const faults: RingFault[] = []
  for (const { peer, successors, predecessors, next } of members.values()) {
    if (next === null) faults.push({ rule: 'liveEntry', what: `${short(peer)} has no living successor` })
    const order = clockwiseFrom(peer)
    if (!isSorted(successors, order) || !isSorted([...predecessors].reverse(), order))
      faults.push({ rule: 'orderedLists', what: `lists of ${short(peer)} are out of order` })
  }
  return faults
}

/** Following first living successors, everybody must come to one and the same cycle. */
function shapeFaults(members: ReadonlyMap<PeerId, Member>): RingFault[] {
  const ringOf = new Map<PeerId, PeerId | null>()
  for (const start of members.keys()) {
    const path: PeerId[] = []
    const onPath = new Set<PeerId>()
    let at: PeerId | null = start
    while (at !== null && !ringOf.has(at) && !onPath.has(at)) {
      path.push(at)
      onPath.add(at)
      at = members.get(at)?.next ?? null
    }
    // A new cycle is named after its smallest member.
    const cycle = at !== null && onPath.has(at) ? path.slice(path.indexOf(at)) : []
    const name = at === null ? null : (ringOf.get(at) ?? [...cycle].sort()[0] ?? null)
    for (const peer of path) ringOf.set(peer, name)
  }
  const rings = new Set([...ringOf.values()].filter((name) => name !== null))
  const lost = [...ringOf.entries()].filter(([, name]) => name === null)
  const faults: RingFault[] = lost.map(([peer]) => ({
    rule: 'connectedAppendages',
    what: `${short(peer)} does not lead to a ring`,
  }))
  if (rings.size === 0) faults.push({ rule: 'atLeastOneRing', what: 'there is no ring' })
  if (rings.size > 1) faults.push({ rule: 'atMostOneRing', what: `there are ${String(rings.size)} rings` })
  return faults
}

/** Everybody's neighbours are the right ones. */
function exactFaults(ring: RingSight): RingFault[] {
  const sorted = ring.sorted()
  return sorted.flatMap((peer, index) => {
    const { successors, predecessors } = ring.viewOf(peer)
    const count = sorted.length
    const isRight =
      successors[0] === sorted[(index + 1) % count] && predecessors[0] === sorted[(index + count - 1) % count]
    return isRight ? [] : [{ rule: 'exact' as const, what: `${short(peer)} has wrong neighbours` }]
  })
}

function isSorted(peers: readonly PeerId[], order: (a: string, b: string) => number): boolean {
  return peers.every((peer, index) => {
    const before = peers[index - 1]
    return before === undefined || order(before, peer) < 0
  })
}
