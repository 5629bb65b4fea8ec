import { createConnection } from 'node:net'
import type { SignalEnvelope } from '@ringdrop/shared/wire/envelope.ts'
import { describe, expect, it } from 'vitest'
import {
  announcement,
  connect,
  handshake,
  infoHash,
  join,
  ManualClock,
  startServer,
  TestPeer,
} from './helpers.ts'

describe('handshake', () => {
  it.each([
    ['own origin and host', 'http://localhost:PORT', 'localhost:PORT', 101],
    ['another own name', 'http://127.0.0.1:PORT', 'localhost:PORT', 101],
    ['public origin', 'https://drop.example', 'drop.example', 101],
    ['no origin', undefined, 'localhost:PORT', 403],
    ['opaque origin', 'null', 'localhost:PORT', 403],
    ['foreign origin', 'https://evil.example', 'localhost:PORT', 403],
    ['other port', 'http://localhost:1', 'localhost:PORT', 403],
    ['other scheme', 'https://localhost:PORT', 'localhost:PORT', 403],
    ['look-alike', 'http://localhost:PORT.evil.example', 'localhost:PORT', 403],
    ['public origin over http', 'http://drop.example', 'drop.example', 403],
    ['rebound host', 'http://localhost:PORT', 'evil.example:PORT', 403],
    ['rebound host and origin', 'http://evil.example:PORT', 'evil.example:PORT', 403],
  ])('%s', async (_what, origin, host, status) => {
    const running = await startServer({ PUBLIC_ORIGIN: 'https://drop.example' })
    const fill = (text: string) => text.replace('PORT', String(running.port))
    const headers = { host: fill(host), ...(origin === undefined ? {} : { origin: fill(origin) }) }
    expect(await handshake(running.port, headers)).toBe(status)
  })

  it('is refused for a session that is there already, which would get past all of this', async () => {
    const running = await startServer({ MAX_SOCKETS: '1' })
    const { socket } = await connect(running)
    const sid = (socket.io.engine as unknown as { id: string }).id
    const headers = { host: 'evil.example', origin: 'https://evil.example' }
    for (const query of [`&sid=${sid}`, `&sid=x&sid=${sid}`, `&s%69d=${sid}`, '&sid='])
      expect(await handshake(running.port, headers, query)).toBe(400)
    const url = `${running.origin}/socket.io/?EIO=4&transport=websocket&sid=${sid}`
    expect((await fetch(url, { headers })).status).toBe(400)
    expect(socket.connected).toBe(true)
  })

  it('counts what it refused', async () => {
    const running = await startServer()
    await handshake(running.port, { host: new URL(running.origin).host })
    expect(await running.metric('ringdrop_connections_refused_total{reason="noOrigin"}')).toBe(1)
  })

  it.each([
    ['MAX_SOCKETS', 503],
    ['MAX_SOCKETS_PER_ADDRESS', 429],
  ])('holds %s and frees what is closed', async (name, status) => {
    const running = await startServer({ [name]: '2' })
    const headers = { host: new URL(running.origin).host, origin: running.origin }
    const [first] = [await connect(running), await connect(running)]
    expect(await handshake(running.port, headers)).toBe(status)
    first.socket.disconnect()
    await expect.poll(() => running.metric('ringdrop_sockets')).toBe(1)
    expect(await handshake(running.port, headers)).toBe(101)
  })

  it('holds the connects of an address, told apart behind a trusted proxy', async () => {
    const env = { MAX_CONNECTS_PER_ADDRESS: '2', TRUST_PROXY: '127.0.0.1' }
    const running = await startServer(env, new ManualClock())
    const base = { host: new URL(running.origin).host, origin: running.origin }
    const from = (address: string) => handshake(running.port, { ...base, 'x-forwarded-for': address })
    expect([await from('1.1.1.1'), await from('1.1.1.1'), await from('1.1.1.1')]).toEqual([101, 101, 429])
    expect(await from('2.2.2.2')).toBe(101)
  })
})

