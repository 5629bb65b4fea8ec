import { createHash } from 'node:crypto'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Script } from '../src/adapters/redis/script.ts'
import { SCRIPTS } from '../src/adapters/redis/scripts.ts'
import { infoHash } from './helpers.ts'
import { startRedis } from './redis.ts'

const HOUR_MS = 3_600_000
const MEMORY = [HOUR_MS, 100] as const
const K = 'ringdrop1:'

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
  it('take away what is left behind a part at a time, and whoever comes back meanwhile says all again', async () => {
    const { redis, run } = await scripts()
    for (let n = 0; n < 3; n++) {
      await run(SCRIPTS.claim, 'one', peer(n), HOUR_MS, ...MEMORY)
      for (let at = 0; at < 600; at += 60)
        await run(SCRIPTS.list, 'one', peer(n), infoHash(n), 1e9, ...files(n * 1_000 + at, 60))
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
      expect(await run(SCRIPTS.renew, 'one', HOUR_MS, half)).toEqual([[half], []])
    }
    expect(gone.toSorted()).toEqual([0, 1, 2].map(peer).toSorted())
    expect(await redis.keys('*')).toEqual([])
  })
})
