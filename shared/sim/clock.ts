import { EventQueue } from './event-queue.ts'

/** Virtual time: it stands still while anything runs and jumps from event to event. Milliseconds. */
export class VirtualClock {
  readonly #queue = new EventQueue()
  #now: number

  constructor(startAt: number) {
    this.#now = startAt
  }

  get now(): number {
    return this.#now
  }

  /** Events that have not happened yet. */
  get pending(): number {
    return this.#queue.size
  }

  /** The clock is set forward, as when a machine wakes up: all that was due meanwhile happens now. */
  jump(ms: number): void {
    this.#now += ms
  }

  /** Runs something at a time, or now when that is past. */
  at(time: number, run: () => void): void {
    this.#queue.add(Math.max(time, this.#now), run)
  }

  after(delayMs: number, run: () => void): void {
    this.#queue.add(this.#now + delayMs, run)
  }

  /** Runs the next event. @returns false when there is none up to `until`, at which the clock then stands. */
  step(until: number): boolean {
    if (this.#queue.nextAt > until) {
      if (until !== Infinity) this.#now = until
      return false
    }
    const event = this.#queue.take()
    if (event === undefined) return false
    this.#now = Math.max(this.#now, event.at)
    event.run()
    return true
  }
}
