import { CHORD } from './constants.ts'
import type { ChordContext } from './context.ts'

/** Tells all links with whom we are linked, so that they can look two links ahead. Changes only, and gathered. */
export class LookAhead {
  readonly #context: ChordContext
  #at = Infinity

  constructor(context: ChordContext) {
    this.#context = context
  }

  wakeAt(): number {
    return this.#context.maintenance === 'paused' ? Infinity : this.#at
  }

  changed(): void {
    this.#at = Math.min(this.#at, this.#context.now + CHORD.linksDelayMs)
  }

  wake(): void {
    if (this.wakeAt() > this.#context.now) return
    this.#at = Infinity
    if (this.#context.phase !== 'member') return
    const places = this.#context.memberLinks().map(({ at }) => at)
    places.sort((a, b) => a - b)
    const now = new Set(places)
    for (const link of this.#context.links.values()) {
      const before = new Set(link.toldLinks)
      const added = places.filter((at) => !before.has(at) && at !== link.at)
      const removed = link.toldLinks.filter((at) => !now.has(at))
      if (added.length + removed.length === 0) continue
      link.toldLinks = places.filter((at) => at !== link.at)
      this.#context.send(link.peer, { type: 'links', added, removed })
    }
  }
}
