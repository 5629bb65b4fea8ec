import type { Nonce, PeerId } from '../../src/kernel/ids.ts'
import { defined } from '../../src/kernel/invariant.ts'
import { pick, shuffled } from '../../src/kernel/rng.ts'
import { chordFormat } from '../../src/protocols/chord/codec.ts'
import type { ChordMessage } from '../../src/protocols/chord/messages.ts'
import { gnutellaFormat } from '../../src/protocols/gnutella/codec.ts'
import type { GnutellaMessage, SpreadMode } from '../../src/protocols/gnutella/messages.ts'
import { kazaaFormat } from '../../src/protocols/kazaa/codec.ts'
import { LEADER_LINKS_TARGET } from '../../src/protocols/kazaa/constants.ts'
import type { KazaaMessage } from '../../src/protocols/kazaa/messages.ts'
import { regularLinks } from '../topology.ts'
import { settle } from './chord-start.ts'
import { RingWorld, type SimRingNode } from './chord-world.ts'
import type { Library } from './compare-library.ts'
import { ComparedNetwork, type MessageUse } from './compare-network.ts'
import { gnutellaWorld, type SimServent } from './gnutella-servent.ts'
import { kazaaWorld, tell, type SimKazaa } from './kazaa-node.ts'

export interface StartOptions {
  readonly seed: number
  readonly peers: number
  readonly library: Library
}

/** Neighbours of a servent, and what it bears. */
const DEGREE = { min: 4, target: 6, max: 8 }
const HOSTS_KNOWN = 12
/** Searches by which the tree of the pruned mode grows. */
const WARM_UP = 20
/** Children, main and standby, that a super node begins with. */
const CHILDREN = 24
/** Links of a ring node. */
const RING_LINKS = 24
/** Records find their places within this time. */
const PUBLISH_MS = 30_000

/** Constant for a pair, 10 to 90 ms: what peers of one continent see. The ids are the same in all networks. */
export function latencyMs(a: PeerId, b: PeerId): number {
  return 10 + ((Number.parseInt(a.slice(0, 6), 16) ^ Number.parseInt(b.slice(0, 6), 16)) % 81)
}

/** Of {@link latencyMs} over all pairs: the values are equally frequent. */
export const MEDIAN_LATENCY_MS = 50

/** Servents in a random graph in which all have six neighbours. */
export function floodNetwork(
  { seed, peers, library }: StartOptions,
  mode: SpreadMode,
): ComparedNetwork<GnutellaMessage, SimServent> {
  const world = gnutellaWorld({ seed, linkCap: 32, latencyMs }, { mode, degree: DEGREE, wantsTally: false })
  for (let i = 0; i < peers; i++) world.add()
  const everybody = [...world.nodes.keys()]
  for (const [a, b] of regularLinks(everybody, Math.min(DEGREE.target, peers - 1), world.rng))
    world.connect(a, b)
  for (const peer of everybody) {
    const known = Array.from({ length: HOSTS_KNOWN }, () => defined(pick(world.rng, everybody), 'peer'))
    world.feed(peer, { type: 'candidates', peers: known })
  }
  const sizeOf = (message: GnutellaMessage) => gnutellaFormat.size(message)
  const network = new ComparedNetwork({ world, library, seed, useOf: useInFlood, sizeOf })
  network.publishAll()
  world.run(5_000)
  if (mode === 'pruned') for (const query of library.queries(WARM_UP, world.rng)) network.ask(query)
  return network
}

/** Super nodes that know each other, and two of them for every child. */
export function superNodeNetwork({
  seed,
  peers,
  library,
}: StartOptions): ComparedNetwork<KazaaMessage, SimKazaa> {
  const world = kazaaWorld({ seed, latencyMs }, { wantsCost: false })
  for (let i = 0; i < peers; i++) world.add()
  const sizeOf = (message: KazaaMessage) => kazaaFormat.size(message)
  const network = new ComparedNetwork({ world, library, seed, useOf: useAmongSuperNodes, sizeOf })
  network.publishAll()
  const leaders = Math.ceil((2 * peers) / (CHILDREN + 2))
  const everybody = shuffled(world.rng, [...world.nodes.keys()])
  const superNodes = everybody.slice(0, leaders)
  for (const peer of superNodes) tell(world, peer, { type: 'lead' })
  const links = Math.min(LEADER_LINKS_TARGET, leaders - 1)
  for (const [a, b] of regularLinks(superNodes, links, world.rng)) world.connect(a, b)
  world.run(3_000)
  everybody.slice(leaders).forEach((child, index) => {
    // The second one is another for each child of the first.
    const offset = 1 + (Math.floor(index / leaders) % Math.max(1, leaders - 1))
    for (const at of [index, index + offset])
      world.connect(child, defined(superNodes[at % leaders], 'super node'))
  })
  world.run(PUBLISH_MS)
  return network
}

/** A perfect ring, into which all records were put by their providers. */
export function ringNetwork({
  seed,
  peers,
  library,
}: StartOptions): ComparedNetwork<ChordMessage, SimRingNode> {
  const ring = new RingWorld({ seed, linkCap: RING_LINKS, routing: 'full', world: { latencyMs } })
  settle(ring, peers)
  const { world } = ring
  world.run(5_000)
  const sizeOf = (message: ChordMessage) => chordFormat.size(message)
  const network = new ComparedNetwork({ world, library, seed, useOf: useInRing(), sizeOf })
  network.publishAll()
  world.run(PUBLISH_MS)
  return network
}

function useInFlood({ type }: GnutellaMessage): MessageUse {
  if (type === 'ihave') return 'digest'
  return type === 'query' || type === 'queryHit' || type === 'prune' || type === 'graft' ? 'search' : 'upkeep'
}

function useAmongSuperNodes({ type }: KazaaMessage): MessageUse {
  return type === 'query' || type === 'hits' ? 'search' : 'upkeep'
}

/** Lookups also look for fingers and put records: only those that ask for files, and what answers them, count. */
function useInRing(): (message: ChordMessage) => MessageUse {
  let [asked, before] = [new Set<Nonce>(), new Set<Nonce>()]
  return (message) => {
    switch (message.type) {
      case 'find':
        if (message.ask.type !== 'getFiles') return 'upkeep'
        // Those of long ago are over.
        if (asked.size >= 1_000) [asked, before] = [new Set(), asked]
        asked.add(message.lookup)
        return 'search'
      case 'hopAck':
      case 'back':
      case 'found':
        return asked.has(message.lookup) || before.has(message.lookup) ? 'search' : 'upkeep'
      default:
        return 'upkeep'
    }
  }
}
