import { CHORD } from './constants.ts'

/** Retransmission timeout of one link after RFC 6298: smoothed round trip plus four deviations. */
export class RoundTrip {
  #smoothed: number | null = null
  #deviation = 0

  /** A measured round trip. Answers to what was sent twice must not be measured (Karn's algorithm). */
  sample(ms: number): void {
    if (this.#smoothed === null) {
      this.#smoothed = ms
      this.#deviation = ms / 2
      return
    }
    this.#deviation = 0.75 * this.#deviation + 0.25 * Math.abs(this.#smoothed - ms)
    this.#smoothed = 0.875 * this.#smoothed + 0.125 * ms
  }

  get timeoutMs(): number {
    if (this.#smoothed === null) return CHORD.firstRtoMs
    const timeout = this.#smoothed + 4 * this.#deviation
    return Math.round(Math.min(CHORD.maxRtoMs, Math.max(CHORD.minRtoMs, timeout)))
  }
}
