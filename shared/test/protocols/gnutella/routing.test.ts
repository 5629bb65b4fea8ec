import { describe, expect, it } from 'vitest'
import { guidOf, Harness, hitOf, infoHashOf, listingOf, peerOf, queryOf, receivers, sent } from './harness.ts'

const [a, b, c, d] = [peerOf(10), peerOf(11), peerOf(12), peerOf(13)]

function withNeighbours(...peers: ReturnType<typeof peerOf>[]): Harness {
  const node = new Harness()
  for (const peer of peers) node.join(peer)
  node.take()
  return node
}

describe('queries', () => {
  it('go to all but the one they came from, with one link less to go', () => {
    const node = withNeighbours(a, b, c)
    const effects = node.message(a, queryOf(1, { ttl: 5, hops: 1 }))
    expect(sent(effects, 'query').map(({ to, message }) => [to, message.ttl, message.hops])).toEqual([
      [b, 4, 2],
      [c, 4, 2],
    ])
  })

  it.each([
    { ttl: 1, hops: 0, forwarded: null },
    { ttl: 0, hops: 0, forwarded: null },
    { ttl: 200, hops: 0, forwarded: 6 },
    { ttl: 5, hops: 4, forwarded: 2 },
    { ttl: 3, hops: 7, forwarded: null },
    { ttl: 255, hops: 255, forwarded: null },
  ])('a ttl of $ttl after $hops hops is bounded', ({ ttl, hops, forwarded }) => {
    const node = withNeighbours(a, b)
    node.message(a, queryOf(1, { ttl, hops }))
    node.pass(100)
    const copies = sent(node.take(), 'query').map(({ message }) => message.ttl)
    expect(copies).toEqual(forwarded === null ? [] : [forwarded])
  })

  it('seen before are never forwarded', () => {
    const node = withNeighbours(a, b, c)
    node.message(a, queryOf(1))
    expect(sent(node.message(b, queryOf(1, { ttl: 6, hops: 0 })), 'query')).toEqual([])
    expect(node.servent.view().counters.duplicates).toBe(1)
  })

  it('nearly spent wait for a copy that came a shorter way', () => {
    const node = withNeighbours(a, b, c)
    expect(sent(node.message(a, queryOf(1, { ttl: 2, hops: 3 })), 'query')).toEqual([])
    node.message(b, queryOf(1, { ttl: 4, hops: 1 }))
    const copies = sent(node.pass(100), 'query')
    expect(copies.map(({ to, message }) => [to, message.ttl, message.hops])).toEqual([
      [b, 3, 2],
      [c, 3, 2],
    ])
  })

  it('are answered by words and by infohash, unlisted shares by infohash alone', () => {
    const node = withNeighbours(a)
    node.feed({ type: 'publish', infoHash: infoHashOf(5), listings: [listingOf('Summer night', 5)] })
    node.feed({ type: 'publish', infoHash: infoHashOf(6), listings: [] })
    const byWords = sent(node.message(a, queryOf(1)), 'queryHit')
    expect(byWords.map(({ to, message }) => [to, message.responder, message.listings[0]?.name])).toEqual([
      [a, peerOf(1), 'Summer night'],
    ])
    const ask = (number: number, share: number) =>
      sent(
        node.message(a, queryOf(number, { criteria: { by: 'infoHash', infoHash: infoHashOf(share) } })),
        'queryHit',
      )
    expect(ask(2, 6)[0]?.message.listings).toEqual([])
    expect(ask(3, 7)).toEqual([])
    node.feed({ type: 'withdraw', infoHash: infoHashOf(5) })
    expect(sent(node.message(a, queryOf(4)), 'queryHit')).toEqual([])
  })

  it('a neighbour that floods its own only delays itself', () => {
    const node = withNeighbours(a, b, c)
    for (let i = 0; i < 1_000; i++) node.message(a, queryOf(1_000 + i, { hops: i % 2 }))
    node.take()
    node.message(b, queryOf(1))
    const copies = sent(node.pass(200), 'query')
    expect(copies.filter(({ message }) => message.guid === guidOf(1)).map(({ to }) => to)).toEqual([a, c])
    expect(node.servent.view().counters.queriesDropped).toBeGreaterThan(400)
    // What waits is bounded, and in the end nothing does.
    const late = sent(node.pass(10_000), 'query')
    expect(late.length).toBeLessThanOrEqual(2 * 33)
  })

  it.each(['classic', 'pruned'] as const)(
    'a neighbour that floods keeps no %s query of others away',
    (mode) => {
      const node = withNeighbours(a, b, c)
      for (let i = 0; i < 190; i++) node.message(a, queryOf(1_000 + i, { mode }))
      // It was the first with this one, and lets it drop.
      node.message(a, queryOf(1, { mode, hops: 6, ttl: 1 }))
      node.take()
      node.message(b, queryOf(1, { mode }))
      const copies = sent(node.pass(200), 'query')
      expect(copies.filter(({ message }) => message.guid === guidOf(1)).map(({ to }) => to)).toEqual([a, c])
    },
  )

  it('a neighbour that floods makes no ways back of others forgotten', () => {
    const node = withNeighbours(a, b, c)
    node.message(b, queryOf(1))
    for (let i = 0; i < 10_000; i++) node.message(a, queryOf(1_000 + i))
    expect(receivers(node.message(c, hitOf(1, d)), 'queryHit')).toEqual([b])
  })

  it('a neighbour asks in its own name no more than people type', () => {
    const node = withNeighbours(a, b)
    for (let i = 0; i < 100; i++) node.message(a, queryOf(1_000 + i, { hops: 0 }))
    expect(node.servent.view().counters).toMatchObject({ queriesSeen: 20, queriesDropped: 80 })
  })

  it('a neighbour is heard out that passes on as much as anybody does', () => {
    const node = withNeighbours(a, b)
    for (let second = 0; second < 20; second++) {
      for (let i = 0; i < 40; i++) node.message(a, queryOf(1_000 + 100 * second + i))
      node.pass(1_000)
    }
    node.pass(2_000)
    expect(node.servent.view().counters).toMatchObject({ queriesSeen: 800, queriesDropped: 0 })
  })
})