describe('tracker', () => {
  it('introduces two sockets to each other and forgets the one that leaves', async () => {
    const running = await startServer()
    const [seed, leecher] = [await join(running), await join(running)]
    expect(await seed.ask('announce', announcement())).toMatchObject({
      ok: true,
      seeders: 1,
      leechers: 0,
      peers: [],
    })
    expect(await leecher.ask('announce', announcement({ left: 9 }))).toMatchObject({
      seeders: 1,
      leechers: 1,
      peers: [seed.peer.id],
      seedSeenAgoMs: 0,
    })
    seed.socket.disconnect()
    const seeders = async () =>
      ((await leecher.ask('scrape', { infoHash: infoHash(1) })) as { seeders: number }).seeders
    await expect.poll(seeders).toBe(0)
    const scraped = await leecher.ask('scrape', { infoHash: infoHash(1) })
    expect(scraped).toEqual({
      ok: true,
      seeders: 0,
      leechers: 1,
      completed: 0,
      seedSeenAgoMs: expect.any(Number) as number,
    })
    expect(await running.metric('ringdrop_announces_total{event="started"}')).toBe(2)
  })

  it('is refused where the role is off', async () => {
    const running = await startServer({ ROLES: '' })
    const client = await join(running)
    expect(await client.ask('announce', announcement())).toEqual({ ok: false, code: 'roleOff' })
    expect(await client.ask('scrape', { infoHash: infoHash(1) })).toEqual({ ok: false, code: 'roleOff' })
    const other = await join(running)
    expect(await client.ask('signal', client.peer.envelope(other.peer.id))).toEqual({ ok: true })
  })

  it.each([
    ['numWant of 51', { numWant: 51 }],
    ['negative left', { left: -1 }],
    ['fraction', { left: 0.5 }],
    ['unknown event', { event: 'paused' }],
    ['short infohash', { infoHash: 'ab' }],
    ['upper case infohash', { infoHash: 'AB'.repeat(32) }],
    ['unknown field', { peerId: 'me' }],
    ['own __proto__', JSON.parse('{"__proto__": {"ok": true}}') as object],
    ['number beyond 2^53', { left: 2 ** 53 }],
  ])('refuses an announce with %s', async (_what, change) => {
    const client = await join(await startServer())
    const request = Object.defineProperties({ ...announcement() }, Object.getOwnPropertyDescriptors(change))
    expect(await client.ask('announce', request)).toEqual({ ok: false, code: 'badRequest' })
    expect(({} as { ok?: boolean }).ok).toBeUndefined()
  })
})

describe('signal', () => {
  it('reaches its target unchanged, and says the same when there is none', async () => {
    const running = await startServer()
    const [a, b] = [await join(running), await join(running)]
    const received = new Promise<SignalEnvelope>((resolve) => b.socket.once('signal', resolve))
    const envelope = a.peer.envelope(b.peer.id, { payload: '{"sdp":"\\u2028"}' })
    const online = await a.ask('signal', envelope)
    expect(await received).toEqual(envelope)
    const offline = await a.ask('signal', a.peer.envelope((await TestPeer.create()).id))
    expect(online).toEqual({ ok: true })
    expect(offline).toEqual(online)
    expect(await running.metric('ringdrop_relays_total{result="offline"}')).toBe(1)
  })

  it.each([
    ['a forged sender', (a: TestPeer, b: TestPeer) => b.envelope(a.id)],
    ['a route', (a: TestPeer, b: TestPeer) => a.envelope(b.id, { route: [a.id] })],
    ['a long payload', (a: TestPeer, b: TestPeer) => a.envelope(b.id, { payload: 'x'.repeat(8000) })],
    [
      'a payload long in UTF-8',
      (a: TestPeer, b: TestPeer) => a.envelope(b.id, { payload: '\u20ac'.repeat(4000) }),
    ],
    ['an unknown kind', (a: TestPeer, b: TestPeer) => ({ ...a.envelope(b.id), kind: 'hello' })],
    ['an unknown field', (a: TestPeer, b: TestPeer) => ({ ...a.envelope(b.id), ttl: 3 })],
    ['no target', (a: TestPeer) => ({ ...a.envelope(a.id), to: undefined })],
    ['a list', (a: TestPeer, b: TestPeer) => [a.envelope(b.id)]],
  ])('is refused with %s', async (_what, forge) => {
    const running = await startServer()
    const [a, b] = [await join(running), await join(running)]
    expect(await a.ask('signal', forge(a.peer, b.peer))).toEqual({ ok: false, code: 'badRequest' })
    expect(await running.metric('ringdrop_relays_total{result="delivered"}')).toBe(0)
  })
})

