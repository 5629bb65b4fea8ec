import type { NodeInput } from './node-io.ts'

/** While blocks flow, all that they seldom change is looked after so often; our choice. */
const UPKEEP_MS = 100

/**
 * When the parts of a node that blocks do not touch want to be woken. Blocks come and go by the hundred a second; each would ask
 * every timer of every system and of every neighbour, so their cost would grow with the network around them. What a block changes
 * there all the same (a peer that is banned, a link that speaks again) is seen to a moment later.
 */
export class Upkeep {
  /** `null`: not asked since something changed. */
  #wakeAt: number | null = null
  /** When blocks may no longer put it off. */
  #dueAt = Infinity

  /** @param ask the earliest moment at which one of those parts wants to be woken. */
  constructor(readonly ask: () => number) {}

  /** Blocks came or went, and nothing else. @returns whether the rest may wait. */
  mayWait(now: number): boolean {
    if (this.#dueAt === Infinity) this.#dueAt = now + UPKEEP_MS
    return now < this.#dueAt
  }

  /** All that was due has been done, and may have changed anything. */
  done(): void {
    this.#dueAt = Infinity
    this.#wakeAt = null
  }

  wakeAt(): number {
    this.#wakeAt ??= this.ask()
    return Math.min(this.#wakeAt, this.#dueAt)
  }
}

/** Inputs by which no more than blocks come or go. */
export function isBlockTraffic(input: NodeInput): boolean {
  if (input.type === 'frame') return input.channel === 'bulk'
  return input.type === 'storeResults' || input.type === 'congested' || input.type === 'writable'
}