describe('hits', () => {
  it('go back the way the query came, and no other', () => {
    const node = withNeighbours(a, b, c)
    node.message(a, queryOf(1))
    const effects = node.message(b, hitOf(1, d))
    expect(sent(effects, 'queryHit').map(({ to, message }) => [to, message.hops])).toEqual([[a, 1]])
    expect(effects).toContainEqual({ type: 'way', peer: d, via: b })
    expect(node.message(b, hitOf(1, d))).toEqual([])
    expect(node.message(b, hitOf(2, d))).toEqual([])
  })

  it('whose way back died are offered once to the link of the second copy', () => {
    const node = withNeighbours(a, b, c)
    node.message(a, queryOf(1))
    node.message(b, queryOf(1))
    node.message(c, hitOf(1, d))
    const effects = node.feed({ type: 'linkDown', peer: a })
    expect(sent(effects, 'queryHit').map(({ to }) => to)).toEqual([b])
    expect(sent(node.feed({ type: 'linkDown', peer: b }), 'queryHit')).toEqual([])
  })

  it('are taken from the second link when the first died before they came', () => {
    const node = withNeighbours(a, b, c)
    node.message(a, queryOf(1))
    node.message(b, queryOf(1))
    node.feed({ type: 'linkDown', peer: a })
    expect(receivers(node.message(c, hitOf(1, d)), 'queryHit')).toEqual([b])
  })
})

