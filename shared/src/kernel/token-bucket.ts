import { LIMITS } from './limits.ts'

/**
 * A token bucket over an injected clock: `ratePerSecond` tokens flow in, at most `burst` are kept.
 * Used for bandwidth limits (tokens are bytes) and for rate limits (tokens are messages).
 */
export class TokenBucket {
  #tokens: number
  #at: number
  #ratePerSecond: number
  #burst: number
  #isRoundOver = false

  /** @param ratePerSecond `Infinity` means no limit. */
  constructor(ratePerSecond: number, burst: number, now: number) {
    this.#ratePerSecond = ratePerSecond
    this.#burst = burst
    this.#tokens = burst
    this.#at = now
  }

  get ratePerSecond(): number {
    return this.#ratePerSecond
  }

  /** Changes the rate from now on; tokens already gathered are kept up to the new burst. */
  configure(ratePerSecond: number, burst: number, now: number): void {
    this.#refill(now)
    this.#ratePerSecond = ratePerSecond
    this.#burst = burst
    this.#tokens = Math.min(this.#tokens, burst)
    this.#isRoundOver = false
  }

  /** Takes `amount` tokens if the bucket is not in debt. It may then go into debt by less than `amount`. */
  takeIntoDebt(amount: number, now: number): boolean {
    if (this.#ratePerSecond === Infinity) return true
    this.#refill(now)
    if (this.#tokens <= 0) return false
    this.#tokens -= amount
    return true
  }

  /**
   * The same for several who share the bucket: once one of them was refused all are until the next round, or whoever asks most
   * often would have everything.
   */
  takeInTurn(amount: number, now: number): boolean {
    this.#isRoundOver ||= !this.takeIntoDebt(amount, now)
    return !this.#isRoundOver
  }

  /** Whether those who were refused may ask again: in another order, once it is out of debt. */
  nextRound(now: number): boolean {
    this.#isRoundOver = this.readyAt(now) > now
    return !this.#isRoundOver
  }

  /** Takes `amount` tokens only when all of them are there. */
  take(amount: number, now: number): boolean {
    if (this.#ratePerSecond === Infinity) return true
    this.#refill(now)
    if (this.#tokens < amount) return false
    this.#tokens -= amount
    return true
  }

  /** Takes `amount` tokens for what goes out all the same, however deep into debt: others wait until they flowed in again. */
  charge(amount: number, now: number): void {
    if (this.#ratePerSecond === Infinity) return
    this.#refill(now)
    this.#tokens -= amount
  }

  /** When the bucket will be out of debt: `now` or later; `Infinity` when nothing flows in. */
  readyAt(now: number): number {
    if (this.#ratePerSecond === Infinity) return now
    this.#refill(now)
    if (this.#tokens > 0) return now
    if (this.#ratePerSecond <= 0) return Infinity
    return now + Math.max(1, Math.ceil(((1 - this.#tokens) * 1000) / this.#ratePerSecond))
  }

  #refill(now: number): void {
    if (now <= this.#at) return
    if (this.#ratePerSecond !== Infinity) {
      this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) * this.#ratePerSecond) / 1000)
    }
    this.#at = now
  }
}

/** One second of traffic is the burst of a bandwidth limit: background tabs get one timer a second. */
export const burstOf = (rate: number): number => Math.max(LIMITS.blockBytes, rate)
