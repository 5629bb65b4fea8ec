import type { RingWorld } from '../scenarios/chord-world.ts'
import { check } from './checker.ts'
import { ringFaults, type RingRule } from './ring-invariants.ts'
import { RingJobs } from './ring-jobs.ts'

/**
 * Rules that no moment may break. The others are broken for the time that it takes to notice deaths: what
 * matters of those is how long, and that they hold in the end.
 */
const ALWAYS: readonly RingRule[] = ['orderedLists', 'atLeastOneRing']

/** Looks at a ring again and again while a scenario runs, and throws when it is broken beyond repair. */
export class RingWatch {
  /** Looks in all, and those at which each of the other rules was broken. */
  looks = 0
  readonly broken = new Map<RingRule, number>()
  readonly #ring: RingWorld
  readonly #jobs: RingJobs
  #isPaused = false

  constructor(ring: RingWorld) {
    this.#ring = ring
    this.#jobs = new RingJobs(ring)
  }

  /** Maintenance stands still on purpose: nothing can be expected of it. */
  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#jobs.forgive()
  }

  inspect(): void {
    if (this.#isPaused) return
    this.#jobs.inspect()
    this.looks++
    const faults = ringFaults(this.#ring)
    const fatal = faults.find(({ rule }) => ALWAYS.includes(rule))
    check(fatal === undefined, () => `${fatal?.rule ?? ''}: ${fatal?.what ?? ''}`)
    for (const rule of new Set(faults.map((fault) => fault.rule)))
      this.broken.set(rule, (this.broken.get(rule) ?? 0) + 1)
  }

  /** Share of the looks at which some rule was broken for a while. */
  get brokenShare(): number {
    return Math.max(0, ...this.broken.values()) / Math.max(1, this.looks)
  }
}
