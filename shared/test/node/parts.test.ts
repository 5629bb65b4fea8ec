import { describe, expect, it } from 'vitest'
import { defined } from '../../src/kernel/invariant.ts'
import { parseNonce } from '../../src/kernel/ids.ts'
import { OverlayDialler } from '../../src/node/overlay-dialler.ts'
import { Sampler } from '../../src/node/sampler.ts'
import { Searches } from '../../src/node/searches.ts'
import { SignalRelay } from '../../src/node/signal-relay.ts'
import { Tickets } from '../../src/node/tickets.ts'
import { Ways } from '../../src/node/ways.ts'
import type { SignalEnvelope } from '../../src/wire/envelope.ts'
import { listingOf, peerOf } from '../discovery/listings.ts'

const id = (number: number) => defined(parseNonce(number.toString(16).padStart(32, '0')), 'id')
const [me, ann, bob, eve] = [peerOf(1), peerOf(2), peerOf(3), peerOf(4)]

describe('searches', () => {
  it('merge hits by file and share, and account for each system apart', () => {
    const searches = new Searches()
    searches.start(id(1), 'song', ['ring', 'directory'], 1_000)
    const listing = listingOf('song.mp3', 1)
    searches.onAnswer(
      'directory',
      { type: 'hits', id: id(1), hits: [{ listing, providers: [ann] }], hops: 1 },
      1_030,
    )
    searches.onAnswer(
      'ring',
      { type: 'hits', id: id(1), hits: [{ listing, providers: [ann, bob] }], hops: 3 },
      1_200,
    )
    searches.onAnswer('ring', { type: 'searchCost', id: id(1), messages: 7, bytes: 90, steps: [] }, 1_210)
    searches.onAnswer('ring', { type: 'searchEnded', id: id(1), because: 'complete' }, 1_220)
    searches.onAnswer('ring', { type: 'searchEnded', id: id(1), because: 'deadline' }, 5_000)
    searches.onAnswer(
      'gnutella',
      { type: 'hits', id: id(1), hits: [{ listing, providers: [eve] }], hops: 1 },
      1_300,
    )
    const [view] = searches.views()
    expect(view?.hits).toEqual([{ listing, providers: [ann, bob], systems: ['directory', 'ring'] }])
    expect(view?.answers).toMatchObject([
      { system: 'directory', state: 'asking', hits: 1, hops: 1, firstHitMs: 30, tookMs: null },
      {
        system: 'ring',
        state: 'ended',
        because: 'complete',
        hits: 1,
        messages: 7,
        hops: 3,
        firstHitMs: 200,
        tookMs: 220,
      },
    ])
    expect([...searches.sourcesOf(listing.infoHash).providers]).toEqual([ann, bob])
  })

  it('forget the oldest, and bound what a flood of hits can fill', () => {
    const searches = new Searches()
    for (let number = 1; number <= 4; number++)
      expect(searches.start(id(number), 'x', ['ring'], 0)).toEqual([])
    expect(searches.start(id(5), 'x', ['ring'], 0)).toEqual([id(1)])
    const hits = Array.from({ length: 2_000 }, (_, n) => ({
      listing: listingOf('x', n + 1),
      providers: [ann],
    }))
    searches.onAnswer('ring', { type: 'hits', id: id(5), hits, hops: 1 }, 1)
    expect(searches.views().at(-1)?.hits).toHaveLength(500)
  })

  it('of several systems each has its part of the list, and what the others found counts', () => {
    const searches = new Searches()
    searches.start(id(1), 'x', ['gnutella', 'directory'], 0)
    const hitsFrom = (first: number, count: number) =>
      Array.from({ length: count }, (_, n) => ({ listing: listingOf('x', first + n), providers: [ann] }))
    const answer = (system: 'gnutella' | 'directory', first: number, count: number, at: number) =>
      searches.onAnswer(system, { type: 'hits', id: id(1), hits: hitsFrom(first, count), hops: 1 }, at)
    answer('gnutella', 1, 2_000, 1)
    // Fifty of them are in the list already.
    answer('directory', 201, 100, 2)
    const [view] = searches.views()
    expect(view?.answers).toMatchObject([
      { system: 'directory', hits: 100, firstHitMs: 2 },
      { system: 'gnutella', hits: 500, firstHitMs: 1 },
    ])
    expect(view?.hits).toHaveLength(300)
    expect(view?.hits.filter(({ systems }) => systems.length === 2)).toHaveLength(50)
  })
})

describe('the overlay dialler', () => {
  it('dials a peer once for all that want it, and tells each of them', () => {
    const dialler = new OverlayDialler()
    dialler.want(ann, 'ring', [bob])
    dialler.want(ann, 'kazaa', [eve])
    expect([...dialler.due()].map(({ peer, via }) => [peer, [...via]])).toEqual([[ann, [bob, eve]]])
    dialler.started(ann)
    expect([dialler.isIdle, [...dialler.due()]]).toEqual([true, []])
    expect(dialler.settle(ann)).toEqual(['ring', 'kazaa'])
    expect(dialler.settle(ann)).toEqual([])
  })

  it('drops what nobody wants any more', () => {
    const dialler = new OverlayDialler()
    dialler.want(ann, 'ring', [])
    dialler.unwant(ann, 'ring')
    expect([...dialler.due()]).toEqual([])
  })
})

