import { BoundedMap } from '../../kernel/bounded.ts'
import type { Nonce, PeerId } from '../../kernel/ids.ts'
import { HOLD_MS, QUERIES_HELD } from './constants.ts'
import type { Query } from './messages.ts'
import type { Waiting } from './query-queue.ts'

/**
 * Flooded queries whose TTL is nearly spent, held back a moment. A copy that made a detour over fast links
 * may come before the one on the shortest way, and with less TTL; forwarded at once it would end the flood too
 * soon (the short-circuit effect). What is forwarded has the greatest TTL of the copies that came meanwhile.
 */
export class Holding {
  readonly #held = new BoundedMap<Nonce, { query: Query; readonly from: PeerId; readonly until: number }>(
    QUERIES_HELD,
  )

  wakeAt(): number {
    let earliest = Infinity
    for (const { until } of this.#held.values()) earliest = Math.min(earliest, until)
    return earliest
  }

  hold(query: Query, from: PeerId, now: number): void {
    this.#held.set(query.guid, { query, from, until: now + HOLD_MS })
  }

  /** Another copy came. `ttl` must have been bounded. */
  improve(copy: Query): void {
    const held = this.#held.get(copy.guid)
    if (held !== undefined && copy.ttl > held.query.ttl)
      held.query = { ...held.query, ttl: copy.ttl, hops: copy.hops }
  }

  /** Those held long enough; they are forgotten. */
  due(now: number): Waiting[] {
    const due: Waiting[] = []
    for (const [guid, held] of this.#held.entries()) {
      if (held.until > now) continue
      this.#held.delete(guid)
      due.push(held)
    }
    return due
  }
}
