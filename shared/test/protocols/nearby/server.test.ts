import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../../src/kernel/limits.ts'
import { NearbyClient } from '../../../src/protocols/nearby/client.ts'
import { REFRESH_MS, RETRY_MS } from '../../../src/protocols/nearby/constants.ts'
import { NearbyServer } from '../../../src/protocols/nearby/server.ts'
import type { NearbyCard } from '../../../src/wire/nearby.ts'
import { peerOf } from '../kazaa/harness.ts'

const laptop: NearbyCard = { name: 'Laptop', kind: 'computer' }
const phone: NearbyCard = { name: 'Phone', kind: 'phone' }
const [A, B, C] = [peerOf(1), peerOf(2), peerOf(3)]
const seen = (peer: typeof A, card: NearbyCard) => ({ peer, ...card })

describe('the server', () => {
  const announce = (server: NearbyServer, from: typeof A, network: string, card: NearbyCard | null) =>
    server.handle({ type: 'announce', from, network, card, replyTo: 7 })

  it('shows those of one network to each other, and nobody else', () => {
    const server = new NearbyServer()
    expect(announce(server, A, 'home', laptop)).toEqual([
      { type: 'reply', replyTo: 7, response: { ok: true, peers: [] } },
    ])
    expect(announce(server, C, 'office', phone)).toEqual([
      { type: 'reply', replyTo: 7, response: { ok: true, peers: [] } },
    ])
    expect(announce(server, B, 'home', phone)).toEqual([
      { type: 'reply', replyTo: 7, response: { ok: true, peers: [seen(A, laptop)] } },
      { type: 'push', to: A, change: { joined: [seen(B, phone)], left: [] } },
    ])
  })

  it('tells of a new card, and not of the same one again', () => {
    const server = new NearbyServer()
    announce(server, A, 'home', laptop)
    announce(server, B, 'home', phone)
    expect(announce(server, B, 'home', phone)).toHaveLength(1)
    expect(announce(server, B, 'home', { ...phone, name: 'Other' })[1]).toEqual({
      type: 'push',
      to: A,
      change: { joined: [{ peer: B, name: 'Other', kind: 'phone' }], left: [] },
    })
  })

  it.each([
    ['switches it off', (server: NearbyServer) => announce(server, B, 'home', null).slice(1)],
    ['goes', (server: NearbyServer) => server.handle({ type: 'peerGone', peer: B })],
    ['comes from another network', (server: NearbyServer) => announce(server, B, 'cafe', phone).slice(0, 1)],
  ])('tells the others when one %s', (_what, leave) => {
    const server = new NearbyServer()
    announce(server, A, 'home', laptop)
    announce(server, B, 'home', phone)
    expect(leave(server)).toEqual([{ type: 'push', to: A, change: { joined: [], left: [B] } }])
    expect(
      server.handle({ type: 'peerGone', peer: B }).some((effect) => 'to' in effect && effect.to === A),
    ).toBe(false)
  })

  it('holds no more of a network than a list can show, and keeps nothing of those who went', () => {
    const server = new NearbyServer()
    const many = Array.from({ length: LIMITS.nearbyPeers + 1 }, (_, index) => peerOf(index + 10))
    for (const peer of many) announce(server, peer, 'home', phone)
    expect(announce(server, A, 'home', laptop)).toEqual([
      { type: 'reply', replyTo: 7, response: { ok: false, code: 'full' } },
    ])
    server.handle({ type: 'peerGone', peer: many[0]! })
    const [reply] = announce(server, A, 'home', laptop)
    expect(reply).toMatchObject({ response: { ok: true } })
    for (const peer of [A, ...many]) server.handle({ type: 'peerGone', peer })
    expect(server.sizes).toEqual({ peers: 0, networks: 0 })
  })
})

describe('the client', () => {
  const roles = ['nearby'] as const
  const on = () => {
    const client = new NearbyClient(A)
    client.handle({ type: 'serverUp', roles }, 0)
    client.handle({ type: 'setCard', card: laptop }, 0)
    client.handle({ type: 'answered', response: { ok: true, peers: [seen(B, phone)] } }, 0)
    return client
  }

  it('says nothing unasked', () => {
    const client = new NearbyClient(A)
    expect(client.handle({ type: 'serverUp', roles }, 0)).toEqual([])
    expect(client.handle({ type: 'wake' }, 1e9)).toEqual([])
    client.handle({ type: 'changed', change: { joined: [seen(B, phone)], left: [] } }, 0)
    expect([client.state, client.peers]).toEqual(['off', []])
  })

  it('keeps the list: answers, comers and goers, without itself', () => {
    const client = on()
    client.handle({ type: 'changed', change: { joined: [seen(C, laptop), seen(A, laptop)], left: [B] } }, 0)
    expect([client.state, client.peers]).toEqual(['on', [seen(C, laptop)]])
  })

  it('is shown no longer when switched off, also while an answer is awaited', () => {
    const client = on()
    expect(client.handle({ type: 'setCard', card: null }, 0)).toEqual([
      { type: 'announce', request: { card: null } },
    ])
    expect(client.peers).toEqual([])
    const asking = new NearbyClient(A)
    asking.handle({ type: 'serverUp', roles }, 0)
    expect(asking.handle({ type: 'setCard', card: laptop }, 0)).toHaveLength(1)
    expect(asking.handle({ type: 'setCard', card: null }, 0)).toEqual([])
    const after = asking.handle({ type: 'answered', response: { ok: true, peers: [seen(B, phone)] } }, 0)
    expect([after, asking.peers]).toEqual([[{ type: 'announce', request: { card: null } }], []])
  })

  it('asks again: to refresh, after silence, after the server was away', () => {
    const client = on()
    expect(client.wakeAt()).toBe(REFRESH_MS)
    expect(client.handle({ type: 'wake' }, REFRESH_MS)).toHaveLength(1)
    client.handle({ type: 'answered', response: { ok: false, code: 'noAnswer' } }, REFRESH_MS)
    expect(client.wakeAt()).toBe(REFRESH_MS + RETRY_MS)
    client.handle({ type: 'serverDown' }, 0)
    expect([client.state, client.peers, client.wakeAt()]).toEqual(['down', [], Infinity])
    expect(client.handle({ type: 'serverUp', roles }, 0)).toHaveLength(1)
  })

  it.each([
    ['roleOff', 'roleOff'],
    ['unknownNetwork', 'roleOff'],
    ['full', 'full'],
    ['rateLimited', 'joining'],
  ] as const)('refused with %s it is %s', (code, state) => {
    const client = new NearbyClient(A)
    client.handle({ type: 'serverUp', roles }, 0)
    client.handle({ type: 'setCard', card: laptop }, 0)
    client.handle({ type: 'answered', response: { ok: false, code } }, 0)
    expect(client.state).toBe(state)
    expect(client.wakeAt()).toBe(state === 'roleOff' ? Infinity : RETRY_MS)
  })

  it('does not ask a server without the role', () => {
    const client = new NearbyClient(A)
    client.handle({ type: 'setCard', card: laptop }, 0)
    expect(client.handle({ type: 'serverUp', roles: ['tracker'] }, 0)).toEqual([])
    expect(client.state).toBe('roleOff')
  })
})
