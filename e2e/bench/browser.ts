import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from '@playwright/test'
import { processTree } from '../fixtures/processes.ts'
import { CHROMIUM } from '../playwright.config.ts'
import { TICKS, threadCosts, type ThreadCost } from './threads.ts'

/** A browser that uses less than this many cores for a second has done with opening its pages. Our choice. */
const REST_CORES = 0.3
/** It is not waited for longer than this. */
const REST_WITHIN_MS = 20_000

/** A Chromium process with a profile on disk. */
export interface StartedChromium {
  readonly process: ChildProcess
  /** Where its DevTools protocol listens. */
  readonly endpoint: string
  readonly profile: string
}

/** Starts Chromium by hand: launchers add switches that keep background tabs awake. */
export async function startChromium(): Promise<StartedChromium> {
  const profile = mkdtempSync(join(tmpdir(), 'ringdrop-bench-'))
  const args = ['--headless=new', '--remote-debugging-port=0', `--user-data-dir=${profile}`, ...CHROMIUM.args]
  const child = spawn(CHROMIUM.executablePath, [...args, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const endpoint = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.stderr.on('data', (data: Buffer) => {
      text += data.toString()
      const match = /DevTools listening on (ws:\S+)/.exec(text)
      if (match?.[1] !== undefined) resolve(match[1])
    })
    child.on('exit', () => reject(new Error(`Chromium did not start: ${text}`)))
  })
  return { process: child, endpoint, profile }
}

/** Ends the process, unless it ends by itself soon after it was asked to, and deletes its profile. */
export async function stopChromium({ process, profile }: StartedChromium, graceMs = 0): Promise<void> {
  if (process.exitCode === null && process.signalCode === null) {
    const gone = new Promise((resolve) => process.once('exit', resolve))
    const kill = setTimeout(() => process.kill('SIGKILL'), graceMs)
    await gone
    clearTimeout(kill)
  }
  // Its helper processes may still be writing for a moment.
  await rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
}

/** A Chromium of its own with a profile on disk, so that storage and CPU time are those of a real user. */
export class BenchBrowser {
  private constructor(
    readonly browser: Browser,
    readonly started: StartedChromium,
  ) {}

  static async launch(): Promise<BenchBrowser> {
    const started = await startChromium()
    return new BenchBrowser(await chromium.connectOverCDP(started.endpoint), started)
  }

  /** A page in a profile of its own (in memory), or in the profile on disk. */
  async open(url: string, where: 'disk' | 'memory' = 'disk'): Promise<Page> {
    const onDisk = this.browser.contexts()[0]
    const context = where === 'disk' && onDisk !== undefined ? onDisk : await this.browser.newContext()
    const page = await context.newPage()
    // tsx marks functions with a helper that pages do not have.
    await page.addInitScript('globalThis.__name = (each) => each')
    await page.goto(url)
    await page.waitForFunction(() => 'makeEngine' in globalThis)
    return page
  }

  /** CPU seconds that all processes of this browser have used so far. */
  cpuSeconds(): number {
    let ticks = 0
    for (const { ticks: own } of this.#processes().values()) ticks += own
    return ticks / TICKS
  }

  /**
   * Waits until it has done with opening its pages: the pages that the browser builds for itself and the app's storing of
   * itself go on for seconds, and would be taken for a part of what is measured next.
   */
  async untilRest(): Promise<void> {
    const lookMs = 250
    const used = [this.cpuSeconds()]
    for (const end = performance.now() + REST_WITHIN_MS; performance.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, lookMs))
      const now = this.cpuSeconds()
      used.push(now)
      const aSecondAgo = used.at(-1 - 1000 / lookMs)
      if (aSecondAgo !== undefined && now - aSecondAgo < REST_CORES) return
    }
  }

  /** What the threads of this browser have cost so far, by kind. */
  threads(): Map<string, ThreadCost> {
    return threadCosts(this.started.process.pid ?? -1)
  }

  /** Memory of all processes of this browser, what they share counted once, in bytes. */
  memoryBytes(): number {
    let kib = 0
    for (const pid of this.#processes().keys()) {
      try {
        kib += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${String(pid)}/smaps_rollup`, 'utf8'))?.[1])
      } catch {
        // The process ended while we looked.
      }
    }
    return kib * 1024
  }

  #processes(): ReturnType<typeof processTree> {
    return processTree(this.started.process.pid ?? -1)
  }

  async close(): Promise<void> {
    await this.browser.close()
    await stopChromium(this.started)
  }
}
