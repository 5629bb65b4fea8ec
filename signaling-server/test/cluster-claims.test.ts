import { expect, it } from 'vitest'
import type { Clock } from '@ringdrop/shared/host/ports.ts'
import { createNodeClock } from '../src/adapters/node-clock.ts'
import { freePort } from './free-port.ts'
import { join, startServer, TestPeer } from './helpers.ts'
import { redisState, startCluster, startRedis, startWay } from './redis.ts'

it('a peer that was on another server for a moment, while Redis was slow, keeps the socket that it came back with', async () => {
  const redis = await startRedis()
  const [here, there] = await startCluster(redis, 2, { REDIS_LEASE_SECONDS: '1' })
  if (here === undefined || there === undefined) throw new Error('unreachable')
  const first = await join(here)
  const { peer } = first
  const owner = () => redis.ask((client) => client.hget('ringdrop2:owners', peer.id))
  await expect.poll(owner).not.toBeNull()
  const before = await owner()
  redis.pause()
  const second = await join(there, peer)
  second.socket.disconnect()
  await expect.poll(() => there.metric('ringdrop_peers')).toBe(0)
  const third = await join(here, peer)
  expect(await first.closed).toBe('replaced')
  redis.resume()
  // Once each server has said what it has, the peer is where it is.
  await expect.poll(() => here.metric('ringdrop_degraded')).toBe(0)
  await expect.poll(owner, { timeout: 10_000 }).toBe(before)
  // What was sent to other servers has come.
  expect(await third.ask('sample', { numWant: 0 })).toEqual({ ok: true, peers: [] })
  await expect.poll(() => there.metric('ringdrop_peers')).toBe(0)
  expect(third.socket.connected).toBe(true)
  expect(await here.metric('ringdrop_peers')).toBe(1)
})

/** The clock of a machine that was started a day earlier: what the two say cannot be compared. */
function otherClock(): Clock {
  const clock = createNodeClock()
  const day = 86_400_000
  return {
    now: () => clock.now() + day,
    schedule: (at, callback) => clock.schedule(at - day, callback),
  }
}

it.each([
  ['the server with the old one comes back first', true],
  ['the server with the new one comes back first', false],
])(
  'of two sockets that a peer opened while Redis was away, the newer one stays: %s',
  async (_, isOldFirst) => {
    const redis = await startRedis()
    const ports = [await freePort(), await freePort()] as const
    const [before, after] = await Promise.all(
      ports.map((port, at) => {
        const env = { REDIS_URL: `redis://127.0.0.1:${String(port)}`, REDIS_LEASE_SECONDS: '1' }
        return startServer(env, at === 0 ? otherClock() : createNodeClock())
      }),
    )
    if (before === undefined || after === undefined) throw new Error('unreachable')
    const peer = await TestPeer.create()
    const old = await join(before, peer)
    // So long that no waiting of a command puts it in doubt.
    const clock = performance.now()
    await expect.poll(() => performance.now() - clock, { timeout: 5_000 }).toBeGreaterThan(1_500)
    const live = await join(after, peer)
    const order = isOldFirst ? ([0, 1] as const) : ([1, 0] as const)
    for (const at of order) {
      await startWay(redis, ports[at])
      await expect.poll(() => redisState(at === 0 ? before : after), { timeout: 10_000 }).toBe('up')
    }
    expect(await old.closed).toBe('replaced')
    await expect.poll(() => before.metric('ringdrop_peers')).toBe(0)
    // What was sent to other servers has come.
    expect(await live.ask('sample', { numWant: 0 })).toEqual({ ok: true, peers: [] })
    expect(live.socket.connected).toBe(true)
    const [owners, since] = await redis.ask((client) =>
      Promise.all([client.hlen('ringdrop2:owners'), client.hlen('ringdrop2:since')]),
    )
    expect([owners, since]).toEqual([1, 1])
  },
)
