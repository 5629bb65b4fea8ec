import { shuffled } from '../../kernel/rng.ts'
import { ELECTION_DEFER_MS, ELECTION_DEFERRALS, ELECTION_JITTER_MS, ELECTION_MS } from './constants.ts'
import type { KazaaContext } from './context.ts'
import type { LeaderBook } from './leader-book.ts'
import type { Links } from './links.ts'
import { byMerit, type Contender } from './standing.ts'
import type { Ties } from './ties.ts'

/** Strangers that an orphan links with to find a super node, or somebody to elect one with. */
const STRANGERS_LINKED = 6

/** What an orphan does: it asks around, and when nobody leads for a while, the best of those who are there does. */
export class Election {
  #electAt = Infinity
  #deferrals = 0

  constructor(
    readonly context: KazaaContext,
    readonly links: Links,
    readonly book: LeaderBook,
    readonly ties: Ties,
  ) {}

  wakeAt(): number {
    return this.#electAt
  }

  /** From now on nobody leads us. */
  begin(now: number): void {
    if (this.#electAt !== Infinity) return
    this.#deferrals = 0
    this.#electAt = now + ELECTION_MS + this.context.rng.float() * ELECTION_JITTER_MS
  }

  end(): void {
    this.#electAt = Infinity
  }

  /** Looks for a super node: known ones first, else peers that may know one. */
  seek(now: number): void {
    this.ties.seek(now)
    if (this.ties.main !== null || this.ties.isAsking || this.book.dialable(now).length > 0) return
    if (this.links.size >= STRANGERS_LINKED) return
    for (const peer of shuffled(this.context.rng, this.book.strangers(now))) {
      if (this.book.isBusy(now)) return
      this.book.dial(peer, now)
    }
  }

  /** @returns true when we are to lead. */
  wake(now: number): boolean {
    if (now < this.#electAt) return false
    this.#electAt = now + ELECTION_DEFER_MS
    const { me } = this.context
    if (!me.isWilling || this.links.size === 0 || this.ties.isAsking) {
      this.seek(now)
      return false
    }
    const patience = ELECTION_DEFERRALS + (me.isVisible ? 0 : 1)
    if ((!this.#isBest(now) || !me.isVisible) && this.#deferrals < patience) {
      this.#deferrals++
      return false
    }
    return true
  }

  /** Among the orphans that we are linked with. */
  #isBest(now: number): boolean {
    const own: Contender = { peer: this.context.self, standing: this.context.me.standing(now) }
    for (const [peer, { role, standing }] of this.links.entries())
      if (role === 'orphan' && standing !== null && byMerit({ peer, standing }, own) < 0) return false
    return true
  }
}
