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
      const earlyMs = this.#toldAt + STEADY_MS - performance.now()
      if (earlyMs <= 0) return this.#tellNow()
      this.soon()
      this.#timer = setTimeout(() => this.#tellNow(), earlyMs)
    }, SOON_MS)
  }

  #tellNow(): void {
    this.#timer = null
    this.#toldAt = performance.now()
    this.soon()
    this.tell()
  }
}