describe('searches', () => {
  const search = (node: Harness, limit = 10) =>
    node.feed({ type: 'search', id: guidOf(99), criteria: { by: 'words', words: ['summer'] }, limit })

  it('give hits with their distance, each responder once, and end when it is quiet', () => {
    const node = withNeighbours(a, b)
    const [copy] = sent(search(node), 'query')
    const guid = copy!.message.guid
    expect(copy?.message.mode).toBe('pruned')
    const effects = node.message(a, { ...hitOf(0, c), guid, hops: 2 })
    expect(effects.filter(({ type }) => type === 'hits')).toEqual([
      { type: 'hits', id: guidOf(99), hops: 3, hits: [{ listing: listingOf('summer.jpg'), providers: [c] }] },
    ])
    expect(node.message(b, { ...hitOf(0, c), guid })).toEqual([])
    const ended = node.pass(6_000).filter(({ type }) => type === 'searchEnded')
    expect(ended).toEqual([{ type: 'searchEnded', id: guidOf(99), because: 'complete' }])
  })

  it('drop what was not asked for and what is too much', () => {
    const node = withNeighbours(a)
    const guid = sent(search(node, 1), 'query')[0]!.message.guid
    const wrong = { ...hitOf(0, c), guid, listings: [listingOf('winter.jpg')] }
    expect(node.message(a, wrong).filter(({ type }) => type === 'hits')).toEqual([])
    const many = { ...hitOf(0, d), guid, listings: [listingOf('summer 1'), listingOf('summer 2', 2)] }
    expect(node.message(a, many)).toMatchObject([{ type: 'way' }, { type: 'hits', hits: [{}] }])
  })

  it('without neighbours wait for the first, then say so', () => {
    const node = new Harness()
    search(node)
    expect(node.pass(2_000)).toContainEqual({ type: 'searchEnded', id: guidOf(99), because: 'noNeighbours' })
    search(node)
    node.feed({ type: 'linkUp', peer: a })
    expect(receivers(node.message(a, { type: 'connect', degree: 0 }), 'query')).toEqual([a])
  })

  it('by infohash name providers', () => {
    const node = withNeighbours(a)
    const criteria = { by: 'infoHash' as const, infoHash: infoHashOf(3) }
    const effects = node.feed({ type: 'search', id: guidOf(98), criteria, limit: 5 })
    const guid = sent(effects, 'query')[0]!.message.guid
    expect(node.message(a, { ...hitOf(0, c), guid, listings: [] })).toContainEqual({
      type: 'providers',
      id: guidOf(98),
      peers: [c],
      hops: 1,
    })
  })

  it('that are cancelled say nothing more', () => {
    const node = withNeighbours(a)
    const guid = sent(search(node), 'query')[0]!.message.guid
    node.feed({ type: 'cancelSearch', id: guidOf(99) })
    const later = [...node.message(a, { ...hitOf(0, c), guid }), ...node.pass(6_000)]
    expect(later.filter(({ type }) => type === 'hits' || type === 'searchEnded')).toEqual([])
  })
})

describe('reports of work', () => {
  it('say what a servent did and what those behind it say, together', () => {
    const node = withNeighbours(a, b, c)
    node.message(a, queryOf(1, { wantsTally: true }))
    const step = { from: b, to: d, hops: 3, kind: 'query' as const }
    node.message(b, { type: 'tally', guid: guidOf(1), messages: 4, bytes: 400, steps: [step] })
    const reports = sent(node.pass(150), 'tally')
    expect(reports).toHaveLength(1)
    expect(reports[0]).toMatchObject({
      to: a,
      message: {
        guid: guidOf(1),
        messages: 6,
        steps: [{ from: a, to: peerOf(1), hops: 1, kind: 'query' }, step],
      },
    })
  })

  it('become the cost of our own search', () => {
    const node = withNeighbours(a, b)
    const effects = node.feed({
      type: 'search',
      id: guidOf(99),
      criteria: { by: 'words', words: ['summer'] },
      limit: 5,
    })
    const guid = sent(effects, 'query')[0]!.message.guid
    node.message(a, { type: 'tally', guid, messages: 7, bytes: 700, steps: [] })
    const costs = node.pass(200).filter(({ type }) => type === 'searchCost')
    expect(costs).toMatchObject([{ id: guidOf(99), messages: 9 }])
  })

  it('that lie are bounded, and those for queries that did not ask are ignored', () => {
    const node = withNeighbours(a, b)
    node.message(a, queryOf(1, { wantsTally: true }))
    node.message(b, {
      type: 'tally',
      guid: guidOf(1),
      messages: 4_000_000_000,
      bytes: 4_000_000_000,
      steps: [],
    })
    expect(sent(node.pass(150), 'tally')[0]?.message.messages).toBe(10_001)
    node.message(a, queryOf(2))
    node.message(b, { type: 'tally', guid: guidOf(2), messages: 1, bytes: 1, steps: [] })
    expect(sent(node.pass(150), 'tally')).toEqual([])
  })
})
