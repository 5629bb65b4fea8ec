import type { PeerId } from '../src/kernel/ids.ts'
import { defined } from '../src/kernel/invariant.ts'
import { shuffled, type Rng } from '../src/kernel/rng.ts'

export interface TopologyNode {
  readonly peer: PeerId
  /** Links that it opens or takes at the most. */
  readonly maxLinks: number
  /** Gets its links before the others: a free rider with a large view. */
  readonly isGreedy: boolean
}

/** A random graph: pairs in random order are linked while both ends have room. The first node comes first. */
export function randomLinks(nodes: readonly TopologyNode[], rng: Rng): [PeerId, PeerId][] {
  const pairs: [TopologyNode, TopologyNode][] = []
  nodes.forEach((a, index) => {
    for (const b of nodes.slice(index + 1)) pairs.push([a, b])
  })
  const degree = new Map<PeerId, number>()
  const links: [PeerId, PeerId][] = []
  const urgency = ([a, b]: [TopologyNode, TopologyNode]) =>
    a.isGreedy || b.isGreedy ? 0 : a === nodes[0] ? 1 : 2
  const inOrder = shuffled(rng, pairs)
  for (const wave of [0, 1, 2]) {
    for (const pair of inOrder) {
      const [a, b] = pair
      if (urgency(pair) !== wave) continue
      const [ofA, ofB] = [degree.get(a.peer) ?? 0, degree.get(b.peer) ?? 0]
      if (ofA >= a.maxLinks || ofB >= b.maxLinks) continue
      degree.set(a.peer, ofA + 1)
      degree.set(b.peer, ofB + 1)
      links.push([a.peer, b.peer])
    }
  }
  return links
}

/**
 * A random graph in which all have the same degree, but for the last few: ends of links are paired at random,
 * pairs that exist or lead back are drawn again.
 */
export function regularLinks(peers: readonly PeerId[], degree: number, rng: Rng): [PeerId, PeerId][] {
  const links = new Map<string, [PeerId, PeerId]>()
  let ends = peers.flatMap((peer) => Array.from({ length: degree }, () => peer))
  for (let round = 0; round < 50 && ends.length > 1; round++) {
    const left: PeerId[] = []
    ends = shuffled(rng, ends)
    for (let i = 0; i + 1 < ends.length; i += 2) {
      const [a, b] = [defined(ends[i], 'end'), defined(ends[i + 1], 'end')]
      const key = a < b ? `${a}:${b}` : `${b}:${a}`
      if (a === b || links.has(key)) left.push(a, b)
      else links.set(key, [a, b])
    }
    ends = left
  }
  return [...links.values()]
}
