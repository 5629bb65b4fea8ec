import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { killAndWait, untilItSays } from './child-process.ts'
import { freePort } from './free-port.ts'

/** Debian's. */
const PROGRAM = '/usr/bin/redis-server'

/** A real Redis on a port of its own, that keeps nothing. */
export class RedisProcess {
  #process: ChildProcess | null = null

  private constructor(
    readonly port: number,
    readonly folder: string,
  ) {}

  /** Returns when it takes connections. */
  static async start(): Promise<RedisProcess> {
    const redis = new RedisProcess(await freePort(), await mkdtemp(join(tmpdir(), 'ringdrop-redis-')))
    await redis.run()
    return redis
  }

  /** 0 while it does not run. */
  get pid(): number {
    return this.#process?.pid ?? 0
  }

  get url(): string {
    return `redis://127.0.0.1:${String(this.port)}`
  }

  /** Starts it, empty, and returns when it takes connections. */
  async run(): Promise<void> {
    const args = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder]
    const running = spawn(PROGRAM, [...args, '--save', '', '--appendonly', 'no'], { stdio: 'pipe' })
    this.#process = running
    await untilItSays(running, running.stdout, 'Ready to accept connections')
  }

  /** As a crash would end it. */
  async kill(): Promise<void> {
    const running = this.#process
    this.#process = null
    await killAndWait(running)
  }

  /** Ends it, and leaves nothing behind. */
  async close(): Promise<void> {
    await this.kill()
    await rm(this.folder, { recursive: true })
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
