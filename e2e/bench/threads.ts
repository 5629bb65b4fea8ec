import { readdirSync, readFileSync } from 'node:fs'
import { processTree, readStat } from '../fixtures/processes.ts'

/** Kernel clock ticks a second; Linux has reported 100 to user space for decades. */
export const TICKS = 100

/** What a kind of threads has cost so far: clock ticks in user space and in the kernel, page faults, and times it was put to sleep or woken. */
export interface ThreadCost {
  readonly user: number
  readonly kernel: number
  readonly faults: number
  readonly switches: number
}

export const NO_COST: ThreadCost = { user: 0, kernel: 0, faults: 0, switches: 0 }

const combine = (a: ThreadCost, b: ThreadCost, sign: 1 | -1): ThreadCost => ({
  user: a.user + sign * b.user,
  kernel: a.kernel + sign * b.kernel,
  faults: a.faults + sign * b.faults,
  switches: a.switches + sign * b.switches,
})

/** `renderer/Chrome_IOThread`: the kind of process, with the service where it is one, and the thread's name without a number. */
function kindOf(pid: string, threadName: string): string {
  const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  const type = /--type=([a-z-]+)/.exec(command)?.[1] ?? 'browser'
  const service = /--utility-sub-type=([a-z]+)/.exec(command)?.[1]
  return `${service ?? type}/${threadName.replace(/[\d/:-]+$/, '')}`
}

/** One thread's cost, and its kind. Throws when it ended. */
function readThread(pid: string, thread: string): { kind: string; cost: ThreadCost } {
  const { name, fields } = readStat(`/proc/${pid}/task/${thread}/stat`)
  const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8')
  const switches = [...status.matchAll(/ctxt_switches:\s+(\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0)
  const cost = { user: fields[11] ?? 0, kernel: fields[12] ?? 0, faults: fields[7] ?? 0, switches }
  return { kind: kindOf(pid, name), cost }
}

/** The costs so far of all threads below a process, by kind. Linux alone. */
export function threadCosts(root: number): Map<string, ThreadCost> {
  const costs = new Map<string, ThreadCost>()
  for (const pid of processTree(root).keys())
    try {
      for (const thread of readdirSync(`/proc/${String(pid)}/task`)) {
        const { kind, cost } = readThread(String(pid), thread)
        costs.set(kind, combine(costs.get(kind) ?? NO_COST, cost, 1))
      }
    } catch {
      // The process, or the thread, ended while we looked.
    }
  return costs
}

/** What came on top between two looks; a thread that ended in between counts for less. */
export function costsSince(
  before: ReadonlyMap<string, ThreadCost>,
  after: ReadonlyMap<string, ThreadCost>,
): Map<string, ThreadCost> {
  return new Map([...after].map(([kind, cost]) => [kind, combine(cost, before.get(kind) ?? NO_COST, -1)]))
}
