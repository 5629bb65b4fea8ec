import { expect, onTestFinished } from 'vitest'
import { startServer, type Running } from './helpers.ts'
import { RedisProcess } from './redis-process.ts'

/** A Redis that is gone when the test ends. */
export async function startRedis(): Promise<RedisProcess> {
  const redis = await RedisProcess.start()
  onTestFinished(() => redis.close())
  return redis
}

/** What a server says of its Redis. */
export async function redisState(running: Running): Promise<string> {
  const { body } = await running.server.app.inject({
    url: '/health',
    headers: { host: new URL(running.origin).host },
  })
  return (JSON.parse(body) as { redis: string }).redis
}

/** So many servers in this process that share a Redis, all connected to it. */
export async function startCluster(
  redis: RedisProcess,
  count: number,
  env: Record<string, string> = {},
): Promise<Running[]> {
  const servers: Running[] = []
  for (let at = 0; at < count; at++) servers.push(await startServer({ REDIS_URL: redis.url, ...env }))
  for (const server of servers) await expect.poll(() => redisState(server)).toBe('up')
  return servers
}
