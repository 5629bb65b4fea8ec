import { describe, expect, it } from 'vitest'
import { buildFilter } from '../../../src/protocols/kazaa/filter.ts'
import { guidOf, Harness, infoHashOf, listingOf, peerOf, queryOf, receivers, sent } from './harness.ts'

const [a, b, c, d] = [peerOf(10), peerOf(11), peerOf(12), peerOf(13)]

/** A super node with two children and two neighbours. */
function leader(): Harness {
  const node = new Harness()
  node.feed({ type: 'lead' })
  node.adopt(a, 'Summer song')
  node.adopt(b, 'Summer night', 'Winter song')
  node.ally(c)
  node.ally(d)
  return node
}

describe('super node', () => {
  it('answers a child from the index, without the child’s own files, and asks its neighbours', () => {
    const node = leader()
    const effects = node.message(a, queryOf(1, ['summer']))
    const [answer] = sent(effects, 'hits')
    expect(answer?.to).toBe(a)
    expect(answer?.message.hops).toBe(1)
    expect(answer?.message.hits.map(({ listing, providers }) => [listing.name, providers])).toEqual([
      ['Summer night', [b]],
    ])
    expect(sent(effects, 'query').map(({ to, message }) => [to, message.ttl, message.hops])).toEqual([
      [c, 2, 1],
      [d, 2, 1],
    ])
  })

  it.each([
    { ttl: 3, hops: 0, forwarded: 2 },
    { ttl: 9, hops: 1, forwarded: 1 },
    { ttl: 9, hops: 3, forwarded: null },
    { ttl: 0, hops: 1, forwarded: null },
    { ttl: 3, hops: 200, forwarded: null },
  ])('ttl $ttl after $hops hops from a neighbour is bounded', ({ ttl, hops, forwarded }) => {
    const copies = sent(leader().message(c, queryOf(1, ['summer'], { ttl, hops })), 'query')
    expect(copies.map(({ message }) => message.ttl)).toEqual(forwarded === null ? [] : [forwarded])
  })

  it('crosses the last link only where the filter may match', () => {
    const node = leader()
    node.message(d, { type: 'filter', bits: buildFilter(['autumn'], []) })
    expect(receivers(node.message(c, queryOf(1, ['summer'], { ttl: 1, hops: 2 })), 'query')).toEqual([])
    expect(receivers(node.message(c, queryOf(2, ['autu'], { ttl: 1, hops: 2 })), 'query')).toEqual([d])
    // Others lie behind, whom the filter says nothing of.
    expect(receivers(node.message(c, queryOf(3, ['summer'], { ttl: 2, hops: 1 })), 'query')).toEqual([d])
  })

  it('never passes on a query twice, and ignores those of strangers', () => {
    const node = leader()
    node.message(c, queryOf(1, ['summer'], { hops: 1 }))
    expect(node.message(d, queryOf(1, ['summer'], { hops: 1 }))).toEqual([])
    node.feed({ type: 'linkUp', peer: peerOf(77) })
    expect(node.message(peerOf(77), queryOf(2, ['summer']))).toEqual([])
  })

  it('answers the searcher itself although the query came over its other super node first', () => {
    const node = leader()
    expect(receivers(node.message(c, queryOf(1, ['summer'], { hops: 1 })), 'hits')).toEqual([c])
    expect(receivers(node.message(a, queryOf(1, ['summer'])), 'hits')).toEqual([a])
  })

  it('keeps no hits from the way that a query came though a child says that the query is its own', () => {
    const node = leader()
    node.message(c, queryOf(1, ['spring'], { hops: 1 }))
    node.message(a, queryOf(1, ['spring']))
    const hits = [{ listing: listingOf('spring', 50), providers: [peerOf(50)] }]
    node.message(d, { type: 'hits', guid: guidOf(1), hops: 2, hits, providers: [] })
    expect(receivers(node.pass(50), 'hits').toSorted()).toEqual([a, c].toSorted())
  })

  it('lets no other child take the place of the one that searches, though it knows the query', () => {
    const node = leader()
    node.message(a, queryOf(1, ['spring']))
    expect(node.message(b, queryOf(1, ['spring']))).toEqual([])
    const hits = [{ listing: listingOf('spring', 50), providers: [peerOf(50)] }]
    node.message(c, { type: 'hits', guid: guidOf(1), hops: 2, hits, providers: [] })
    expect(receivers(node.pass(50), 'hits')).toEqual([a])
  })

  it('gathers hits of others, groups equal files, and passes each source once', () => {
    const node = leader()
    node.message(a, queryOf(1, ['spring']))
    const hits = (...providers: (typeof a)[]) => ({
      type: 'hits' as const,
      guid: guidOf(1),
      hops: 2,
      hits: [{ listing: listingOf('spring', 50), providers }],
      providers: [],
    })
    node.message(c, hits(peerOf(50), peerOf(51)))
    node.message(d, hits(peerOf(51), peerOf(52)))
    const effects = sent(node.pass(50), 'hits')
    expect(effects.map(({ to, message }) => [to, message.hits.map(({ providers }) => providers)])).toEqual([
      [a, [[peerOf(50), peerOf(51), peerOf(52)]]],
    ])
    node.message(d, hits(peerOf(51)))
    expect(sent(node.pass(50), 'hits')).toEqual([])
  })

  it('drops hits that nobody asked for, and hits of children', () => {
    const node = leader()
    const forged = {
      type: 'hits' as const,
      guid: guidOf(1),
      hops: 1,
      providers: [],
      hits: [{ listing: listingOf('x'), providers: [b] }],
    }
    node.message(c, forged)
    node.message(a, queryOf(1, ['x']))
    node.message(b, forged)
    expect(sent(node.pass(100), 'hits')).toEqual([])
  })

  it('a child that floods is slowed, others are not', () => {
    const node = leader()
    for (let i = 0; i < 500; i++) node.message(a, queryOf(1_000 + i, ['summer']))
    expect(node.node.view().counters.queriesDropped).toBeGreaterThan(400)
    expect(receivers(node.message(b, queryOf(1, ['summer'])), 'query')).toEqual([c, d])
  })

  it('finds providers of unlisted shares by infohash', () => {
    const node = leader()
    const criteria = { by: 'infoHash' as const, infoHash: listingOf('x', 100 * 11).infoHash }
    const [answer] = sent(node.message(a, { ...queryOf(1, []), criteria }), 'hits')
    expect(answer?.message).toMatchObject({ hits: [], providers: [b] })
  })

  it('searches its own index and its neighbours', () => {
    const node = leader()
    const criteria = { by: 'words' as const, words: ['summer'] }
    const effects = node.feed({ type: 'search', id: guidOf(9), criteria, limit: 10 })
    expect(receivers(effects, 'query')).toEqual([c, d])
    expect(effects.find(({ type }) => type === 'hits')).toMatchObject({
      id: guidOf(9),
      hops: 0,
      hits: [{}, {}],
    })
  })

  it('reports the work of its part of the network to the searcher', () => {
    const node = leader()
    node.message(a, queryOf(1, ['nothing'], { wantsCost: true }))
    node.message(c, { type: 'cost', guid: guidOf(1), messages: 5, bytes: 500, steps: [] })
    expect(sent(node.pass(150), 'cost')).toMatchObject([
      { to: a, message: { messages: 7, steps: [{ from: a, to: node.self, hops: 0, kind: 'query' }] } },
    ])
  })
})

