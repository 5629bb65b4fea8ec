import { describe, expect, it } from 'vitest'
import { guidOf, Harness, peerOf, receivers, sent } from './harness.ts'

const [a, b, c] = [peerOf(10), peerOf(11), peerOf(12)]

describe('handshake', () => {
  it('a link alone does not make a neighbour; connect and ok do', () => {
    const node = new Harness()
    const effects = node.feed({ type: 'linkUp', peer: a })
    expect(receivers(effects, 'connect')).toEqual([a])
    expect(node.neighbours()).toEqual([])
    const answer = node.message(a, { type: 'ok', degree: 3, peers: [b, c] })
    expect(node.neighbours()).toEqual([a])
    expect(receivers(answer, 'ping')).toEqual([a])
    // Those that it named are dialled through it.
    expect(answer.filter(({ type }) => type === 'dial')).toEqual([
      { type: 'dial', peer: expect.any(String), via: [a] },
      { type: 'dial', peer: expect.any(String), via: [a] },
    ])
    expect(answer).toContainEqual({ type: 'way', peer: b, via: a })
  })

  it('two that ask at the same time become neighbours once', () => {
    const node = new Harness()
    node.feed({ type: 'linkUp', peer: a })
    const effects = node.message(a, { type: 'connect', degree: 0 })
    expect(receivers(effects, 'ok')).toEqual([a])
    node.message(a, { type: 'ok', degree: 1, peers: [] })
    expect(node.neighbours()).toEqual([a])
  })

  it('the answer comes before anything else that a new neighbour is told', () => {
    const node = new Harness()
    node.feed({ type: 'linkUp', peer: a })
    const types = node
      .message(a, { type: 'connect', degree: 0 })
      .flatMap((effect) => (effect.type === 'send' ? [effect.message.type] : []))
    expect(types).toEqual(['ok', 'ping'])
  })

  it('who never answers is given up, and the link is released', () => {
    const node = new Harness()
    node.feed({ type: 'linkUp', peer: a })
    const effects = node.pass(6_000)
    expect(effects).toContainEqual({ type: 'release', peer: a })
    expect(node.servent.needs(a)).toBe(false)
  })

  it('a full servent refuses with others to try, but takes one in need for one that has many', () => {
    const node = new Harness({ degree: { min: 2, target: 2, max: 3 } })
    for (let i = 0; i < 3; i++) node.join(peerOf(20 + i), 3)
    node.feed({ type: 'linkUp', peer: a })
    const refusal = sent(node.message(a, { type: 'connect', degree: 2 }), 'refused')
    expect(refusal).toHaveLength(1)
    expect(refusal[0]?.message.peers).toHaveLength(3)
    const welcome = node.message(a, { type: 'connect', degree: 0 })
    expect(receivers(welcome, 'ok')).toEqual([a])
    const [bye] = sent(welcome, 'bye')
    expect(bye?.message).toEqual({ type: 'bye', reason: 'trimmed', peers: [a] })
    expect(node.neighbours()).toHaveLength(3)
  })

  it('messages of a peer that is no neighbour do nothing; its ping is answered with a bye', () => {
    const node = new Harness()
    node.feed({ type: 'publish', infoHash: '0'.repeat(64) as never, listings: [] })
    node.feed({ type: 'linkUp', peer: a })
    node.take()
    expect(node.message(a, { type: 'ihave', guids: [guidOf(1)] })).toEqual([])
    expect(receivers(node.message(a, { type: 'ping', guid: guidOf(2), ttl: 2 }), 'bye')).toEqual([a])
  })
})

