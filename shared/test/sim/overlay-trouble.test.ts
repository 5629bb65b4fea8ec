import { describe, expect, it } from 'vitest'
import type { OverlayCore, OverlayEffect, OverlayInput } from '../../src/discovery/overlay.ts'
import type { PeerId } from '../../src/kernel/ids.ts'
import { ringFaults } from '../../sim/checkers/ring-invariants.ts'
import type { OverlayWorld, SimCore } from '../../sim/overlay-world.ts'
import { grow } from '../../sim/scenarios/chord-start.ts'
import { RingWorld } from '../../sim/scenarios/chord-world.ts'
import { gnutellaWorld } from '../../sim/scenarios/gnutella-servent.ts'
import { kazaaWorld } from '../../sim/scenarios/kazaa-node.ts'
import { guidOf, infoHashOf, listingOf } from '../protocols/kazaa/harness.ts'

const DAY_MS = 86_400_000
const PEERS = 16

/** A network of one kind, whatever its messages are. */
interface Net {
  readonly peers: readonly PeerId[]
  readonly clock: { jump(ms: number): void }
  trouble(trouble: { delayMs: number; duplicates: number; isUnordered: boolean } | null): void
  run(ms: number): void
  kill(peer: PeerId): void
  publish(peer: PeerId, number: number): void
  /** How many sources a search finds. */
  search(peer: PeerId): number
}

let searches = 0

function netOf<M extends { readonly type: string }, C extends SimCore<M> & OverlayCore>(
  world: OverlayWorld<M, C>,
): Net {
  const feed = (peer: PeerId, input: OverlayInput<M>) => {
    world.feed(peer, input)
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
      feed(peer, { type: 'search', id, criteria: { by: 'words', words: ['topic'] }, limit: 100 })
      world.run(15_000)
      return found.size
    },
  }
}

function ringNet(seed: number): Net {
  const ring = new RingWorld({ seed, linkCap: 24, routing: 'full' })
  grow(ring, PEERS, 500)
  ring.world.run(20_000)
  expect(ringFaults(ring, true)).toEqual([])
  return netOf(ring.world)
}

function joined<M extends { readonly type: string }, C extends SimCore<M> & OverlayCore>(
  world: OverlayWorld<M, C>,
): Net {
  for (let i = 0; i < PEERS; i++) {
    const known = world.alive().slice(-3)
    const { peer } = world.add()
    world.feed(peer, { type: 'candidates', peers: known.map((node) => node.peer) })
    world.run(500)
  }
  world.run(60_000)
  return netOf(world)
}

const NETS: [string, (seed: number) => Net][] = [
  ['ring', ringNet],
  ['gnutella classic', (seed) => joined(gnutellaWorld({ seed }, { mode: 'classic', wantsTally: false }))],
  ['gnutella pruned', (seed) => joined(gnutellaWorld({ seed }, { mode: 'pruned', wantsTally: false }))],
  ['kazaa', (seed) => joined(kazaaWorld({ seed }, { wantsCost: false }))],
]

/** Four peers share a file of the same name; each search should find all that live. */
function shared(make: (seed: number) => Net): { net: Net; sources: readonly PeerId[] } {
  const net = make(1)
  const sources = net.peers.slice(2, 6)
  sources.forEach((peer, index) => {
    net.publish(peer, index)
  })
  net.run(20_000)
  return { net, sources }
}

describe.each(NETS)('%s', (_name, make) => {
  it('goes on after all clocks jumped by a day', () => {
    const { net } = shared(make)
    expect(net.search(net.peers[0]!)).toBe(4)
    net.clock.jump(DAY_MS)
    net.run(60_000)
    expect(net.peers).toHaveLength(PEERS)
    expect(net.search(net.peers[0]!)).toBe(4)
  })

  it.each([
    ['delays of seconds', { delayMs: 3_000, duplicates: 0, isUnordered: false }],
    ['duplicates', { delayMs: 0, duplicates: 0.5, isUnordered: false }],
    ['reordering', { delayMs: 400, duplicates: 0, isUnordered: true }],
    ['all of it', { delayMs: 3_000, duplicates: 0.3, isUnordered: true }],
  ])('bears %s for a minute, and finds everything afterwards', (_what, trouble) => {
    const { net } = shared(make)
    net.trouble(trouble)
    net.run(30_000)
    net.search(net.peers[1]!)
    net.run(15_000)
    net.trouble(null)
    net.run(90_000)
    expect(net.search(net.peers[0]!)).toBe(4)
  })

  it.each([0.3, 0.45, 0.6])('finds what the rest has after %d left at once', (share) => {
    const { net, sources } = shared(make)
    const leaving = [...net.peers.slice(6), ...net.peers.slice(2, 4)].slice(0, Math.floor(PEERS * share))
    for (const peer of leaving) net.kill(peer)
    net.run(60_000)
    const left = sources.filter((peer) => net.peers.includes(peer)).length
    expect(left).toBeGreaterThan(0)
    expect(net.search(net.peers[0]!)).toBe(left)
  })
})
