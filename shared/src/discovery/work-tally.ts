import { BoundedMap } from '../kernel/bounded.ts'
import type { Nonce } from '../kernel/ids.ts'
import type { SearchStep } from './overlay.ts'
import { STEPS_PER_REPORT, type WorkReport } from './search-format.ts'

interface Pending {
  messages: number
  bytes: number
  readonly steps: SearchStep[]
  /** When it leaves; `Infinity`: nothing to tell. */
  flushAt: number
  /** Steps passed on so far. */
  passed: number
}

/** A report counts for no more than this, so that one liar can't make a search look endless. */
const MESSAGES_PER_REPORT = 10_000
const BYTES_PER_REPORT = 10_000_000
/** Searches whose work is gathered at one time; our choice. */
const SEARCHES = 128

/**
 * Gathers what was done for searches, our own work and what others report, and says when and what to pass on
 * towards the searcher. Sums are complete; steps, which are only drawn, are bounded.
 */
export class WorkTally {
  readonly #pending = new BoundedMap<Nonce, Pending>(SEARCHES)

  constructor(
    readonly everyMs: number,
    readonly maxSteps: number,
  ) {}

  wakeAt(): number {
    let earliest = Infinity
    for (const { flushAt } of this.#pending.values()) earliest = Math.min(earliest, flushAt)
    return earliest
  }

  /** Messages that we sent ourselves. */
  sent(guid: Nonce, messages: number, bytes: number, now: number): void {
    const pending = this.#of(guid, now)
    pending.messages += messages
    pending.bytes += bytes
  }

  step(guid: Nonce, step: SearchStep, now: number): void {
    const pending = this.#of(guid, now)
    if (pending.passed + pending.steps.length < this.maxSteps) pending.steps.push(step)
  }

  /** What another reports for itself and those behind it. */
  reported(report: WorkReport, now: number): void {
    this.sent(
      report.guid,
      Math.min(report.messages, MESSAGES_PER_REPORT),
      Math.min(report.bytes, BYTES_PER_REPORT),
      now,
    )
    for (const step of report.steps) this.step(report.guid, step, now)
  }

  forget(guid: Nonce): void {
    this.#pending.delete(guid)
  }

  /** Reports that are due. */
  due(now: number): WorkReport[] {
    const reports: WorkReport[] = []
    for (const [guid, pending] of this.#pending.entries()) {
      if (pending.flushAt > now) continue
      do {
        const steps = pending.steps.splice(0, STEPS_PER_REPORT)
        reports.push({ guid, messages: pending.messages, bytes: pending.bytes, steps })
        pending.passed += steps.length
        pending.messages = 0
        pending.bytes = 0
      } while (pending.steps.length > 0)
      pending.flushAt = Infinity
    }
    return reports
  }

  #of(guid: Nonce, now: number): Pending {
    const known = this.#pending.get(guid)
    if (known !== undefined) {
      if (known.flushAt === Infinity) known.flushAt = now + this.everyMs
      return known
    }
    const fresh: Pending = { messages: 0, bytes: 0, steps: [], flushAt: now + this.everyMs, passed: 0 }
    this.#pending.set(guid, fresh)
    return fresh
  }
}
