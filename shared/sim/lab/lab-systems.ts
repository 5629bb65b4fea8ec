import type { PeerId } from '../../src/kernel/ids.ts'
import { defined } from '../../src/kernel/invariant.ts'
import { shuffled } from '../../src/kernel/rng.ts'
import { LEADER_LINKS_TARGET } from '../../src/protocols/kazaa/constants.ts'
import type { ChordMessage } from '../../src/protocols/chord/messages.ts'
import type { GnutellaMessage } from '../../src/protocols/gnutella/messages.ts'
import type { KazaaMessage } from '../../src/protocols/kazaa/messages.ts'
import type { SimPeer } from '../overlay-world.ts'
import { settle } from '../scenarios/chord-start.ts'
import { RingWorld, type SimRingNode } from '../scenarios/chord-world.ts'
import { gnutellaWorld, type SimServent } from '../scenarios/gnutella-servent.ts'
import { kazaaWorld, tell, type SimKazaa } from '../scenarios/kazaa-node.ts'
import { regularLinks } from '../topology.ts'
import type { LabFrame, LabOptions } from './lab-frame.ts'
import { LabNetwork } from './lab-network.ts'

/** What the page does with any of the networks. */
export interface Lab {
  run(ms: number): void
  ask(): void
  kill(share: number): void
  join(count: number): void
  setChurn(meanSessionMs: number): void
  frame(): LabFrame
}

const DEGREE = 6
/** Fewer than in life: with 24 links, nearly everybody in a small picture would know everybody. */
const LINK_CAP = 12
/** Children that a super node of a settled network begins with: few, so that small networks show several of them. */
const CHILDREN = 8

/** Constant for a pair, 10 to 90 ms: what peers of one continent see. */
function latencyMs(a: PeerId, b: PeerId): number {
  const mixed = Number.parseInt(a.slice(0, 6), 16) ^ Number.parseInt(b.slice(0, 6), 16)
  return 10 + (mixed % 81)
}

/** A settled network of production cores, ready to be watched. */
export function openLab(options: LabOptions): Lab {
  switch (options.system) {
    case 'gnutella':
      return openGnutella(options)
    case 'kazaa':
      return openKazaa(options)
    case 'ring':
      return openRing(options)
  }
}

function openGnutella({ seed, mode, ttl, peers }: LabOptions): Lab {
  const degree = { min: 4, target: DEGREE, max: DEGREE + 2 }
  const world = gnutellaWorld({ seed, linkCap: 32, latencyMs }, { mode, ttl, degree, wantsTally: false })
  const build = (count: number, published: (node: SimPeer<SimServent>) => void) => {
    for (let i = 0; i < count; i++) published(world.add())
    const everybody = [...world.nodes.keys()]
    for (const [a, b] of regularLinks(everybody, Math.min(DEGREE, count - 1), world.rng)) world.connect(a, b)
    for (const peer of everybody) {
      const known = shuffled(world.rng, everybody).slice(0, 12)
      world.feed(peer, { type: 'candidates', peers: known })
    }
    world.run(5_000)
  }
  const kindOf = ({ type }: GnutellaMessage) =>
    type === 'query' ? 'question' : type === 'queryHit' ? 'answer' : null
  return new LabNetwork({ world, latencyMs, build, kindOf, roleOf: () => 'peer' }, peers)
}

function openKazaa({ seed, peers }: LabOptions): Lab {
  const world = kazaaWorld({ seed, latencyMs }, { wantsCost: false })
  const build = (count: number, published: (node: SimPeer<SimKazaa>) => void) => {
    for (let i = 0; i < count; i++) published(world.add())
    const everybody = shuffled(world.rng, [...world.nodes.keys()])
    const leaders = Math.max(2, Math.ceil(count / (CHILDREN + 1)))
    const superNodes = everybody.slice(0, Math.min(leaders, count))
    for (const peer of superNodes) tell(world, peer, { type: 'lead' })
    const degree = Math.min(LEADER_LINKS_TARGET, superNodes.length - 1)
    for (const [a, b] of regularLinks(superNodes, degree, world.rng)) world.connect(a, b)
    world.run(3_000)
    everybody.slice(leaders).forEach((child, index) => {
      for (const step of [0, 1])
        world.connect(child, defined(superNodes[(index + step) % superNodes.length], 'super node'))
    })
    world.run(15_000)
  }
  const kindOf = ({ type }: KazaaMessage) =>
    type === 'query' ? 'question' : type === 'hits' ? 'answer' : null
  const roleOf = ({ core }: SimPeer<SimKazaa>) => core.node.view().role
  return new LabNetwork({ world, latencyMs, build, kindOf, roleOf }, peers)
}

function openRing({ seed, routing, peers }: LabOptions): Lab {
  const ring = new RingWorld({ seed, linkCap: LINK_CAP, routing, world: { latencyMs } })
  const { world } = ring
  const build = (count: number, published: (node: SimPeer<SimRingNode>) => void) => {
    settle(ring, count)
    world.run(5_000)
    for (const node of world.alive()) published(node)
    world.run(10_000)
  }
  const roleOf = ({ core }: SimPeer<SimRingNode>) => (core.node.phase === 'member' ? 'peer' : 'joining')
  return new LabNetwork({ world, latencyMs, build, kindOf: ringKind, roleOf }, peers)
}

/** Searches are told from the lookups of the ring's own upkeep by what they ask for. */
function ringKind(message: ChordMessage): 'question' | 'answer' | null {
  if (message.type === 'find') return message.ask.type === 'getFiles' ? 'question' : null
  return message.type === 'found' && message.answer.type === 'records' ? 'answer' : null
}
