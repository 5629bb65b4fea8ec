import type { SignalEnvelope } from '@ringdrop/shared/wire/envelope.ts'
import type { NearbyChange } from '@ringdrop/shared/wire/nearby.ts'
import { describe, expect, it } from 'vitest'
import type { TestPeer } from './helpers.ts'
import { announcement, infoHash, join, startServer, type Client, type Running } from './helpers.ts'
import { redisState, startCluster, startRedis } from './redis.ts'
import type { RedisProcess } from './redis-process.ts'
import { ServerProcess } from './server-process.ts'

const LEASE_MS = 2_000
const SHORT = { REDIS_LEASE_SECONDS: String(LEASE_MS / 1000) }
/** Nothing may be missing for longer. */
const TWO_LEASES = { timeout: 2 * LEASE_MS, interval: 100 }

type Joined = Client & { readonly peer: TestPeer }

/** Registers with every role. */
async function register(client: Joined, name: string, share: number): Promise<void> {
  const listing = { root: 'ab'.repeat(32), infoHash: infoHash(share), name, sizeBytes: 10 }
  const add = [{ infoHash: infoHash(share), listings: [listing] }]
  const card = { name: name.slice(0, 20), kind: 'phone' }
  const answers = await Promise.all([
    client.ask('announce', announcement({ infoHash: infoHash(share) })),
    client.ask('directoryUpdate', { reset: true, add, withdraw: [] }),
    client.ask('nearby', { card }),
  ])
  for (const answer of answers) expect(answer).toMatchObject({ ok: true })
}

/** What one peer can see of another by each role. */
async function sees(client: Joined, name: string, share: number): Promise<Record<string, boolean>> {
  const search = { criteria: { by: 'words', words: [name] }, limit: 10 }
  const [scraped, found] = await Promise.all([
    client.ask('scrape', { infoHash: infoHash(share) }) as Promise<{ seeders: number }>,
    client.ask('directorySearch', search) as Promise<{ hits?: unknown[] }>,
  ])
  return { tracker: scraped.seeders > 0, directory: (found.hits ?? []).length > 0 }
}
const ALL = { tracker: true, directory: true }
const NOTHING = { tracker: false, directory: false }
/** Searches are limited to two a second. */
const eventually = (client: Joined, name: string, share: number, timeout = TWO_LEASES.timeout) =>
  expect.poll(() => sees(client, name, share), { timeout, interval: 550 })

/** A signal gets through. */
async function reaches(from: Joined, to: Joined): Promise<boolean> {
  const received = new Promise<SignalEnvelope>((resolve) => to.socket.once('signal', resolve))
  await from.ask('signal', from.peer.envelope(to.peer.id))
  return (await received).from === from.peer.id
}

function changesOf(client: Client): NearbyChange[] {
  const changes: NearbyChange[] = []
  client.socket.on('nearby', (change: NearbyChange) => changes.push(change))
  return changes
}

describe('a server that is killed', () => {
  it('takes nobody with it: peers that go elsewhere are there at once, the others are gone after a lease', async () => {
    const redis = await startRedis()
    const env = { REDIS_URL: redis.url, ...SHORT, LOG_LEVEL: 'info' }
    const [first, second] = await Promise.all([ServerProcess.start(env), ServerProcess.start(env)])
    for (const server of [first, second]) await expect.poll(() => server.output).toContain('Redis is there')
    const [mover, stayer, watcher] = [await join(first), await join(first), await join(second)]
    await register(mover, 'moving', 1)
    await register(stayer, 'staying', 2)
    const changes = changesOf(watcher)
    await register(watcher, 'watching', 3)
    expect(await sees(watcher, 'moving', 1)).toEqual(ALL)
    expect(await sees(watcher, 'staying', 2)).toEqual(ALL)
    expect(await reaches(watcher, mover)).toBe(true)

    await first.kill()
    await Promise.all([mover.closed, stayer.closed])
    const moved = await join(second, mover.peer)
    await register(moved, 'moving', 1)
    expect(await sees(watcher, 'moving', 1)).toEqual(ALL)
    expect(await reaches(watcher, moved)).toBe(true)
    await eventually(watcher, 'staying', 2).toEqual(NOTHING)
    await expect.poll(() => changes, TWO_LEASES).toContainEqual({ joined: [], left: [stayer.peer.id] })
    expect(await redis.ask((client) => client.zcard('ringdrop2:leases'))).toBe(2)
    expect(second.ended).toBeNull()
  })
})

