import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { expect, onTestFinished } from 'vitest'
import { startServer, type Running } from './helpers.ts'

/** Debian's. */
const PROGRAM = '/usr/bin/redis-server'

/** A port of loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** A real Redis on a port of its own, gone when the test ends. */
export class TestRedis {
  #process: ChildProcess | null = null

  private constructor(
    readonly port: number,
    readonly folder: string,
  ) {}

  static async start(): Promise<TestRedis> {
    const redis = new TestRedis(await freePort(), await mkdtemp(join(tmpdir(), 'ringdrop-redis-')))
    onTestFinished(async () => {
      await redis.kill()
      await rm(redis.folder, { recursive: true })
    })
    await redis.run()
    return redis
  }

  get url(): string {
    return `redis://127.0.0.1:${String(this.port)}`
  }

  /** Starts it, empty, and returns when it takes connections. */
  async run(): Promise<void> {
    const args = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder]
    const running = spawn(PROGRAM, [...args, '--save', '', '--appendonly', 'no'], { stdio: 'pipe' })
    this.#process = running
    let output = ''
    await new Promise<void>((resolve, reject) => {
      running.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text
        if (output.includes('Ready to accept connections')) resolve()
      })
      running.once('error', reject)
      running.once('exit', () => reject(new Error(`${PROGRAM} ended: ${output}`)))
    })
  }

  /** As a crash would end it. */
  async kill(): Promise<void> {
    const running = this.#process
    this.#process = null
    if (running === null || running.exitCode !== null) return
    const gone = new Promise((resolve) => running.once('exit', resolve))
    running.kill('SIGKILL')
    await gone
  }

  /** It keeps its connections and answers nothing, as a machine that swaps would. */
  pause(): void {
    this.#process?.kill('SIGSTOP')
  }

  resume(): void {
    this.#process?.kill('SIGCONT')
  }

  /** One command by a connection of its own. */
  async ask<Answer>(act: (redis: Redis) => Promise<Answer>): Promise<Answer> {
    const client = new Redis(this.url, { lazyConnect: true })
    try {
      await client.connect()
      return await act(client)
    } finally {
      client.disconnect()
    }
  }
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
  redis: TestRedis,
  count: number,
  env: Record<string, string> = {},
): Promise<Running[]> {
  const servers: Running[] = []
  for (let at = 0; at < count; at++) servers.push(await startServer({ REDIS_URL: redis.url, ...env }))
  for (const server of servers) await expect.poll(() => redisState(server)).toBe('up')
  return servers
}
