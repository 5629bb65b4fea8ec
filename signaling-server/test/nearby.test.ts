import type { NearbyChange } from '@ringdrop/shared/wire/nearby.ts'
import { expect, it } from 'vitest'
import type { TestPeer } from './helpers.ts'
import { join, startServer, type Client, type Running } from './helpers.ts'

const card = (name: string) => ({ card: { name, kind: 'computer' } })
const PROXIED = { TRUST_PROXY: '127.0.0.1' }
const from = (address: string) => ({ 'x-forwarded-for': address })

interface Seer extends Client {
  readonly peer: TestPeer
  /** The next change that the server tells of. */
  readonly next: () => Promise<NearbyChange>
}

async function enter(running: Running, address: string, peer?: TestPeer): Promise<Seer> {
  const client = await join(running, peer, from(address))
  const changes: NearbyChange[] = []
  const waiting: ((change: NearbyChange) => void)[] = []
  client.socket.on('nearby', (change: NearbyChange) => {
    const resolve = waiting.shift()
    if (resolve === undefined) changes.push(change)
    else resolve(change)
  })
  const next = () =>
    new Promise<NearbyChange>((resolve) => {
      const change = changes.shift()
      if (change === undefined) waiting.push(resolve)
      else resolve(change)
    })
  return { ...client, next }
}

it('shows peers behind one address to each other, and tells who comes, changes, and goes', async () => {
  const running = await startServer(PROXIED)
  const [anna, ben, far] = await Promise.all(
    ['203.0.113.9', '203.0.113.9', '198.51.100.1'].map((address) => enter(running, address)),
  )
  expect(await far?.ask('nearby', card('Far'))).toEqual({ ok: true, peers: [] })
  expect(await anna?.ask('nearby', card('Anna'))).toEqual({ ok: true, peers: [] })
  expect(await ben?.ask('nearby', card('Ben'))).toEqual({
    ok: true,
    peers: [{ peer: anna?.peer.id, name: 'Anna', kind: 'computer' }],
  })
  expect(await anna?.next()).toEqual({
    joined: [{ peer: ben?.peer.id, name: 'Ben', kind: 'computer' }],
    left: [],
  })
  await ben?.ask('nearby', card('Ben’s laptop'))
  expect((await anna?.next())?.joined[0]?.name).toBe('Ben’s laptop')
  expect(await running.metric('ringdrop_nearby_peers')).toBe(3)
  ben?.socket.disconnect()
  expect(await anna?.next()).toEqual({ joined: [], left: [ben?.peer.id] })
  // The far one heard nothing of all that: its own list says so.
  expect(await far?.ask('nearby', card('Far'))).toEqual({ ok: true, peers: [] })
})

it('forgets who switches it off, and who comes back with a new socket is there once', async () => {
  const running = await startServer(PROXIED)
  const anna = await enter(running, '203.0.113.9')
  const ben = await enter(running, '203.0.113.9')
  await anna.ask('nearby', card('Anna'))
  await ben.ask('nearby', card('Ben'))
  await anna.next()
  expect(await ben.ask('nearby', { card: null })).toEqual({ ok: true, peers: [] })
  expect(await anna.next()).toEqual({ joined: [], left: [ben.peer.id] })
  await ben.ask('nearby', card('Ben'))
  await anna.next()
  const again = await enter(running, '203.0.113.9', ben.peer)
  expect(await anna.next()).toEqual({ joined: [], left: [ben.peer.id] })
  await again.ask('nearby', card('Ben'))
  expect((await anna.next()).joined).toHaveLength(1)
  expect(await anna.ask('nearby', card('Anna'))).toMatchObject({ peers: [{ peer: ben.peer.id }] })
})

it('takes loopback for the local network, and nobody through a proxy that it does not know', async () => {
  const direct = await startServer()
  const client = await join(direct)
  expect(await client.ask('nearby', card('Anna'))).toEqual({ ok: true, peers: [] })
  const unknown = await enter(direct, '203.0.113.9')
  expect(await unknown.ask('nearby', card('Ben'))).toEqual({ ok: false, code: 'unknownNetwork' })
})

it.each([
  ['no card', {}],
  ['a name with a line break', card('a\nb')],
  ['a long name', card('x'.repeat(33))],
  ['a sender of its own choice', { ...card('Anna'), peer: '0'.repeat(64) }],
])('refuses %s', async (_what, request) => {
  const client = await join(await startServer())
  expect(await client.ask('nearby', request)).toEqual({ ok: false, code: 'badRequest' })
})

it('can be switched off, and is limited', async () => {
  const off = await join(await startServer({ ROLES: 'tracker' }))
  expect(await off.ask('nearby', card('Anna'))).toEqual({ ok: false, code: 'roleOff' })
  const client = await join(await startServer())
  const answers = await Promise.all(
    Array.from({ length: 14 }, () => client.ask('nearby', card('Anna')) as Promise<{ code?: string }>),
  )
  expect(answers.filter(({ code }) => code === 'rateLimited').length).toBeGreaterThanOrEqual(3)
  expect(answers.filter(({ code }) => code === undefined).length).toBeGreaterThanOrEqual(10)
})
