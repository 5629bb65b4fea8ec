import type { ConnectionPath } from '../connection-path.ts'
import type { LanePolicy } from './policy.ts'

export type DemandInput =
  /** The other end understands lanes. */
  | 'known'
  /** Whatever is sent now waits behind something else. */
  | 'queued'
  /** The link looks for another path. */
  | 'moved'
  /** Of the lane that was wanted last: it carries blocks, or was given up. */
  | 'opened'
  | 'failed'
  /** A lane that was open is gone. */
  | 'closed'
  | { readonly path: Pick<ConnectionPath, 'local' | 'remote' | 'roundTripMs'> | null }

type Step =
  | { readonly name: 'unknown' }
  | { readonly name: 'ready' }
  | { readonly name: 'asking' }
  | { readonly name: 'opening' }
  | { readonly name: 'resting'; readonly until: number }

/**
 * Whether a link wants another lane. The nearest round trip that was measured counts, the first time before the link's
 * queue has grown: a line with much memory in its router seems far only while it is full, and has no use for lanes.
 */
export class LaneDemand {
  #step: Step = { name: 'unknown' }
  #count = 0
  #roundTripMs = Infinity
  #pressedSince = Infinity
  #queuedAt = -Infinity

  constructor(readonly policy: LanePolicy) {}

  /** It has to hear how frames fare; between frames too, since a channel that stands still takes none. */
  get isWatching(): boolean {
    return this.#step.name !== 'unknown' && this.#count < this.policy.perLink && !this.#isNear
  }

  /** The link may get lanes, as far as its path is known. */
  get isFar(): boolean {
    return this.#step.name !== 'unknown' && this.#roundTripMs !== Infinity && !this.#isNear
  }

  get #isNear(): boolean {
    return this.#roundTripMs < this.policy.roundTripMs
  }

  /** @returns what is to be found out, answered by `path`; or that a lane is to be made, answered by `opened` or `failed`. */
  handle(input: DemandInput, now: number): 'askPath' | 'makeLane' | null {
    if (typeof input === 'object') return this.#onPath(input.path, now)
    switch (input) {
      case 'queued':
        return this.#onQueued(now)
      case 'known':
        if (this.#step.name === 'unknown') this.#step = { name: 'ready' }
        return null
      case 'moved':
        this.#roundTripMs = Infinity
        return null
      case 'opened':
        // The next one after as long a time in which even this one was not enough.
        this.#pressedSince = Infinity
        this.#step = { name: 'ready' }
        return null
      case 'failed':
        this.#count--
        this.#step = { name: 'resting', until: now + this.policy.againMs }
        return null
      case 'closed':
        this.#count--
        return null
    }
  }

  #onQueued(now: number): 'askPath' | null {
    if (now - this.#queuedAt >= this.policy.pauseMs) this.#pressedSince = now
    this.#pressedSince = Math.min(this.#pressedSince, now)
    this.#queuedAt = now
    const step = this.#step
    if (step.name === 'resting' && now >= step.until) this.#step = { name: 'ready' }
    if (this.#step.name !== 'ready' || this.#count >= this.policy.perLink) return null
    const isFirst = this.#roundTripMs === Infinity
    if (!isFirst && (this.#isNear || !this.#isDue(now))) return null
    this.#step = { name: 'asking' }
    return 'askPath'
  }

  #onPath(path: Pick<ConnectionPath, 'local' | 'remote' | 'roundTripMs'> | null, now: number) {
    if (this.#step.name !== 'asking') return null
    // A browser that can't say yet is asked again later.
    this.#step = { name: 'resting', until: now + this.policy.pressedMs }
    if (path === null || path.roundTripMs === null) return null
    this.#step = { name: 'ready' }
    // What TURN servers carry is counted: as if it were near.
    const isRelayed = path.local === 'relay' || path.remote === 'relay'
    this.#roundTripMs = Math.min(this.#roundTripMs, isRelayed ? 0 : path.roundTripMs)
    if (this.#isNear || !this.#isDue(now)) return null
    this.#count++
    this.#step = { name: 'opening' }
    return 'makeLane'
  }

  #isDue(now: number): boolean {
    return now - this.#pressedSince >= this.policy.pressedMs
  }
}
