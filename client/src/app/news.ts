/** Whoever waits for a change hears of it so much later, together with all that follows it. */
const SOON_MS = 100
/** While changes go on, views are told so often: to draw a page ten times a second slows transfers (docs/performance.md). */
const STEADY_MS = 250

/** Tells of changes, not of each one: soon of the first, then at a steady pace. */
export class News {
  #timer: ReturnType<typeof setTimeout> | null = null
  #toldAt = -Infinity

  /**
   * @param soon called within a tenth of a second, for those who wait for bytes.
   * @param tell called for views.
   */
  constructor(
    readonly soon: () => void,
    readonly tell: () => void,
  ) {}

  changed(): void {
    if (this.#timer !== null) return
    this.#timer = setTimeout(() => {
      this.soon()
      const earlyMs = this.#toldAt + STEADY_MS - performance.now()
      if (earlyMs > 0) this.#timer = setTimeout(() => this.#tellNow(true), earlyMs)
      else this.#tellNow(false)
    }, SOON_MS)
  }

  #tellNow(isLater: boolean): void {
    this.#timer = null
    this.#toldAt = performance.now()
    if (isLater) this.soon()
    this.tell()
  }
}
