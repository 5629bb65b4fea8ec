import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { killAndWait } from './child-process.ts'
import { freePort } from './free-port.ts'

const ROOT = join(import.meta.dirname, '..')
const LOADED = ['--expose-gc', '--import', 'tsx', '--import', './test/collect-garbage.mjs']
const COLLECTED = /heap after collection: (\d+) bytes/g

/** The real server as a process of its own, from the sources, so that it can be killed; gone when the test ends. */
export class ServerProcess {
  readonly #process: ChildProcess
  /** Everything that it wrote. */
  output = ''

  private constructor(
    readonly port: number,
    env: Record<string, string>,
  ) {
    const settings = { HOST: '127.0.0.1', LOG_LEVEL: 'warn', ...env, PORT: String(port) }
    this.#process = spawn(process.execPath, [...LOADED, 'src/main.ts'], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  /** Returns when it listens. */
  static async start(env: Record<string, string> = {}): Promise<ServerProcess> {
    const server = new ServerProcess(await freePort(), env)
    onTestFinished(() => server.kill())
    await server.#listening()
    return server
  }

  get origin(): string {
    return `http://127.0.0.1:${String(this.port)}`
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  /** `null` while it runs. */
  get ended(): number | string | null {
    return this.#process.exitCode ?? this.#process.signalCode
  }

  /** What its heap holds when everything that nobody needs is gone, in bytes. */
  async heapBytes(): Promise<number> {
    const sizes = (): string[] => [...this.output.matchAll(COLLECTED)].map(([, size = '0']) => size)
    const before = sizes().length
    this.#process.kill('SIGWINCH')
    await expect.poll(() => sizes().length, { timeout: 10_000 }).toBeGreaterThan(before)
    return Number(sizes().at(-1))
  }

  /** As a crash would end it. */
  kill(): Promise<void> {
    return killAndWait(this.#process)
  }

  #listening(): Promise<void> {
    return new Promise((resolve, reject) => {
      const read = (text: string): void => {
        this.output += text
        if (this.output.includes('Open one of')) resolve()
      }
      this.#process.stdout?.setEncoding('utf8').on('data', read)
      this.#process.stderr?.setEncoding('utf8').on('data', read)
      this.#process.once('exit', () => reject(new Error(`the server ended: ${this.output}`)))
    })
  }
}
