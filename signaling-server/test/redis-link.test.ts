import { Redis } from 'ioredis'
import type { Clock } from '@ringdrop/shared/host/ports.ts'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createNodeClock } from '../src/adapters/node-clock.ts'
import { RedisLink } from '../src/adapters/redis/redis-link.ts'
import { SCRIPTS } from '../src/adapters/redis/scripts.ts'
import { join, ManualClock, startServer } from './helpers.ts'
import { startRedis, startWay } from './redis.ts'

/** A link that notes what it tells. */
function open(url: string, clock: Clock = createNodeClock()) {
  const told: string[] = []
  const link = new RedisLink(url, clock, {
    up: () => told.push('up'),
    down: () => told.push('down'),
    unreachable: (reason) => told.push(reason.replace(/ .*/s, '')),
    failed: () => undefined,
  })
  onTestFinished(() => link.close())
  link.connect()
  return { link, told }
}

/** Between two attempts to connect up to two seconds pass. */
const RETRIED = { timeout: 10_000 }

describe('the link to Redis', () => {
  it('gives up both connections when one is silent, since nothing is ever sent over the other', async () => {
    const redis = await startRedis()
    const way = await startWay(redis)
    const { link, told } = open(way.url)
    void link.subscriber.ssubscribe('wanted')
    await expect.poll(() => told).toEqual(['up'])
    way.die()
    await expect(link.run(SCRIPTS.sample, ['x', 1])).rejects.toThrow('does not answer')
    await expect.poll(() => told, RETRIED).toEqual(['up', 'down', 'up'])
    const heard = new Promise((resolve) =>
      link.subscriber.once('smessage', (_channel, text) => resolve(text)),
    )
    await redis.ask((client) => client.spublish('wanted', 'a signal'))
    expect(await heard).toBe('a signal')
  })

  it('finds out that the connection for subscriptions is dead, though nobody asks for anything', async () => {
    const redis = await startRedis()
    const way = await startWay(redis)
    const clock = new ManualClock()
    const { link, told } = open(way.url, clock)
    await expect.poll(() => told).toEqual(['up'])
    const pulse = vi.spyOn(link.subscriber, 'ping')
    clock.advance(10_000)
    await expect.poll(() => pulse.mock.settledResults.at(-1)?.type).toBe('fulfilled')
    // Answered in time: nothing is given up, and the next one is due.
    await expect.poll(() => clock.pending).toBe(1)
    clock.advance(2_000)
    expect(told).toEqual(['up'])
    way.die()
    clock.advance(10_000)
    clock.advance(2_000)
    await expect.poll(() => told, RETRIED).toEqual(['up', 'down', 'up'])
    expect(clock.pending).toBe(1)
  })

  it('says why Redis cannot be reached: once, and again when there is another reason', async () => {
    const redis = await startRedis()
    const { told } = open(redis.url)
    await expect.poll(() => told).toEqual(['up'])
    await redis.ask(async (client) => {
      await client.config('SET', 'requirepass', 'hush')
      await client.call('CLIENT', 'KILL', 'TYPE', 'normal')
    })
    await expect.poll(() => told, RETRIED).toContain('NOAUTH')
    await redis.kill()
    const refused = () => told.filter((each) => each.includes('ECONNREFUSED') || each === 'connect')
    await expect.poll(refused, RETRIED).not.toEqual([])
    const before = told.length
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(told.slice(before)).toEqual([])
    await redis.run()
    await expect.poll(() => told.at(-1), RETRIED).toBe('up')
    await redis.kill()
    await expect.poll(refused, RETRIED).toHaveLength(2)
  })

  it.each([
    ['to load scripts', '-script', '+script'],
    ['to subscribe', '-ssubscribe', '+ssubscribe'],
  ])('tries again and says why when Redis refuses %s, though the connection stays', async (_, no, yes) => {
    const redis = await startRedis()
    const allow = (rule: string) => redis.ask((client) => client.call('ACL', 'SETUSER', 'default', rule))
    await allow(no)
    const server = await startServer({ REDIS_URL: redis.url })
    const health = async () => {
      const headers = { host: new URL(server.origin).host }
      const { body } = await server.server.app.inject({ url: '/health', headers })
      return JSON.parse(body) as Record<string, unknown>
    }
    // There is something to subscribe to.
    const { peer } = await join(server)
    await expect.poll(health).toMatchObject({ status: 'degraded', redis: 'down', redisError: 'NOPERM' })
    await allow(yes)
    await expect.poll(async () => (await health())['status'], RETRIED).toBe('ok')
    expect(await health()).not.toHaveProperty('redisError')
    await expect
      .poll(() => redis.ask((client) => client.hkeys('ringdrop2:owners')), RETRIED)
      .toEqual([peer.id])
  })

  it('goes on without a Redis that became a replica, and looks for the one that has its address now', async () => {
    const redis = await startRedis()
    const { link, told } = open(redis.url)
    await expect.poll(() => told).toEqual(['up'])
    const port = () => link.publisher.stream.localPort
    const before = port()
    await redis.ask((client) => client.call('REPLICAOF', '127.0.0.1', '1'))
    await expect(link.run(SCRIPTS.claim, ['x', 'y', 1, 1, 1])).rejects.toThrow('does not answer')
    expect(told).toEqual(['up', 'READONLY', 'down'])
    expect(link.reason).toBe('READONLY')
    await expect.poll(port, RETRIED).not.toBe(before)
    await redis.ask((client) => client.call('REPLICAOF', 'NO', 'ONE'))
    await expect.poll(() => told, RETRIED).toEqual(['up', 'READONLY', 'down', 'up'])
    expect(link.reason).toBeNull()
  })

  it('goes on without a Redis that may not write, until it may', async () => {
    const redis = await startRedis()
    const { link, told } = open(redis.url)
    await expect.poll(() => told).toEqual(['up'])
    const needReplicas = (count: number) =>
      redis.ask((client) => client.config('SET', 'min-replicas-to-write', count))
    await needReplicas(1)
    await expect(link.run(SCRIPTS.claim, ['x', 'y', 1, 1, 1])).rejects.toThrow('does not answer')
    expect(told).toEqual(['up', 'NOREPLICAS', 'down'])
    await needReplicas(0)
    await expect.poll(() => told, RETRIED).toEqual(['up', 'NOREPLICAS', 'down', 'up'])
  })

  it('goes on without a Redis that somebody’s script keeps busy, until it ends', async () => {
    const redis = await startRedis()
    const { link, told } = open(redis.url)
    await expect.poll(() => told).toEqual(['up'])
    await redis.ask((client) => client.config('SET', 'busy-reply-threshold', '50'))
    const killer = new Redis(redis.url)
    onTestFinished(() => killer.disconnect())
    await killer.ping()
    const endless = redis.ask((client) => client.eval('while true do end', 0)).catch(String)
    await expect.poll(() => link.run(SCRIPTS.sample, ['x', 1]).catch(() => link.reason), RETRIED).toBe('BUSY')
    expect(told).toEqual(['up', 'BUSY', 'down'])
    await killer.script('KILL')
    expect(await endless).toContain('killed by user')
    await expect.poll(() => told, RETRIED).toEqual(['up', 'BUSY', 'down', 'up'])
  })

  it('subscribes after all when Redis refused that while all was well', async () => {
    const redis = await startRedis()
    const { link, told } = open(redis.url)
    await expect.poll(() => told).toEqual(['up'])
    const allow = (rule: string) => redis.ask((client) => client.call('ACL', 'SETUSER', 'default', rule))
    await allow('-ssubscribe')
    link.subscriber.ssubscribe('wanted').catch(() => undefined)
    await expect.poll(() => told).toEqual(['up', 'NOPERM', 'down'])
    expect(link.reason).toBe('NOPERM')
    await allow('+ssubscribe')
    await expect.poll(() => told, RETRIED).toEqual(['up', 'NOPERM', 'down', 'up'])
    expect(await redis.ask((client) => client.call('PUBSUB', 'SHARDCHANNELS'))).toEqual(['wanted'])
    expect(link.reason).toBeNull()
  })

  it('keeps nothing of peers that come and go while Redis is away, and hears of those that are there afterwards', async () => {
    const redis = await startRedis()
    const { link, told } = open(redis.url)
    const { subscriber } = link
    void subscriber.ssubscribe('early')
    await expect.poll(() => told).toEqual(['up'])
    void subscriber.ssubscribe('stays')
    void subscriber.ssubscribe('leaves')
    await redis.kill()
    await expect.poll(() => told).toContain('down')
    await expect.poll(() => subscriber.status).not.toBe('ready')
    for (let n = 0; n < 1_000; n++) {
      void subscriber.ssubscribe(`passes ${String(n)}`)
      void subscriber.sunsubscribe(`passes ${String(n)}`)
    }
    void subscriber.sunsubscribe('leaves')
    void subscriber.ssubscribe('comes')
    for (const queue of ['offlineQueue', 'commandQueue'])
      expect(Reflect.get(subscriber, queue)).toHaveLength(0)
    await redis.run()
    await expect.poll(() => told.filter((each) => each === 'up'), RETRIED).toHaveLength(2)
    const channels = await redis.ask((client: Redis) => client.call('PUBSUB', 'SHARDCHANNELS'))
    expect((channels as string[]).toSorted()).toEqual(['comes', 'early', 'stays'])
  })
})
