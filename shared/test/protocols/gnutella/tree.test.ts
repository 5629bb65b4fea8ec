import { describe, expect, it } from 'vitest'
import { guidOf, Harness, peerOf, queryOf, receivers, sent } from './harness.ts'

const [a, b, c] = [peerOf(10), peerOf(11), peerOf(12)]
const pruned = (number: number) => queryOf(number, { mode: 'pruned', ttl: 20, hops: 2 })

function trio(): Harness {
  const node = new Harness()
  for (const peer of [a, b, c]) node.join(peer)
  node.take()
  return node
}

const lazy = (node: Harness) =>
  node.servent.view().neighbours.flatMap((each) => (each.lazy ? [each.peer] : []))

describe('tree of the pruned mode', () => {
  it('a link that brings a duplicate leaves it, and carries digests from then on', () => {
    const node = trio()
    node.message(a, pruned(1))
    expect(receivers(node.message(b, pruned(1)), 'prune')).toEqual([b])
    expect(lazy(node)).toEqual([b])
    expect(receivers(node.message(a, pruned(2)), 'query')).toEqual([c])
    expect(sent(node.pass(1_000), 'ihave')).toEqual([
      { to: b, message: { type: 'ihave', guids: [guidOf(2)] } },
    ])
  })

  it('a digest need not be sent to one that announced the query first', () => {
    const node = trio()
    node.message(b, { type: 'prune' })
    node.message(a, pruned(1))
    node.message(b, { type: 'ihave', guids: [guidOf(1)] })
    expect(sent(node.pass(1_000), 'ihave')).toEqual([])
  })

  it('a query that was announced and does not come is fetched, by one after the other', () => {
    const node = trio()
    node.message(b, { type: 'prune' })
    node.message(b, { type: 'ihave', guids: [guidOf(1)] })
    node.message(c, { type: 'ihave', guids: [guidOf(1)] })
    expect(sent(node.pass(1_100), 'graft')).toEqual([{ to: b, message: { type: 'graft', guid: guidOf(1) } }])
    expect(lazy(node)).toEqual([])
    expect(receivers(node.pass(1_100), 'graft')).toEqual([c])
    node.message(c, pruned(1))
    expect(sent(node.pass(5_000), 'graft')).toEqual([])
  })

  it('a neighbour that announces without end keeps nothing from being fetched', () => {
    const node = trio()
    node.message(c, { type: 'ihave', guids: [guidOf(1)] })
    for (let i = 0; i < 20; i++)
      node.message(b, {
        type: 'ihave',
        guids: Array.from({ length: 64 }, (_, j) => guidOf(1_000 + 64 * i + j)),
      })
    const grafts = sent(node.pass(1_100), 'graft')
    expect(grafts).toContainEqual({ to: c, message: { type: 'graft', guid: guidOf(1) } })
    expect(grafts.length).toBeLessThanOrEqual(65)
  })

  it('a graft gets the query once, and makes the link eager', () => {
    const node = trio()
    node.message(b, { type: 'prune' })
    node.message(a, pruned(1))
    const effects = node.message(b, { type: 'graft', guid: guidOf(1) })
    expect(sent(effects, 'query').map(({ to, message }) => [to, message.ttl, message.hops])).toEqual([
      [b, 19, 3],
    ])
    expect(lazy(node)).toEqual([])
    expect(node.message(b, { type: 'graft', guid: guidOf(1) })).toEqual([])
    expect(node.message(a, { type: 'graft', guid: guidOf(1) })).toEqual([])
  })

  it('when a branch is lost all other links are tried again', () => {
    const node = trio()
    node.message(b, { type: 'prune' })
    node.message(c, { type: 'prune' })
    expect(receivers(node.feed({ type: 'linkDown', peer: a }), 'graft')).toEqual([b, c])
    expect(lazy(node)).toEqual([])
  })

  it('the last link by which queries come is never pruned for a duplicate', () => {
    const node = trio()
    node.message(a, pruned(1))
    node.message(a, { type: 'prune' })
    expect(sent(node.message(b, pruned(1)), 'prune')).toEqual([])
  })

  it('a classic flood leaves it alone', () => {
    const node = trio()
    node.message(a, queryOf(1))
    expect(sent(node.message(b, queryOf(1)), 'prune')).toEqual([])
    node.message(b, { type: 'prune' })
    expect(receivers(node.message(a, queryOf(2)), 'query')).toEqual([b, c])
  })
})
