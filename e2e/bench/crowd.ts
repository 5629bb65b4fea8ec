import { fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { SYSTEMS, type SystemName } from '@ringdrop/shared/node/systems.ts'
import type { TestServer } from '../fixtures/server.ts'
import {
  wordsOf,
  type CrowdAnswers,
  type CrowdFigures,
  type CrowdRequest,
  type CrowdShare,
  type Numbered,
} from './crowd-protocol.ts'
import { median, round, type Report } from './report.ts'

const FILE_BYTES = 256 * 1024
/** Peers of one process: WebRTC has few threads, but JavaScript has one. */
const PEERS_A_PROCESS = 50
/**
 * Peers of one process that come at a time. The next ones wait until those have their places: a crowd that comes all at
 * once on two cores measures how long the cores are busy, and nothing else. Our choice.
 */
const WAVE = 6
const SETTLE_MS = 90_000
/** Searches for each system, and downloads, all from different peers as far as there are so many. */
const SEARCHES = 20
const DOWNLOADS = 100
/** Searches or downloads that run at a time. */
const AT_ONCE = 10

/** One process of peers, seen from here. */
class CrowdProcess {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>()
  #nextId = 0

  constructor(
    readonly first: number,
    readonly count: number,
  ) {
    this.#child = fork(join(import.meta.dirname, 'crowd-worker.ts'), { execArgv: ['--import', 'tsx'] })
    this.#child.on('message', ({ id, body }: Numbered<never>) => {
      this.#waiting.get(id)?.resolve(body)
      this.#waiting.delete(id)
    })
    this.#child.on('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`a process of peers ended: ${String(code ?? signal)}`))
    })
  }

  ask<Type extends CrowdRequest['type']>(
    body: Extract<CrowdRequest, { type: Type }>,
  ): Promise<CrowdAnswers[Type]> {
    const id = this.#nextId++
    return new Promise<CrowdAnswers[Type]>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#child.send({ id, body })
    })
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}

/** Many production peers in a few processes, with real connections between all of them. */
class Crowd {
  readonly processes: readonly CrowdProcess[]

  constructor(readonly peers: number) {
    const processes = Math.ceil(peers / PEERS_A_PROCESS)
    const share = Math.ceil(peers / processes)
    this.processes = Array.from(
      { length: processes },
      (_, index) => new CrowdProcess(index * share, Math.min(share, peers - index * share)),
    )
  }

  of(peer: number): CrowdProcess {
    const found = this.processes.find(({ first, count }) => peer >= first && peer < first + count)
    if (found === undefined) throw new Error(`no peer ${String(peer)}`)
    return found
  }

  all<Value>(call: (process: CrowdProcess) => Promise<Value>): Promise<Value[]> {
    return Promise.all(this.processes.map(call))
  }

  async figures(): Promise<CrowdFigures> {
    const all = await this.all((process) => process.ask({ type: 'figures' }))
    const sum = (key: keyof CrowdFigures) => all.reduce((total, each) => total + each[key], 0)
    return {
      // Each link has two ends, both of which are ours.
      links: sum('links') / 2,
      constructed: sum('constructed'),
      messages: sum('messages'),
      superNodes: sum('superNodes'),
      cpuSeconds: sum('cpuSeconds'),
      rssMiB: sum('rssMiB'),
      threads: Math.max(...all.map(({ threads }) => threads)),
    }
  }
}

/** Lets all peers come, in waves. @returns how many are connected to the server. */
async function connect(crowd: Crowd, server: string): Promise<number> {
  let connected = 0
  const most = Math.max(...crowd.processes.map(({ count }) => count))
  for (let from = 0; from < most; from += WAVE) {
    const started = await crowd.all(async (each) => {
      const count = Math.min(WAVE, each.count - from)
      return count > 0
        ? each.ask({ type: 'start', server, first: each.first + from, count })
        : { connected: 0 }
    })
    connected += started.reduce((sum, each) => sum + each.connected, 0)
    await crowd.all((each) => each.ask({ type: 'settle', timeoutMs: SETTLE_MS }))
  }
  return connected
}

