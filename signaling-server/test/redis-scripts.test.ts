import { createHash } from 'node:crypto'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Script } from '../src/adapters/redis/script.ts'
import { SCRIPTS } from '../src/adapters/redis/scripts.ts'
import { infoHash } from './helpers.ts'
import { startRedis } from './redis.ts'

const HOUR_MS = 3_600_000
const MEMORY = [HOUR_MS, 100] as const
const K = 'ringdrop2:'

async function scripts() {
  const process = await startRedis()
  const redis = new Redis(process.url)
  onTestFinished(() => redis.disconnect())
  const run = (script: Script, ...args: (string | number)[]) => redis.eval(script.text, 0, ...args)
  return { redis, run }
}

const peer = (n: number) => createHash('sha256').update(String(n)).digest('hex')
/** Id, words and listing of files, as `list` takes them. */
const files = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => [
    `file${String(from + n)}`,
    ` words of ${String(from + n)} `,
    '{}',
  ]).flat()

describe('the scripts of Redis', () => {
  it('remember no more empty swarms than they may, whether peers stopped or fell silent', async () => {
    const { redis, run } = await scripts()
    const [limit, silence] = [5, 2_000]
    const memory = [HOUR_MS, limit] as const
    const [silent, leaver] = [peer(1), peer(2)]
    for (const each of [silent, leaver]) await run(SCRIPTS.claim, 'one', each, 0, HOUR_MS, ...memory)
    const announce = (from: string, share: number, event = 'started') =>
      run(SCRIPTS.announce, 'one', from, infoHash(share), event, 0, 10, silence, ...memory)
    const memos = async () => (await redis.keys(`${K}swarm:*:memo`)).length
    for (let share = 0; share < 20; share++) await announce(silent, share)
    // Swarms that somebody is in do not count.
    expect(await memos()).toBe(20)
    const isOver = async () => (await redis.keys(`${K}swarm:*`)).every((key) => key.endsWith(':memo'))
    await expect.poll(isOver, { timeout: 10_000 }).toBe(true)
    await announce(silent, 99)
    expect(await memos()).toBe(limit + 1)
    expect(await redis.zrange(`${K}peer:${silent}:swarms`, '0', '-1')).toEqual([infoHash(99)])
    for (let share = 100; share < 120; share++) {
      await announce(leaver, share)
      await announce(leaver, share, 'stopped')
    }
    expect(await memos()).toBeLessThanOrEqual(limit + 1)
    // The youngest are the ones that are kept.
    const [all, , ago] = (await run(SCRIPTS.scrape, infoHash(119))) as number[]
    expect([all, (ago ?? -1) >= 0]).toEqual([0, true])
  })

  it('take away what is left behind a part at a time, and whoever comes back meanwhile says all again', async () => {
    const { redis, run } = await scripts()
    for (let n = 0; n < 3; n++) {
      await run(SCRIPTS.claim, 'one', peer(n), 0, HOUR_MS, ...MEMORY)
      for (let at = 0; at < 600; at += 60)
        await run(
          SCRIPTS.list,
          'one',
          peer(n),
          infoHash(n),
          1e9,
          n === 0 ? '' : 'home',
          ...files(n * 1_000 + at, 60),
        )
      await redis.zadd(`${K}leases`, 1, peer(n))
    }
    const left = () => redis.hlen(`${K}dir:files`)
    let before = await left()
    expect(before).toBe(1_800)
    const gone: string[] = []
    for (let isMore = 1, calls = 0; isMore === 1; calls++) {
      const answer = (await run(SCRIPTS.reap, 500, ...MEMORY)) as [[string, string[]][], number]
      gone.push(...answer[0].map(([each]) => each))
      isMore = answer[1]
      const after = await left()
      expect(before - after).toBeLessThanOrEqual(500)
      before = after
      if (calls > 0) continue
      const half = (await redis.zrange(`${K}leases`, '0', '0'))[0]!
      expect(await run(SCRIPTS.renew, 'one', HOUR_MS, half, 0)).toEqual([[half], []])
    }
    expect(gone.toSorted()).toEqual([0, 1, 2].map(peer).toSorted())
    expect(await redis.keys('*')).toEqual([])
  })

  it('give a peer to the server with its newest socket, in whichever order the servers say what they have', async () => {
    const { redis, run } = await scripts()
    const claim = (server: string, age: number) =>
      run(SCRIPTS.claim, server, peer(1), age, HOUR_MS, ...MEMORY)
    const renew = (server: string, age: number) => run(SCRIPTS.renew, server, HOUR_MS, peer(1), age)
    expect(await claim('old', 100_000)).toEqual(['', []])
    // A renewal that comes before the claim does not take the newer one for the older.
    expect(await renew('new', 50_000)).toEqual([[peer(1)], []])
    expect(await claim('new', 50_000)).toEqual(['old', []])
    expect(await claim('old', 100_000)).toBe('refused')
    expect(await renew('old', 100_000)).toEqual([[], [peer(1)]])
    expect(await redis.hget(`${K}owners`, peer(1))).toBe('new')
    // A stand-by whose clock is behind has taken over: who comes just now is taken all the same.
    await redis.hset(`${K}since`, peer(1), Date.now() + HOUR_MS)
    expect(await claim('third', 0)).toEqual(['new', []])
    await redis.zadd(`${K}leases`, 1, peer(1))
    expect(await claim('old', 100_000)).toEqual(['', []])
    await run(SCRIPTS.release, 'old', peer(1), ...MEMORY)
    expect(await redis.keys('*')).toEqual([])
  })
})