describe('search of a child', () => {
  const criteria = { by: 'words' as const, words: ['summer'] }

  it('asks both super nodes, merges what they say, and ends when it is quiet', () => {
    const node = new Harness()
    node.follow(a)
    node.follow(b, 'standbyChild')
    const effects = node.feed({ type: 'search', id: guidOf(9), criteria, limit: 10 })
    const copies = sent(effects, 'query')
    expect(copies.map(({ to }) => to)).toEqual([a, b])
    const guid = copies[0]!.message.guid
    const answer = (providers: (typeof a)[], name = 'Summer song') => ({
      type: 'hits' as const,
      guid,
      hops: 2,
      hits: [{ listing: listingOf(name, 5), providers }],
      providers: [],
    })
    expect(node.message(a, answer([c])).filter(({ type }) => type === 'hits')).toMatchObject([{ hops: 2 }])
    expect(node.message(b, answer([c, d])).filter(({ type }) => type === 'hits')).toMatchObject([
      { hits: [{ providers: [d] }] },
    ])
    // Not what was asked for, and from somebody who was not asked.
    expect(node.message(a, answer([peerOf(70)], 'Winter')).filter(({ type }) => type === 'hits')).toEqual([])
    expect(node.message(peerOf(66), answer([peerOf(71)]))).toEqual([])
    const ended = node.pass(6_000).filter(({ type }) => type === 'searchEnded')
    expect(ended).toEqual([{ type: 'searchEnded', id: guidOf(9), because: 'complete' }])
    expect(node.node.view().counters.oneSidedHits).toBe(1)
  })

  it('waits for a super node, then gives up', () => {
    const node = new Harness()
    expect(sent(node.feed({ type: 'search', id: guidOf(9), criteria, limit: 10 }), 'query')).toEqual([])
    expect(receivers(node.follow(a), 'query')).toEqual([a])
    const lonely = new Harness()
    lonely.feed({ type: 'search', id: guidOf(9), criteria, limit: 10 })
    expect(lonely.pass(6_000)).toContainEqual({ type: 'searchEnded', id: guidOf(9), because: 'noNeighbours' })
  })

  it('keeps to its limit', () => {
    const node = new Harness()
    node.follow(a)
    const effects = node.feed({ type: 'search', id: guidOf(9), criteria, limit: 2 })
    const guid = sent(effects, 'query')[0]!.message.guid
    const hits = [1, 2, 3].map((file) => ({
      listing: listingOf(`summer ${String(file)}`, file),
      providers: [c],
    }))
    const told = node.message(a, { type: 'hits', guid, hops: 1, hits, providers: [] })
    expect(told.find(({ type }) => type === 'hits')).toMatchObject({ hits: [{}, {}] })
  })

  it('by infohash names providers, each once', () => {
    const node = new Harness()
    node.follow(a)
    const byHash = { by: 'infoHash' as const, infoHash: infoHashOf(4) }
    const effects = node.feed({ type: 'search', id: guidOf(9), criteria: byHash, limit: 10 })
    const guid = sent(effects, 'query')[0]!.message.guid
    const answer = { type: 'hits' as const, guid, hops: 1, hits: [], providers: [c, d] }
    expect(node.message(a, answer)).toContainEqual({
      type: 'providers',
      id: guidOf(9),
      peers: [c, d],
      hops: 1,
    })
    expect(node.message(a, answer).filter(({ type }) => type === 'providers')).toEqual([])
  })
})
