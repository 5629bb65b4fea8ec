import { TokenBucket } from '../../kernel/token-bucket.ts'
import type { Nonce, PeerId } from '../../kernel/ids.ts'
import { HIT_MEMORY_MS, HITS_REMEMBERED, TREE_TTL } from './constants.ts'
import type { ServentContext } from './context.ts'
import type { QueryHit } from './messages.ts'
import type { Route, Routes } from './routes.ts'

/** A hit that left over a link, in case the link dies before it has arrived. */
interface Sent {
  readonly hit: QueryHit
  readonly over: PeerId
  readonly at: number
}

/** Sends hits back the way their query came, and by the second way when the first is lost. */
export class HitRouting {
  #sent: Sent[] = []

  constructor(
    readonly context: ServentContext,
    readonly routes: Routes,
    readonly isNeighbour: (peer: PeerId) => boolean,
  ) {}

  /** A hit of a neighbour for a query that is not ours. @returns where it went. */
  relay(hit: QueryHit, from: PeerId, now: number): PeerId | null {
    const route = this.routes.get(hit.guid)
    if (route === undefined || hit.hops + 1 > TREE_TTL || !this.routes.admitHit(route, hit.responder))
      return null
    return this.send({ ...hit, hops: hit.hops + 1 }, route, from, now)
  }

  /** Sends a hit, our own (`from` null) or another's, towards the searcher. @returns where it went. */
  send(hit: QueryHit, route: Route, from: PeerId | null, now: number): PeerId | null {
    const over = route.arrivals.find((peer) => peer !== from && this.isNeighbour(peer))
    if (over === undefined) {
      this.context.counters.hitsDropped++
      return null
    }
    this.#remember({ hit, over, at: now })
    this.context.counters.hitsSent++
    this.context.send(over, hit)
    return over
  }

  /** The link is gone and with it what was on its way: hits sent lately go by the second way, once. */
  onLost(peer: PeerId, now: number): void {
    const lost = this.#sent.filter(({ over, at }) => over === peer && at >= now - HIT_MEMORY_MS)
    this.#sent = this.#sent.filter(({ over }) => over !== peer)
    for (const { hit } of lost) {
      const reserve = this.#reserveOf(hit.guid, peer)
      if (reserve === undefined) continue
      this.context.counters.hitsReoffered++
      this.context.counters.hitsSent++
      this.context.send(reserve, hit)
    }
  }

  #reserveOf(guid: Nonce, lost: PeerId): PeerId | undefined {
    return this.routes.get(guid)?.arrivals.find((peer) => peer !== lost && this.isNeighbour(peer))
  }

  #remember(sent: Sent): void {
    if (this.#sent.length >= HITS_REMEMBERED) this.#sent = this.#sent.slice(HITS_REMEMBERED / 2)
    this.#sent.push(sent)
  }
}

/** A bucket for each neighbour, so that none takes another's share. */
export class Buckets {
  readonly #buckets = new Map<PeerId, TokenBucket>()

  constructor(readonly rate: { readonly perSecond: number; readonly burst: number }) {}

  take(peer: PeerId, now: number): boolean {
    const bucket = this.#buckets.get(peer) ?? new TokenBucket(this.rate.perSecond, this.rate.burst, now)
    this.#buckets.set(peer, bucket)
    return bucket.take(1, now)
  }

  forget(peer: PeerId): void {
    this.#buckets.delete(peer)
  }
}
