import { isStill } from './network-map.svelte.ts'

/** How long the messages of one hop are on their way, and how long people may look at it. Our choice. */
const FLIGHT_MS = 900
const HOP_MS = 2_600

/** The player of a search: position 0 is before the question, the last one after the answer. */
export class ReplayState {
  #position = $state(0)
  /** How far the messages of this position have come, 0 to 1. */
  #progress = $state(1)
  #isPlaying = $state(false)
  #last = 0
  #since = 0
  #frame: number | null = null

  get position(): number {
    return this.#position
  }

  get progress(): number {
    return this.#progress
  }

  get isPlaying(): boolean {
    return this.#isPlaying
  }

  /** Whether a replay is on the map at all. */
  get isOn(): boolean {
    return this.#position > 0
  }

  /** Another search, or more of the same. @param last the last position. */
  load(last: number): void {
    this.#last = last
    if (this.#position > last) this.seek(last)
  }

  /** From the beginning when it had ended. */
  play(): void {
    if (this.#last === 0) return
    this.#isPlaying = true
    this.#go(this.#position >= this.#last ? 1 : Math.max(1, this.#position))
  }

  pause(): void {
    this.#isPlaying = false
  }

  /** To a position, at rest: nothing moves. */
  seek(position: number): void {
    this.pause()
    this.#position = Math.max(0, Math.min(this.#last, position))
    this.#progress = 1
  }

  /** One hop on or back, with its messages on their way. */
  step(by: 1 | -1): void {
    this.pause()
    const position = Math.max(0, Math.min(this.#last, this.#position + by))
    if (position !== this.#position) this.#go(position)
  }

  stop(): void {
    this.pause()
    if (this.#frame !== null) cancelAnimationFrame(this.#frame)
    this.#frame = null
  }

  #go(position: number): void {
    this.#position = position
    this.#since = performance.now()
    this.#progress = isStill() ? 1 : 0
    this.#frame ??= requestAnimationFrame(() => this.#next())
  }

  #next(): void {
    this.#frame = null
    const passed = performance.now() - this.#since
    if (this.#progress < 1) this.#progress = Math.min(1, passed / FLIGHT_MS)
    if (this.#isPlaying && passed >= HOP_MS) {
      if (this.#position < this.#last) return this.#go(this.#position + 1)
      this.pause()
    }
    if (this.#isPlaying || this.#progress < 1) this.#frame = requestAnimationFrame(() => this.#next())
  }
}
