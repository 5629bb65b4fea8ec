import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { iceServersFor } from '../src/signaling/ice-servers.ts'
import { connect, join, ManualClock, startServer, TestPeer, testConfig, announcement } from './helpers.ts'

describe('identify', () => {
  it('binds the socket to its key and tells roles', async () => {
    const running = await startServer({ STUN_URLS: 'stun:s:1', TURN_URLS: 'turn:t:2', TURN_SECRET: 'hush' })
    const peer = await TestPeer.create()
    const client = await connect(running)
    expect(client.nonce).toMatch(/^[0-9a-f]{32}$/)
    const host = new URL(running.origin).host
    const response = await client.ask('identify', await peer.identifyRequest(host, client.nonce))
    expect(response).toMatchObject({
      ok: true,
      peerId: peer.id,
      roles: ['tracker', 'directory', 'nearby'],
      iceServers: [{ urls: ['stun:s:1'] }, { urls: ['turn:t:2'] }],
    })
    expect(JSON.stringify(response)).not.toContain('hush')
    expect(await running.metric('ringdrop_peers')).toBe(1)
    client.socket.disconnect()
    await expect.poll(() => running.metric('ringdrop_peers')).toBe(0)
    await expect.poll(() => running.metric('ringdrop_sockets')).toBe(0)
  })

  it('sends fresh TURN credentials before the earlier ones end, as long as the socket is there', async () => {
    const clock = new ManualClock()
    const running = await startServer({ TURN_URLS: 'turn:t:2', TURN_SECRET: 'hush' }, clock)
    const client = await join(running)
    const fresh: { readonly iceServers: readonly { readonly username?: string }[] }[] = []
    client.socket.on('iceServers', (each) => fresh.push(each))
    const endsAt = () => Number(fresh.at(-1)?.iceServers[0]?.username?.split(':')[0]) * 1000
    for (let round = 1; round <= 3; round++) {
      clock.advance(30 * 60_000)
      await expect.poll(() => fresh.length).toBe(round)
      expect(endsAt() - clock.now()).toBeGreaterThan(59 * 60_000)
    }
    client.socket.disconnect()
    await expect.poll(() => running.metric('ringdrop_sockets')).toBe(0)
    const left = clock.pending
    clock.advance(60 * 60_000)
    expect([fresh.length, clock.pending]).toEqual([3, left])
  })

  it('dates TURN credentials by the clock on the wall, as after a sleep of this machine', async () => {
    const clock = new ManualClock()
    let aheadMs = 0
    const wallClock = () => clock.now() + aheadMs
    const running = await startServer({ TURN_URLS: 'turn:t:2', TURN_SECRET: 'hush' }, clock, wallClock)
    aheadMs = 8 * 3_600_000
    const peer = await TestPeer.create()
    const client = await connect(running)
    const request = await peer.identifyRequest(`127.0.0.1:${String(running.port)}`, client.nonce)
    const ends: number[] = []
    const note = ({ iceServers }: { readonly iceServers: readonly { readonly username?: string }[] }) =>
      ends.push(Number(iceServers[0]?.username?.split(':')[0]) * 1000 - wallClock())
    client.socket.on('iceServers', note)
    note((await client.ask('identify', request)) as Parameters<typeof note>[0])
    aheadMs += 3_600_000
    clock.advance(30 * 60_000)
    await expect.poll(() => ends.length).toBe(2)
    for (const end of ends) expect(Math.abs(end - 3_600_000)).toBeLessThan(1_000)
  })

  const host = (port: number) => `127.0.0.1:${String(port)}`
  type Forge = (peer: TestPeer, port: number, nonce: string, old: string) => Promise<unknown>
  const forgeries: [string, string, Forge][] = [
    [
      'another host, truly signed',
      'badHost',
      (peer, _port, nonce) => peer.identifyRequest('evil.example', nonce),
    ],
    [
      'another name of this host',
      'badHost',
      (peer, port, nonce) => peer.identifyRequest(`localhost:${String(port)}`, nonce),
    ],
    [
      'a nonce of another socket',
      'badSignature',
      (peer, port, _nonce, old) => peer.identifyRequest(host(port), old),
    ],
    [
      'a signature of another key',
      'badSignature',
      async (peer, port, nonce) => ({
        ...(await peer.identifyRequest(host(port), nonce)),
        key: (await TestPeer.create()).key,
      }),
    ],
    [
      'a key that is no point of the curve',
      'badSignature',
      async (peer, port, nonce) => ({
        ...(await peer.identifyRequest(host(port), nonce)),
        key: '04' + '11'.repeat(64),
      }),
    ],
    [
      'an unknown field',
      'badRequest',
      async (peer, port, nonce) => ({ ...(await peer.identifyRequest(host(port), nonce)), peerId: peer.id }),
    ],
    ['nothing', 'badRequest', () => Promise.resolve(null)],
    ['a list', 'badRequest', () => Promise.resolve([1, 2])],
  ]
  it.each(forgeries)('refuses %s with %s and closes', async (_what, code, forge) => {
    const running = await startServer()
    const peer = await TestPeer.create()
    const earlier = await connect(running)
    const client = await connect(running)
    const request = await forge(peer, running.port, client.nonce, earlier.nonce)
    expect(await client.ask('identify', request)).toEqual({ ok: false, code })
    expect(await client.closed).toBe('identifyFailed')
    expect(await running.metric(`ringdrop_refusals_total{event="identify",code="${code}"}`)).toBe(1)
  })

  it('takes one identity a socket', async () => {
    const running = await startServer()
    const client = await join(running)
    const again = await client.peer.identifyRequest(new URL(running.origin).host, client.nonce)
    expect(await client.ask('identify', again)).toEqual({ ok: false, code: 'badRequest' })
    expect(await running.metric('ringdrop_peers')).toBe(1)
  })

  it('refuses everything else before', async () => {
    const running = await startServer()
    const client = await connect(running)
    const peer = await TestPeer.create()
    for (const [event, payload] of [
      ['announce', announcement()],
      ['scrape', { infoHash: announcement().infoHash }],
      ['signal', peer.envelope(peer.id)],
    ] as const) {
      expect(await client.ask(event, payload)).toEqual({ ok: false, code: 'notIdentified' })
    }
  })

  it('drops a socket that does not identify in 10 s, and only that', async () => {
    const clock = new ManualClock()
    const running = await startServer({}, clock)
    const [silent, good] = [await connect(running), await join(running)]
    clock.advance(9_999)
    expect(silent.socket.connected).toBe(true)
    clock.advance(1)
    expect(await silent.closed).toBe('notIdentifiedInTime')
    expect(good.socket.connected).toBe(true)
  })

  it('drops a socket that sends too much before it identified', async () => {
    const running = await startServer()
    const client = await connect(running)
    client.socket.emit('announce', 'x'.repeat(20_000), () => undefined)
    expect(await client.closed).toMatch(/transport/)
  })

  it('replaces the older socket of the same peer, with all it announced', async () => {
    const running = await startServer()
    const peer = await TestPeer.create()
    const first = await join(running, peer)
    await first.ask('announce', announcement())
    const second = await join(running, peer)
    expect(await first.closed).toBe('replaced')
    await expect.poll(() => running.metric('ringdrop_sockets')).toBe(1)
    expect(await running.metric('ringdrop_peers')).toBe(1)
    expect(await running.metric('ringdrop_swarm_peers')).toBe(0)
    expect(await second.ask('announce', announcement())).toMatchObject({ ok: true })
    const other = await join(running)
    await other.ask('signal', other.peer.envelope(peer.id))
    expect(await running.metric('ringdrop_relays_total{result="delivered"}')).toBe(1)
  })
})

it('makes TURN credentials that coturn accepts for an hour', async () => {
  const { id } = await TestPeer.create()
  const config = testConfig({ TURN_URLS: 'turn:t', TURN_SECRET: 'hush' })
  const username = `1700003600:${id.slice(0, 16)}`
  const credential = createHmac('sha1', 'hush').update(username).digest('base64')
  expect(iceServersFor(config, id, 1_700_000_000_500)).toEqual([{ urls: ['turn:t'], username, credential }])
  expect(iceServersFor(testConfig(), id, 0)).toEqual([])
})
