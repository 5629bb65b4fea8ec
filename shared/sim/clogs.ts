import { shuffled, type Rng } from '../src/kernel/rng.ts'
import type { VirtualClock } from './clock.ts'

interface Held<Id> {
  readonly from: Id
  readonly to: Id
  readonly run: () => void
}

/**
 * Peers whose links are clogged: what goes to them or comes from them is neither lost nor delivered, and all of it
 * arrives in its order when both ends are free again.
 */
export class Clogs<Id> {
  readonly #held = new Map<Id, Held<Id>[]>()

  clog(peer: Id): void {
    if (!this.#held.has(peer)) this.#held.set(peer, [])
  }

  unclog(peer: Id): void {
    const held = this.#held.get(peer) ?? []
    this.#held.delete(peer)
    for (const { from, to, run } of held) this.pass(from, to, run)
  }

  has(peer: Id): boolean {
    return this.#held.has(peer)
  }

  /** Runs now, or when neither end is clogged any longer. The sender's clog comes first, so that nothing overtakes. */
  pass(from: Id, to: Id, run: () => void): void {
    const held = this.#held.get(from) ?? this.#held.get(to)
    if (held === undefined) run()
    else held.push({ from, to, run })
  }

  /** The link broke: what was held on it is lost. */
  drop(a: Id, b: Id): void {
    for (const held of this.#held.values()) {
      const kept = held.filter(({ from, to }) => !(from === a && to === b) && !(from === b && to === a))
      held.splice(0, held.length, ...kept)
    }
  }
}

export interface Swizzle<Id> {
  readonly clock: VirtualClock
  readonly rng: Rng
  readonly clogs: Clogs<Id>
  /** From among whom some are clogged, and how many. */
  readonly peers: readonly Id[]
  readonly count: number
  /** Time within which they are clogged, and the same again within which they are freed. */
  readonly spreadMs: number
}

/**
 * FoundationDB's "swizzle-clog" (apple.github.io/foundationdb/testing.html): some peers are clogged one after the other,
 * then freed one after the other in another order. @returns when all are free.
 */
export function swizzle<Id>({ clock, rng, clogs, peers, count, spreadMs }: Swizzle<Id>): number {
  const chosen = shuffled(rng, peers).slice(0, count)
  const moment = () => rng.float() * spreadMs
  for (const peer of chosen)
    clock.after(moment(), () => {
      clogs.clog(peer)
    })
  for (const peer of chosen)
    clock.after(spreadMs + moment(), () => {
      clogs.unclog(peer)
    })
  return clock.now + 2 * spreadMs
}