/** Calls for each number below `count`, some at a time. */
async function inTurns(count: number, call: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const work = async () => {
    while (next < count) await call(next++)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

/** Asks each system for files of single peers. @returns how many were found, of those that there are. */
async function searches(crowd: Crowd, shares: readonly CrowdShare[], system: SystemName) {
  const count = Math.min(SEARCHES, crowd.peers)
  const step = Math.max(1, Math.floor(crowd.peers / count))
  const costs: { isFound: boolean; messages: number; tookMs: number }[] = []
  await inTurns(count, async (index) => {
    const peer = index * step
    // About half the crowd away, so mostly in another process.
    const target = shares[(peer + Math.floor(crowd.peers / 2)) % crowd.peers]
    if (target === undefined || target.peer === peer) return
    const text = wordsOf(target.peer)
    const { found, messages, tookMs } = await crowd.of(peer).ask({ type: 'search', peer, text, system })
    costs.push({ isFound: found.includes(target.infoHash), messages, tookMs })
  })
  return {
    recall: costs.filter(({ isFound }) => isFound).length / costs.length,
    messages: median(costs.map(({ messages }) => messages)),
    milliseconds: median(costs.map(({ tookMs }) => tookMs)),
  }
}

async function downloads(crowd: Crowd, shares: readonly CrowdShare[]) {
  const count = Math.min(DOWNLOADS, crowd.peers)
  let [ok, bad] = [0, 0]
  await inTurns(count, async (index) => {
    const peer = Math.floor((index * crowd.peers) / count)
    const target = shares[(peer + Math.floor(crowd.peers / 3) + 1) % crowd.peers]
    if (target === undefined || target.peer === peer) return
    const { sha } = await crowd.of(peer).ask({ type: 'download', peer, infoHash: target.infoHash })
    if (sha === target.sha) ok++
    else if (sha !== null) bad++
  })
  return { downloads: count, downloadsOk: ok, sha256Ok: bad === 0 }
}

/** Real WebRTC peers without browsers, against a real server and each other: connect, share, search, download. */
export async function benchCrowd(server: TestServer, peers: number, report: Report): Promise<void> {
  const crowd = new Crowd(peers)
  const origin = new URL(server.url).origin
  const began = performance.now()
  let last = began
  const phase = (name: string, figures: object) => {
    const now = performance.now()
    report.row({ phase: name, seconds: round((now - last) / 1000), ...figures })
    last = now
  }
  try {
    const connected = await connect(crowd, origin)
    phase('connect', { peers, connected })
    const made = await crowd.all((each) => each.ask({ type: 'share', fileBytes: FILE_BYTES }))
    const shares = made.flatMap((each) => each.shares).sort((a, b) => a.peer - b.peer)
    phase('share', { shares: shares.length })
    const settling = await crowd.all((each) => each.ask({ type: 'settle', timeoutMs: SETTLE_MS }))
    const settled = settling.reduce((sum, each) => sum + each.settled, 0)
    phase('settle', { settled })
    const recall: Record<string, number> = {}
    for (const system of SYSTEMS) {
      const answer = await searches(crowd, shares, system)
      recall[system] = round(answer.recall)
      phase('search', { system, ...answer, milliseconds: round(answer.milliseconds) })
    }
    const fetched = await downloads(crowd, shares)
    phase('download', fetched)
    const { cpuSeconds, rssMiB, ...figures } = await crowd.figures()
    report.summary({
      peers,
      connected,
      settled,
      ...figures,
      ...fetched,
      fileBytes: FILE_BYTES,
      recall,
      processes: crowd.processes.length,
      cpuSeconds: round(cpuSeconds),
      cpuSecondsPerPeer: round(cpuSeconds / peers),
      rssMiB: round(rssMiB),
      rssMiBPerPeer: round(rssMiB / peers),
      seconds: round((performance.now() - began) / 1000),
    })
    await crowd.all((each) => each.ask({ type: 'stop' }))
  } finally {
    for (const each of crowd.processes) each.kill()
  }
}
