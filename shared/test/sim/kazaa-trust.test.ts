import { describe, expect, it } from 'vitest'
import type { OverlayEffect } from '../../src/discovery/overlay.ts'
import type { PeerId } from '../../src/kernel/ids.ts'
import type { KazaaMessage } from '../../src/protocols/kazaa/messages.ts'
import type { SimPeer } from '../../sim/overlay-world.ts'
import { kazaaWorld, tell, type KazaaWorld, type SimKazaa } from '../../sim/scenarios/kazaa-node.ts'
import { guidOf, infoHashOf, listingOf, peerOf } from '../protocols/kazaa/harness.ts'

type Lie = (effect: OverlayEffect<KazaaMessage>) => OverlayEffect<KazaaMessage>[]

const LEADERS = 6
const CHILDREN = 30
const FILES = 40

/** Some super nodes and their children; every child has one file of the same topic. */
function network(seed: number): {
  world: KazaaWorld
  leaders: SimPeer<SimKazaa>[]
  children: SimPeer<SimKazaa>[]
} {
  const world = kazaaWorld({ seed }, { wantsCost: false })
  const leaders = Array.from({ length: LEADERS }, () => world.add())
  for (const { peer } of leaders) tell(world, peer, { type: 'lead' })
  leaders.forEach((a, index) => {
    for (const b of leaders.slice(index + 1)) world.connect(a.peer, b.peer)
  })
  world.run(2_000)
  const children = Array.from({ length: CHILDREN }, (_, index) => {
    const child = world.add()
    const number = index % FILES
    world.feed(child.peer, {
      type: 'publish',
      infoHash: infoHashOf(number),
      listings: [listingOf(`topic ${String(number)}`, number)],
    })
    world.connect(child.peer, leaders[index % LEADERS]!.peer)
    world.connect(child.peer, leaders[(index + 1) % LEADERS]!.peer)
    return child
  })
  world.run(10_000)
  return { world, leaders, children }
}

let searches = 0
function search(world: KazaaWorld, peer: PeerId): void {
  world.feed(peer, {
    type: 'search',
    id: guidOf(++searches),
    criteria: { by: 'words', words: ['topic'] },
    limit: 200,
  })
  world.run(15_000)
}

const tiesOf = ({ core }: SimPeer<SimKazaa>): (PeerId | null)[] => {
  const { leader, standby } = core.node.view()
  return [leader, standby]
}

/** Answers to its children with nothing. */
const hides: Lie = (effect) => (effect.type === 'send' && effect.message.type === 'hits' ? [] : [effect])

/** Passes on half of the sources only. */
const hidesHalf: Lie = (effect) => {
  if (effect.type !== 'send' || effect.message.type !== 'hits') return [effect]
  const isKept = (peer: PeerId) => Number.parseInt(peer.slice(-1), 16) % 2 === 0
  const hits = effect.message.hits.map((hit) => ({ ...hit, providers: hit.providers.filter(isKept) }))
  return [{ ...effect, message: { ...effect.message, hits } }]
}

/** Adds a source that does not exist, or one that has other files, to every answer. */
const invents =
  (provider: () => PeerId): Lie =>
  (effect) => {
    if (effect.type !== 'send' || effect.message.type !== 'hits') return [effect]
    const invented = { listing: listingOf('topic for free', 999), providers: [provider()] }
    return [
      { ...effect, message: { ...effect.message, hits: [invented, ...effect.message.hits.slice(0, 15)] } },
    ]
  }

describe('a super node that', () => {
  it.each<[string, (others: readonly PeerId[]) => Lie]>([
    ['hides all hits', () => hides],
    ['hides half of the sources', () => hidesHalf],
    ['invents sources that are nowhere', () => invents(() => peerOf(4_000 + ++searches))],
    ['invents files of peers that are there', (others) => invents(() => others[++searches % others.length]!)],
  ])('%s is found out by its child, which finds another', (_name, lieWith) => {
    const { world, leaders, children } = network(7)
    const child = children[0]!
    const liar = leaders.find(({ peer }) => peer === child.core.node.view().leader)!
    const twin = child.core.node.view().standby
    liar.core.tamper = lieWith(children.slice(5).map(({ peer }) => peer))
    for (let i = 0; i < 80 && tiesOf(child).includes(liar.peer); i++) search(world, child.peer)
    world.run(20_000)
    expect(tiesOf(child)).not.toContain(liar.peer)
    expect(tiesOf(child)).toContain(twin)
    expect(tiesOf(child)).not.toContain(null)
    expect(child.core.node.view().counters.mistrusted).toBe(1)
    // Nor does it come back soon.
    world.run(120_000)
    expect(tiesOf(child)).not.toContain(liar.peer)
  })

  it('tells the truth is not suspected, also while peers come and go', () => {
    const { world, children } = network(8)
    for (let i = 0; i < 60; i++) {
      search(world, children[i % 5]!.peer)
      if (i % 3 === 0) world.kill(children[CHILDREN - 1 - i / 3]!.peer, 'silent')
    }
    const counters = children.slice(0, 5).map(({ core }) => core.node.view().counters)
    expect(counters.reduce((sum, { audits }) => sum + audits, 0)).toBeGreaterThan(3)
    expect(counters.reduce((sum, { mistrusted }) => sum + mistrusted, 0)).toBe(0)
  })
})
