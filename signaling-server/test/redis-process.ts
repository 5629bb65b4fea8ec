import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
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
