const SLOTS = 10

/** Bytes per second over a sliding window, in ten slots; constant memory and work. */
export class RateMeter {
  readonly #slots = new Float64Array(SLOTS)
  readonly #slotMs: number
  #slot = 0
  #sum = 0
  #startedAt: number
  totalBytes = 0

  /**
   * @param afterSilence what bytes after a window without any mean: `average` divides them by the whole window, as
   * a ranking wants it, `restart` begins anew, so that the rate is right soon after a transfer began.
   */
  constructor(
    windowMs: number,
    now: number,
    readonly afterSilence: 'average' | 'restart' = 'average',
  ) {
    this.#slotMs = windowMs / SLOTS
    this.#slot = Math.floor(now / this.#slotMs)
    this.#startedAt = now
  }

  add(bytes: number, now: number): void {
    this.#advance(now)
    if (this.#sum === 0 && this.afterSilence === 'restart') this.#startedAt = now
    const index = this.#slot % SLOTS
    this.#slots[index] = (this.#slots[index] ?? 0) + bytes
    this.#sum += bytes
    this.totalBytes += bytes
  }

  /** Bytes per second; a meter younger than its window divides by its age (at least one slot). */
  rate(now: number): number {
    this.#advance(now)
    // The present slot has only begun.
    const covered = now - (this.#slot - SLOTS + 1) * this.#slotMs
    const age = Math.max(this.#slotMs, Math.min(now - this.#startedAt, covered))
    return (this.#sum * 1000) / age
  }

  #advance(now: number): void {
    const slot = Math.floor(now / this.#slotMs)
    if (slot <= this.#slot) return
    const steps = Math.min(SLOTS, slot - this.#slot)
    for (let i = 1; i <= steps; i++) {
      const index = (this.#slot + i) % SLOTS
      this.#sum -= this.#slots[index] ?? 0
      this.#slots[index] = 0
    }
    if (steps === SLOTS) this.#sum = 0
    this.#slot = slot
  }
}
