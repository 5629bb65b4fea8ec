import type { RingWorld } from '../scenarios/chord-world.ts'
import { check } from './checker.ts'
import { ringFaults, type RingRule } from './ring-invariants.ts'
import { RingJobs } from './ring-jobs.ts'

/** A rule that no moment may break. */
const ALWAYS: RingRule = 'orderedLists'
/**
 * Rules that many deaths at once break until they are noticed and mended, and how long that may take. Two rings
 * may last longer: as long as a partition.
 */
const SOON: readonly RingRule[] = ['liveEntry', 'atLeastOneRing', 'connectedAppendages']
const SOON_MS = 60_000

/** Looks at a ring again and again while a scenario runs, and throws when it is broken beyond repair. */
export class RingWatch {
  /** Looks in all, and those at which each of the other rules was broken. */
  looks = 0
  readonly broken = new Map<RingRule, number>()
  readonly #ring: RingWorld
  readonly #jobs: RingJobs
  readonly #brokenSince = new Map<RingRule, number>()
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
    this.#brokenSince.clear()
  }

  inspect(): void {
    if (this.#isPaused) return
    this.#jobs.inspect()
    this.looks++
    const faults = ringFaults(this.#ring)
    const now = this.#ring.world.now
    const rules = new Set(faults.map(({ rule }) => rule))
    check(!rules.has(ALWAYS), () => faults.map(({ what }) => what).join('; '))
    for (const rule of this.#brokenSince.keys()) if (!rules.has(rule)) this.#brokenSince.delete(rule)
    for (const rule of rules) {
      this.broken.set(rule, (this.broken.get(rule) ?? 0) + 1)
      const since = this.#brokenSince.get(rule) ?? now
      this.#brokenSince.set(rule, since)
      check(
        !SOON.includes(rule) || now - since <= SOON_MS,
        () => `${rule} broken since ${String(now - since)} ms`,
      )
    }
  }

  /** Share of the looks at which some rule was broken for a while. */
  get brokenShare(): number {
    return Math.max(0, ...this.broken.values()) / Math.max(1, this.looks)
  }
}