describe('garbage', () => {
  it('of all shapes is refused and the server lives on', async () => {
    const running = await startServer()
    const client = await join(running)
    const bad = { ok: false, code: 'badRequest' }
    for (const event of ['error', '__proto__', 'constructor', 'hasOwnProperty', 'nonsense', 'announceX']) {
      expect(await client.ask(event, {})).toEqual(bad)
    }
    for (const event of ['announce', 'scrape', 'signal']) {
      for (const payload of [null, 0, '', true, [], {}, 'x'.repeat(1000), { toString: 1 }]) {
        expect(await client.ask(event, payload)).toEqual(bad)
      }
      expect(await client.ask(event)).toEqual(bad)
      expect(await client.ask(event, announcement(), 2, 3)).toEqual(bad)
      client.socket.emit(event)
      client.socket.emit(event, announcement())
      client.socket.emit(event, announcement(), 'no function')
    }
    expect(await client.ask('announce', announcement())).toMatchObject({ ok: true })
    expect(await running.metric('ringdrop_refusals_total{event="unknown",code="badRequest"}')).toBe(6)
    expect(await running.metric('ringdrop_swarm_peers')).toBe(1)
  })

  it.each([
    [
      'binary',
      (send: (raw: string | Buffer) => void) => {
        send('451-["announce",{"_placeholder":true,"num":0}]')
        send(Buffer.alloc(10))
      },
    ],
    [
      'too many attachments',
      (send: (raw: string | Buffer) => void) => {
        send('499999-["a"]')
      },
    ],
    [
      'no JSON',
      (send: (raw: string | Buffer) => void) => {
        send('2{{{')
      },
    ],
    [
      'a reserved event',
      (send: (raw: string | Buffer) => void) => {
        send('2["disconnect"]')
      },
    ],
    [
      'deep JSON',
      (send: (raw: string | Buffer) => void) => {
        send(`2["a",${'['.repeat(9000)}`)
      },
    ],
    [
      'over 64 KiB',
      (send: (raw: string | Buffer) => void) => {
        send(`2["announce","${'x'.repeat(70_000)}"]`)
      },
    ],
    [
      'leaving the namespace',
      (send: (raw: string | Buffer) => void) => {
        send('1')
      },
    ],
  ])('in the protocol (%s) closes that socket only', async (_what, act) => {
    const running = await startServer()
    const [bad, good] = [await join(running), await join(running)]
    act((raw) => {
      bad.socket.io.engine.write(raw as string)
    })
    // The client sees the connection go, whatever it makes of it.
    await bad.closed
    await expect.poll(() => running.metric('ringdrop_sockets')).toBe(1)
    expect(await good.ask('announce', announcement())).toMatchObject({ ok: true })
  })

  it('in an acknowledgement or namespace is ignored', async () => {
    const running = await startServer()
    const client = await join(running)
    for (const raw of ['3999["x"]', '2["announce",1,{"a":[]}]', '277["scrape",{"infoHash":[]}]']) {
      client.socket.io.engine.write(raw)
    }
    expect(await client.ask('announce', announcement())).toMatchObject({ ok: true })
  })
})

describe('rate limits', () => {
  it('refuse the 101st announce of a moment, and 20 a second are let in again', async () => {
    const clock = new ManualClock()
    const running = await startServer({}, clock)
    const client = await join(running)
    const burst = await Promise.all(Array.from({ length: 101 }, () => client.ask('announce', announcement())))
    expect(burst.filter((response) => (response as { ok: boolean }).ok)).toHaveLength(100)
    expect(burst.at(-1)).toEqual({ ok: false, code: 'rateLimited' })
    clock.advance(1000)
    const later = await Promise.all(
      Array.from({ length: 21 }, () => client.ask('scrape', { infoHash: infoHash(1) })),
    )
    expect(later.filter((response) => (response as { ok: boolean }).ok)).toHaveLength(20)
  })

  it('refuse the 201st signal of a moment, and disconnect who goes on', async () => {
    const running = await startServer({}, new ManualClock())
    const [a, b] = [await join(running), await join(running)]
    const envelope = a.peer.envelope(b.peer.id)
    const burst = await Promise.all(Array.from({ length: 201 }, () => a.ask('signal', envelope)))
    expect(burst.filter((response) => (response as { ok: boolean }).ok)).toHaveLength(200)
    for (let n = 0; n < 200; n++) a.socket.emit('signal', envelope, () => undefined)
    expect(await a.closed).toBe('tooManyRefusals')
    expect(await b.ask('announce', announcement())).toMatchObject({ ok: true })
  })
})

describe('shutdown', () => {
  it('tells the peers, closes their sockets and lets nobody in', async () => {
    const running = await startServer()
    const client = await join(running)
    const startedAt = performance.now()
    await running.server.app.close()
    expect(performance.now() - startedAt).toBeLessThan(3000)
    expect(await client.closed).toBe('shuttingDown')
    await expect(handshake(running.port, {})).rejects.toThrow()
  })

  it('does not wait for those who never say goodbye', async () => {
    const running = await startServer()
    const tcp = createConnection(running.port, '127.0.0.1')
    const gone = new Promise((resolve) => tcp.once('close', resolve))
    const head = [
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
      `Host: 127.0.0.1:${String(running.port)}`,
      `Origin: ${running.origin}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ]
    tcp.write(`${head.join('\r\n')}\r\n\r\n`)
    await new Promise((resolve) => tcp.once('data', resolve))
    const startedAt = performance.now()
    await running.server.app.close()
    expect(performance.now() - startedAt).toBeLessThan(3000)
    tcp.destroy()
    await gone
  })
})
