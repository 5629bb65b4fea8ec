import type { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createNodeClock } from '../src/adapters/node-clock.ts'
import { RedisLink } from '../src/adapters/redis/redis-link.ts'
import { startRedis } from './redis.ts'

/** A link that notes what it tells. */
function open(url: string) {
  const told: string[] = []
  const link = new RedisLink(url, createNodeClock(), {
    up: () => told.push('up'),
    down: () => told.push('down'),
    failed: () => undefined,
  })
  onTestFinished(() => link.close())
  link.connect()
  return { link, told }
}

describe('the link to Redis', () => {
  it('keeps nothing of peers that come and go while Redis is away, and hears of those that are there afterwards', async () => {
    const redis = await startRedis()
    const { link, told } = open(redis.url)
    const { subscriber } = link
    void subscriber.ssubscribe('early')
    await expect.poll(() => told).toEqual(['up'])
    void subscriber.ssubscribe('stays')
    void subscriber.ssubscribe('leaves')
    await redis.kill()
    await expect.poll(() => told).toEqual(['up', 'down'])
    for (let n = 0; n < 1_000; n++) {
      void subscriber.ssubscribe(`passes ${String(n)}`)
      void subscriber.sunsubscribe(`passes ${String(n)}`)
    }
    void subscriber.sunsubscribe('leaves')
    void subscriber.ssubscribe('comes')
    for (const queue of ['offlineQueue', 'commandQueue'])
      expect(Reflect.get(subscriber, queue)).toHaveLength(0)
    await redis.run()
    await expect.poll(() => told).toEqual(['up', 'down', 'up'])
    const channels = await redis.ask((client: Redis) => client.call('PUBSUB', 'SHARDCHANNELS'))
    expect((channels as string[]).toSorted()).toEqual(['comes', 'early', 'stays'])
  })
})