describe('signal relay', () => {
  const envelope = (to = eve, route: readonly (typeof me)[] = []): SignalEnvelope =>
    ({ kind: 'probe', to, from: ann, sid: 'ab'.repeat(16), route }) as unknown as SignalEnvelope
  const pass = (relay: SignalRelay, each: SignalEnvelope, linked: (typeof me)[], ways: (typeof me)[]) =>
    relay.pass(
      ann,
      each,
      (peer) => linked.includes(peer),
      () => ways,
      0,
    )?.to ?? null

  it('prefers the target, then the ways that are known, and never goes back or in a circle', () => {
    expect(pass(new SignalRelay(me), envelope(), [eve, bob], [bob])).toBe(eve)
    expect(pass(new SignalRelay(me), envelope(), [ann, bob], [ann, bob])).toBe(bob)
    expect(pass(new SignalRelay(me), envelope(eve, [bob]), [bob], [bob])).toBeNull()
    expect(pass(new SignalRelay(me), envelope(eve, [me]), [eve], [])).toBeNull()
    expect(pass(new SignalRelay(me), envelope(), [], [bob])).toBeNull()
  })

  it('takes an answer back the way that its question came', () => {
    const relay = new SignalRelay(me)
    pass(relay, envelope(), [bob], [bob])
    const answer = { ...envelope(ann), from: eve }
    expect(
      relay.pass(
        bob,
        answer,
        (peer) => peer === ann,
        () => [],
        1,
      )?.to,
    ).toBe(ann)
  })

  it('keeps the ways back of one neighbour although another begins ever new negotiations', () => {
    const relay = new SignalRelay(me)
    const linked = (...peers: (typeof me)[]) => [(peer: typeof me) => peers.includes(peer), () => []] as const
    // Ann has no link with us, bob has one with her.
    expect(relay.pass(bob, envelope(), ...linked(eve), 0)?.to).toBe(eve)
    for (let n = 0; n < 5_000; n++) {
      const sid = n.toString(16).padStart(32, '0') as never
      relay.pass(peerOf(8), { ...envelope(), from: peerOf(7), sid }, ...linked(eve), 1_000 * n)
    }
    expect(relay.relayedCount).toBe(5_001)
    expect(relay.pass(eve, { ...envelope(ann), from: eve }, ...linked(bob), 5_000_000)?.to).toBe(bob)
  })

  it('ends after eight hops', () => {
    const route = Array.from({ length: 8 }, (_, n) => peerOf(100 + n))
    expect(pass(new SignalRelay(me), envelope(eve, route), [eve], [])).toBeNull()
  })
})

describe('small parts', () => {
  it('tickets lead back to whoever asked, once', () => {
    const tickets = new Tickets<string>()
    const [first, second] = [tickets.issue('a', 7), tickets.issue('b', 7)]
    expect(tickets.take(second)).toEqual({ owner: 'b', ticket: 7 })
    expect(tickets.take(second)).toBeUndefined()
    tickets.drop('a')
    expect(tickets.take(first)).toBeUndefined()
  })

  it('ways are tried newest first and grow old', () => {
    const ways = new Ways()
    ways.learn(eve, ann, 0)
    ways.learn(eve, bob, 1)
    ways.learn(eve, eve, 2)
    expect(ways.to(eve, 3)).toEqual([bob, ann])
    expect(ways.to(eve, 600_000)).toEqual([bob])
    expect(ways.to(eve, 700_000)).toEqual([])
  })

  it('ways that one neighbour tells of without end push out its own, not those of others', () => {
    const ways = new Ways()
    for (let n = 0; n < 400; n++) ways.learn(peerOf(1_000 + n), bob, n)
    ways.learn(eve, bob, 400)
    ways.learn(eve, ann, 401)
    for (let n = 0; n < 5_000; n++) ways.learn(peerOf(10_000 + n), ann, 500)
    expect(ways.to(eve, 600)).toEqual([ann, bob])
    for (let n = 0; n < 400; n++) expect(ways.to(peerOf(1_000 + n), 600)).toEqual([bob])
    // All providers of a full search are still reached through whoever told of them last.
    for (let n = 4_500; n < 5_000; n++) expect(ways.to(peerOf(10_000 + n), 600)).toEqual([ann])
    expect(ways.to(peerOf(10_000), 600)).toEqual([])
  })

  it('a lonely node asks the server for peers often, a settled one seldom, and none without a server', () => {
    const sampler = new Sampler()
    expect(sampler.isDue(0, 0)).toBe(false)
    sampler.serverUp(0)
    const asked = (linkCount: number, minutes: number) => {
      let count = 0
      const from = sampler.wakeAt()
      for (let now = from; now < from + minutes * 60_000; now = sampler.wakeAt())
        if (sampler.isDue(now, linkCount)) count++
      return count
    }
    expect(asked(1, 2)).toBe(8)
    expect(asked(9, 10)).toBeLessThanOrEqual(2)
    sampler.serverDown()
    expect(sampler.wakeAt()).toBe(Infinity)
  })
})
