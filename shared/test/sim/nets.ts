import { expect } from 'vitest'
import type { OverlayCore, OverlayEffect, OverlayInput } from '../../src/discovery/overlay.ts'
import type { Nonce, PeerId } from '../../src/kernel/ids.ts'
import { GnutellaChecker } from '../../sim/checkers/gnutella.ts'
import { KazaaChecker } from '../../sim/checkers/kazaa.ts'
import { ringFaults } from '../../sim/checkers/ring-invariants.ts'
import { swizzle } from '../../sim/clogs.ts'
import type { OverlayObserver, OverlayWorld, SimCore } from '../../sim/overlay-world.ts'
import { grow } from '../../sim/scenarios/chord-start.ts'
import { RingWorld } from '../../sim/scenarios/chord-world.ts'
import { gnutellaWorld } from '../../sim/scenarios/gnutella-servent.ts'
import { kazaaWorld } from '../../sim/scenarios/kazaa-node.ts'
import { guidOf, infoHashOf, listingOf } from '../protocols/kazaa/harness.ts'

export const PEERS = 16

/** A network of one kind, whatever its messages are. */
export interface Net {
  readonly peers: readonly PeerId[]
  readonly clock: { jump(ms: number): void }
  trouble(trouble: { delayMs: number; duplicates: number; isUnordered: boolean } | null): void
  run(ms: number): void
  kill(peer: PeerId): void
  publish(peer: PeerId, number: number): void
  /** How many sources a search finds. */
  search(peer: PeerId): number
  /** Begins a search and lets no time pass. */
  ask(peer: PeerId): void
  /** Clogs so many peers; see {@link swizzle}. */
  swizzle(count: number, spreadMs: number): void
  /** What is wrong with it, when it should be at rest. */
  faults(): readonly unknown[]
}

let searches = 0

function netOf<M extends { readonly type: string }, C extends SimCore<M> & OverlayCore>(
  world: OverlayWorld<M, C>,
  faults: () => readonly unknown[],
): Net {
  const feed = (peer: PeerId, input: OverlayInput<M>) => {
    world.feed(peer, input)
  }
  const ask = (peer: PeerId, id: Nonce) => {
    feed(peer, { type: 'search', id, criteria: { by: 'words', words: ['topic'] }, limit: 100 })
  }
  return {
    get peers() {
      return world.alive().map(({ peer }) => peer)
    },
    clock: world.clock,
    trouble: (trouble) => (world.trouble = trouble),
    run: (ms) => {
      world.run(ms)
    },
    kill: (peer) => {
      world.kill(peer)
    },
    publish: (peer, number) => {
      feed(peer, { type: 'publish', infoHash: infoHashOf(number), listings: [listingOf('topic', number)] })
    },
    search: (peer) => {
      const id = guidOf(++searches)
      const found = new Set<PeerId>()
      const observer = {
        effect: (_node: unknown, effect: OverlayEffect<M>) => {
          if (effect.type !== 'hits' || effect.id !== id) return
          for (const { providers } of effect.hits) for (const each of providers) found.add(each)
        },
      }
      world.observers.push(observer)
      ask(peer, id)
      world.run(15_000)
      return found.size
    },
    ask: (peer) => {
      ask(peer, guidOf(++searches))
    },
    swizzle: (count, spreadMs) => {
      const { clock, clogs, rng } = world
      swizzle({ clock, clogs, rng, count, spreadMs, peers: world.alive().map(({ peer }) => peer) })
    },
    faults,
  }
}

function ringNet(seed: number): Net {
  const ring = new RingWorld({ seed, linkCap: 24, routing: 'full' })
  grow(ring, PEERS, 500)
  ring.world.run(20_000)
  expect(ringFaults(ring, true)).toEqual([])
  return netOf(ring.world, () => ringFaults(ring, true))
}

function joined<M extends { readonly type: string }, C extends SimCore<M> & OverlayCore>(
  world: OverlayWorld<M, C>,
  checker: OverlayObserver<M, C>,
  faults: () => readonly unknown[] = () => [],
): Net {
  world.observers.push(checker)
  for (let i = 0; i < PEERS; i++) {
    const known = world.alive().slice(-3)
    const { peer } = world.add()
    world.feed(peer, { type: 'candidates', peers: known.map((node) => node.peer) })
    world.run(500)
  }
  world.run(60_000)
  return netOf(world, faults)
}

function gnutellaNet(seed: number, mode: 'classic' | 'pruned'): Net {
  const checker = new GnutellaChecker(PEERS)
  return joined(gnutellaWorld({ seed }, { mode, wantsTally: false }), checker)
}

function kazaaNet(seed: number): Net {
  const checker = new KazaaChecker()
  const world = kazaaWorld({ seed }, { wantsCost: false })
  return joined(world, checker, () => checker.unindexed(world.alive()))
}

export const NETS: [string, (seed: number) => Net][] = [
  ['ring', ringNet],
  ['gnutella classic', (seed) => gnutellaNet(seed, 'classic')],
  ['gnutella pruned', (seed) => gnutellaNet(seed, 'pruned')],
  ['kazaa', kazaaNet],
]

/** Four peers share a file of the same name; each search should find all that live. */
export function shared(make: (seed: number) => Net, seed = 1): { net: Net; sources: readonly PeerId[] } {
  const net = make(seed)
  const sources = net.peers.slice(2, 6)
  sources.forEach((peer, index) => {
    net.publish(peer, index)
  })
  net.run(20_000)
  return { net, sources }
}
