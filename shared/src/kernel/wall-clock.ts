/**
 * The time that peers write on what they sign, and compare with what others wrote. A core's own clock only counts on; that
 * of a machine which slept may have stood still meanwhile, and the clock on the wall may be set. So deadlines
 * go by the one, and dates by the other.
 */
export class WallClock {
  #aheadMs = 0

  /** How far the clock on the wall is ahead of the one that counts, in milliseconds; negative when it is behind. */
  set(aheadMs: number): void {
    this.#aheadMs = aheadMs
  }

  /** Milliseconds since the Unix epoch, for a moment of the clock that counts. */
  at(now: number): number {
    return now + this.#aheadMs
  }
}
