import type { PeerId } from '../../kernel/ids.ts'
import { TokenBucket } from '../../kernel/token-bucket.ts'
import { QUERY_RATE, QUEUED_QUERIES } from './constants.ts'
import type { Query } from './messages.ts'

/** A query and the neighbour it came from. */
export interface Waiting {
  readonly from: PeerId
  readonly query: Query
}

/**
 * Queries that are to be forwarded. While there are no more than the rate allows they pass at once. When there
 * are more, each neighbour has a queue, and the queues take turns: one that sends too much only delays itself.
 * A full queue drops the query that has travelled furthest, since most peers know that one already.
 */
export class QueryQueue {
  readonly #bucket: TokenBucket
  readonly #queues = new Map<PeerId, Query[]>()
  #readyAt = Infinity

  /** @param onDropped told of each query that will have no turn. */
  constructor(
    now: number,
    readonly onDropped: (query: Query) => void,
  ) {
    this.#bucket = new TokenBucket(QUERY_RATE.perSecond, QUERY_RATE.burst, now)
  }

  wakeAt(): number {
    return this.#readyAt
  }

  /** @returns true when the query may be forwarded now; else it waits for `next`, or was dropped. */
  offer(from: PeerId, query: Query, now: number): boolean {
    if (this.#queues.size === 0 && this.#bucket.take(1, now)) return true
    const queue = this.#queues.get(from) ?? []
    this.#queues.set(from, queue)
    queue.push(query)
    if (queue.length > QUEUED_QUERIES)
      for (const dropped of queue.splice(furthest(queue), 1)) this.onDropped(dropped)
    this.#arm(now)
    return false
  }

  /** The next query whose turn has come; `null` when nothing may be forwarded now. */
  next(now: number): Waiting | null {
    for (const [from, queue] of this.#queues) {
      if (!this.#bucket.take(1, now)) break
      const query = queue.shift()
      // To the end of the turns, or out of them.
      this.#queues.delete(from)
      if (queue.length > 0) this.#queues.set(from, queue)
      this.#arm(now)
      if (query !== undefined) return { from, query }
    }
    this.#arm(now)
    return null
  }

  forget(neighbour: PeerId): void {
    for (const dropped of this.#queues.get(neighbour) ?? []) this.onDropped(dropped)
    this.#queues.delete(neighbour)
    if (this.#queues.size === 0) this.#readyAt = Infinity
  }

  #arm(now: number): void {
    if (this.#queues.size === 0) this.#readyAt = Infinity
    else if (this.#readyAt === Infinity || this.#readyAt <= now)
      this.#readyAt = now + 1000 / QUERY_RATE.perSecond
  }
}

/** Index of the query with most hops, the newest of them. */
function furthest(queue: readonly Query[]): number {
  let worst = queue.length - 1
  queue.forEach((query, index) => {
    if (query.hops >= (queue[worst]?.hops ?? 0)) worst = index
  })
  return worst
}
