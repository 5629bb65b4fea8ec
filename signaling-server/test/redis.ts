import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net'
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

/**
 * A way to Redis that can die: what runs over it then is neither passed on nor closed, as when a machine loses its power.
 * @param at its port, by which somebody may have been trying for a while
 */
export async function startWay(redis: RedisProcess, at = 0): Promise<{ url: string; die: () => void }> {
  const running = new Set<[Socket, Socket]>()
  const server = createServer((near) => {
    const far = createConnection(redis.port, '127.0.0.1')
    const pair: [Socket, Socket] = [near, far]
    running.add(pair)
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on('error', () => undefined)
      from.on('data', (bytes) => running.has(pair) && to.write(bytes))
      from.on('close', () => running.has(pair) && to.destroy())
    }
    onTestFinished(() => pair.forEach((each) => each.destroy()))
  })
  await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return { url: `redis://127.0.0.1:${String(port)}`, die: () => running.clear() }
}