describe('Redis', () => {
  const start = async (): Promise<{ redis: RedisProcess; servers: Running[]; a: Joined; b: Joined }> => {
    const redis = await startRedis()
    const servers = await startCluster(redis, 2, SHORT)
    const [a, b] = [await join(servers[0]!), await join(servers[1]!)]
    await register(a, 'alpha', 1)
    await register(b, 'beta', 2)
    return { redis, servers, a, b }
  }

  it('may die and come back empty: servers go on alone, then everything is there again by itself', async () => {
    const { redis, servers, a, b } = await start()
    await redis.kill()
    for (const server of servers) await expect.poll(() => redisState(server)).toBe('down')
    const { body } = await servers[0]!.server.app.inject({
      url: '/health',
      headers: { host: new URL(servers[0]!.origin).host },
    })
    expect(JSON.parse(body)).toMatchObject({ status: 'degraded', redis: 'down' })
    expect(await servers[0]!.metric('ringdrop_degraded')).toBe(1)
    // Each server serves its own peers as one without Redis does.
    const neighbour = await join(servers[0]!)
    expect(await sees(neighbour, 'alpha', 1)).toEqual(ALL)
    expect(await sees(neighbour, 'beta', 2)).toEqual(NOTHING)
    expect(await reaches(neighbour, a)).toBe(true)
    await register(neighbour, 'gamma', 3)

    await redis.run()
    await eventually(b, 'alpha', 1).toEqual(ALL)
    await eventually(b, 'gamma', 3).toEqual(ALL)
    await eventually(a, 'beta', 2).toEqual(ALL)
    expect(await reaches(a, b)).toBe(true)
    expect(await reaches(b, neighbour)).toBe(true)
    expect(await b.ask('nearby', { card: { name: 'beta', kind: 'phone' } })).toMatchObject({
      peers: expect.arrayContaining([expect.objectContaining({ peer: a.peer.id })]) as unknown,
    })
    expect(await servers[0]!.metric('ringdrop_degraded')).toBe(0)
  })

  it('may forget everything: it is told again within two leases', async () => {
    const { redis, a, b } = await start()
    await redis.ask((client) => client.flushall())
    await eventually(b, 'alpha', 1).toEqual(ALL)
    await eventually(a, 'beta', 2).toEqual(ALL)
    expect(await reaches(a, b)).toBe(true)
  })

  it('may hang: requests are answered all the same, and what changed meanwhile is right afterwards', async () => {
    const { redis, servers, a, b } = await start()
    redis.pause()
    const asked = performance.now()
    expect(await a.ask('announce', announcement({ infoHash: infoHash(1) }))).toMatchObject({ ok: true })
    expect(performance.now() - asked).toBeLessThan(3_000)
    await expect.poll(() => redisState(servers[0]!), { timeout: 5_000 }).toBe('down')
    await a.ask('announce', announcement({ infoHash: infoHash(1), event: 'stopped' }))
    await a.ask('directoryUpdate', { reset: true, add: [], withdraw: [] })
    redis.resume()
    for (const server of servers) await expect.poll(() => redisState(server), { timeout: 5_000 }).toBe('up')
    await eventually(b, 'alpha', 1).toEqual(NOTHING)
    await eventually(a, 'beta', 2).toEqual(ALL)
  })

  it('need not be there when a server starts', async () => {
    const redis = await startRedis()
    await redis.kill()
    const server = await startServer({ REDIS_URL: redis.url, ...SHORT })
    const client = await join(server)
    await register(client, 'early', 1)
    expect(await redisState(server)).toBe('down')
    await redis.run()
    const [other] = await startCluster(redis, 1, SHORT)
    await eventually(await join(other!), 'early', 1, 2 * LEASE_MS + 2_000).toEqual(ALL)
  })

  it('settles a peer that came to two servers while it was away: one socket stays', async () => {
    const { redis, servers, a, b } = await start()
    await redis.kill()
    for (const server of servers) await expect.poll(() => redisState(server)).toBe('down')
    const twin = await join(servers[1]!, a.peer)
    await register(twin, 'alpha', 1)
    await redis.run()
    const isOpen = () => [a, twin].filter(({ socket }) => socket.connected).length
    await expect.poll(isOpen, TWO_LEASES).toBe(1)
    await eventually(b, 'alpha', 1).toEqual(ALL)
    expect(await redis.ask((client) => client.zcard('ringdrop2:leases'))).toBe(2)
  })

  it('may be slow: a peer that moved and is nearby again is not taken for gone', async () => {
    const { redis, servers, a, b } = await start()
    const changes = changesOf(b)
    redis.pause()
    const moved = await join(servers[1]!, a.peer)
    const asked = moved.ask('nearby', { card: { name: 'alpha', kind: 'phone' } })
    await expect.poll(() => changes).toMatchObject([{ joined: [{ peer: a.peer.id }] }])
    redis.resume()
    expect(await asked).toMatchObject({ ok: true })
    // Of one server and in order: when this has come, so has all before it.
    await moved.ask('nearby', { card: { name: 'renamed', kind: 'phone' } })
    await expect.poll(() => changes.at(-1)).toMatchObject({ joined: [{ name: 'renamed' }] })
    expect(changes.flatMap(({ left }) => left)).toEqual([])
  })

  it('may be full: who is registered stays registered', async () => {
    const { redis, a, b } = await start()
    await redis.ask((client) => client.config('SET', 'maxmemory', '1mb'))
    await expect(redis.ask((client) => client.set('more', 'x'))).rejects.toThrow('OOM')
    await new Promise((resolve) => setTimeout(resolve, 2 * LEASE_MS))
    expect(await sees(b, 'alpha', 1)).toEqual(ALL)
    expect(await sees(a, 'beta', 2)).toEqual(ALL)
    // What it did not take is said again.
    const listing = { root: 'cd'.repeat(32), infoHash: infoHash(3), name: 'later', sizeBytes: 10 }
    const add = [{ infoHash: infoHash(3), listings: [listing] }]
    await a.ask('directoryUpdate', { reset: false, add, withdraw: [] })
    expect(await sees(b, 'later', 3)).toEqual(NOTHING)
    await redis.ask((client) => client.config('SET', 'maxmemory', '0'))
    await eventually(b, 'later', 3).toEqual({ tracker: false, directory: true })
  })

  it('has a bound on what all servers list together', async () => {
    const redis = await startRedis()
    const servers = await startCluster(redis, 2, { ...SHORT, DIRECTORY_MIB: '1' })
    const [a, b] = [await join(servers[0]!), await join(servers[1]!)]
    const name = (file: number) =>
      Array.from({ length: 32 }, (_, n) => `${String(file)}x${String(n)}`.padEnd(15, 'y')).join(' ')
    const list = (client: Joined, from: number) => {
      const listings = Array.from({ length: 35 }, (_, n) => ({
        root: (from + n).toString(16).padStart(64, '0'),
        infoHash: infoHash(1),
        name: name(from + n),
        sizeBytes: 1,
      }))
      return client.ask('directoryUpdate', {
        reset: false,
        add: [{ infoHash: infoHash(1), listings }],
        withdraw: [],
      })
    }
    for (const from of [0, 100]) expect(await list(a, from)).toMatchObject({ ok: true })
    const size = () => redis.ask((client) => client.get('ringdrop2:dir:bytes'))
    expect(Number(await size())).toBeGreaterThan(1024 * 1024)
    expect(await list(b, 200)).toEqual({ ok: false, code: 'full' })
    a.socket.disconnect()
    await expect.poll(size).toBe(null)
    expect(await list(b, 300)).toMatchObject({ ok: true })
  })

  it('keeps nothing of peers that left', async () => {
    const { redis, a, b } = await start()
    a.socket.disconnect()
    b.socket.disconnect()
    const keys = () => redis.ask((client) => client.keys('ringdrop2:*'))
    // When a seed was last there is remembered for a day.
    const kept = (key: string) => !/:memo$|:remembered$/.test(key)
    await expect.poll(async () => (await keys()).filter(kept), TWO_LEASES).toEqual([])
  })
})
