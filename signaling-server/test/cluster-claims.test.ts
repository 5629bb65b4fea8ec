import { expect, it } from 'vitest'
import { join } from './helpers.ts'
import { startCluster, startRedis } from './redis.ts'

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