describe('degree', () => {
  it('lost neighbours are replaced at once: linked peers first, then the host cache', () => {
    const node = new Harness({ degree: { min: 1, target: 1, max: 2 } })
    node.join(a)
    for (let i = 0; i < 4; i++) node.feed({ type: 'candidates', peers: [peerOf(30 + i)] })
    for (const [, peer] of Object.entries([peerOf(30), peerOf(31), peerOf(32), peerOf(33)]))
      node.feed({ type: 'dialFailed', peer })
    node.feed({ type: 'linkUp', peer: b })
    node.take()
    const effects = node.feed({ type: 'linkDown', peer: a })
    expect(receivers(effects, 'connect')).toEqual([b])
  })

  it('in a network of up to nine all are neighbours of all', () => {
    const node = new Harness()
    for (let i = 0; i < 8; i++) node.join(peerOf(20 + i), 7)
    node.pass(120_000)
    expect(node.neighbours()).toHaveLength(8)
  })

  it('above the target one is dropped that can spare it, never below', () => {
    const node = new Harness()
    node.feed({ type: 'candidates', peers: Array.from({ length: 20 }, (_, i) => peerOf(100 + i)) })
    for (let i = 0; i < 8; i++) node.join(peerOf(20 + i), i < 4 ? 8 : 6)
    node.pass(300_000)
    expect(node.neighbours()).toHaveLength(6)
    expect(node.neighbours()).toEqual(expect.arrayContaining([24, 25, 26, 27].map(peerOf)))
  })

  it('hosts that cannot be dialled are asked again later, and forgotten after three times', () => {
    const node = new Harness()
    node.feed({ type: 'hostCache', peers: [a] })
    for (let i = 0; i < 3; i++) {
      expect(node.servent.hostCache()).toEqual([a])
      expect(node.take().filter(({ type }) => type === 'dial')).toHaveLength(1)
      node.feed({ type: 'dialFailed', peer: a })
      node.pass(20_000)
    }
    expect(node.servent.hostCache()).toEqual([])
  })

  it('the host is told of a changed cache, but not often', () => {
    const node = new Harness()
    node.feed({ type: 'hostCache', peers: [a] })
    let told = 0
    for (let i = 0; i < 60; i++) {
      node.feed({ type: 'candidates', peers: [peerOf(100 + i)] })
      told += node.pass(1_000).filter(({ type }) => type === 'hostCacheChanged').length
    }
    expect(told).toBeGreaterThan(3)
    expect(told).toBeLessThanOrEqual(6)
  })

  it('never remembers more than 200 hosts', () => {
    const node = new Harness()
    node.feed({ type: 'candidates', peers: Array.from({ length: 500 }, (_, i) => peerOf(1_000 + i)) })
    expect(node.servent.hostCache()).toHaveLength(200)
  })

  it('a neighbour that names peers without end pushes out nobody but those that it named', () => {
    const node = new Harness()
    const known = Array.from({ length: 30 }, (_, i) => peerOf(500 + i))
    node.feed({ type: 'hostCache', peers: known })
    node.join(b)
    node.message(b, { type: 'ok', degree: 3, peers: [c] })
    node.join(a)
    for (let i = 0; i < 100; i++) {
      const peers = Array.from({ length: 10 }, (_, j) => peerOf(10_000 + 10 * i + j))
      node.message(a, { type: 'ok', degree: 3, peers })
      node.pass(50)
    }
    expect(node.servent.hostCache()).toEqual(expect.arrayContaining([a, b, c, ...known]))
    // What it named last may be true.
    expect(node.servent.hostCache()).toContain(peerOf(10_999))
  })

  it('says goodbye when the tab closes, and is silent after', () => {
    const node = new Harness()
    node.join(a)
    node.join(b)
    expect(receivers(node.feed({ type: 'leaving' }), 'bye')).toEqual([a, b])
    expect(node.feed({ type: 'linkUp', peer: c })).toEqual([])
    expect(node.servent.wakeAt()).toBe(Infinity)
  })
})

describe('ping and pong', () => {
  it('a ping is answered from the cache, with at most ten, and not forwarded while the cache is young', () => {
    const node = new Harness()
    for (let i = 0; i < 4; i++) {
      const peer = peerOf(20 + i)
      node.feed({ type: 'linkUp', peer })
      const [ping] = sent(node.message(peer, { type: 'connect', degree: 1 }), 'ping')
      const pongs = Array.from({ length: 5 }, (_, j) => ({
        peer: peerOf(1_000 + 10 * i + j),
        hops: 1,
        degree: 4,
        shares: 1,
      }))
      node.message(peer, {
        type: 'pong',
        guid: ping!.message.guid,
        pongs: [{ peer, hops: 0, degree: 3, shares: 2 }, ...pongs],
      })
    }
    node.take()
    const first = node.message(peerOf(20), { type: 'ping', guid: guidOf(7), ttl: 3 })
    const [pong] = sent(first, 'pong')
    expect(pong?.message.guid).toBe(guidOf(7))
    expect(pong?.message.pongs).toHaveLength(10)
    const behind = pong!.message.pongs
      .filter(({ hops }) => hops === 2)
      .map(({ peer }) => Number.parseInt(peer, 16))
    // Of all neighbours, not of one.
    expect(new Set(behind.map((number) => Math.floor((number - 1_000) / 10))).size).toBeGreaterThan(2)
    expect(receivers(first, 'ping')).toEqual([21, 22, 23].map(peerOf))
    expect(receivers(node.message(peerOf(21), { type: 'ping', guid: guidOf(8), ttl: 3 }), 'ping')).toEqual([])
  })

  it('a pong that nobody asked for teaches nothing', () => {
    const node = new Harness()
    node.join(a)
    node.message(a, { type: 'pong', guid: guidOf(9), pongs: [{ peer: c, hops: 1, degree: 1, shares: 0 }] })
    expect(node.servent.hostCache()).toEqual([a])
  })
})
