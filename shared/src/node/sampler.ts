/** A node with fewer links than this asks the server for peers often. */
const FEW_LINKS = 4
const OFTEN_MS = 15_000
/** Now and then everybody asks: overlays that grew apart find each other. Our choice. */
const SELDOM_MS = 5 * 60_000

/** Decides when to ask the server for a sample of the peers that are online. */
export class Sampler {
  #nextAt = Infinity
  #askedAt = -Infinity

  wakeAt(): number {
    return this.#nextAt
  }

  serverUp(now: number): void {
    this.#nextAt = now
  }

  serverDown(): void {
    this.#nextAt = Infinity
  }

  /** What was heard so far reached nobody: asks anew, at once if the server is there. */
  forget(): void {
    this.#askedAt = -Infinity
    if (this.#nextAt !== Infinity) this.#nextAt = -Infinity
  }

  /** True once whenever it is time to ask. */
  isDue(now: number, linkCount: number): boolean {
    if (now < this.#nextAt) return false
    this.#nextAt = now + OFTEN_MS
    const waitMs = linkCount < FEW_LINKS ? OFTEN_MS : SELDOM_MS
    if (now - this.#askedAt < waitMs) return false
    this.#askedAt = now
    return true
  }
}
