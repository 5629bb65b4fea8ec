import { WorkTally } from '../../discovery/work-tally.ts'
import type { SearchStep } from '../../discovery/overlay.ts'
import type { WorkReport } from '../../discovery/search-format.ts'
import type { Nonce, PeerId } from '../../kernel/ids.ts'
import { gnutellaFormat } from './codec.ts'
import {
  HIT_RATE,
  HOLD_TTL,
  MAX_TTL,
  NEIGHBOUR_QUERY_RATE,
  OWN_QUERY_RATE,
  TALLY_EVERY_MS,
  TALLY_STEPS,
  TREE_TTL,
} from './constants.ts'
import type { ServentContext } from './context.ts'
import { Buckets, HitRouting } from './hit-routing.ts'
import { Holding } from './holding.ts'
import type { GnutellaMessage, Query, QueryHit } from './messages.ts'
import type { Neighbours } from './neighbours.ts'
import type { OwnShares } from './own-shares.ts'
import { QueryQueue } from './query-queue.ts'
import { Routes, type Route } from './routes.ts'
import type { Searches } from './searches.ts'
import { Tree } from './tree.ts'

/** Forwards queries, answers them, and brings hits and reports of work back. */
export class QueryRouting {
  readonly tree: Tree
  readonly #routes = new Routes()
  readonly #hits: HitRouting
  readonly #queue: QueryQueue
  readonly #holding = new Holding()
  readonly #tally = new WorkTally(TALLY_EVERY_MS, TALLY_STEPS)
  readonly #queries = new Buckets(NEIGHBOUR_QUERY_RATE)
  readonly #ownQueries = new Buckets(OWN_QUERY_RATE)
  readonly #hitRates = new Buckets(HIT_RATE)

  constructor(
    readonly context: ServentContext,
    readonly neighbours: Neighbours,
    readonly shares: OwnShares,
    readonly searches: Searches,
    now: number,
  ) {
    this.tree = new Tree(context)
    this.#hits = new HitRouting(context, this.#routes, (peer) => neighbours.get(peer) !== undefined)
    this.#queue = new QueryQueue(now, ({ guid }) => {
      this.context.counters.queriesDropped++
      this.#routes.forget(guid)
    })
  }

  wakeAt(): number {
    return Math.min(this.tree.wakeAt(), this.#queue.wakeAt(), this.#holding.wakeAt(), this.#tally.wakeAt())
  }

  wake(now: number): void {
    this.tree.wake(now)
    if (now >= this.#queue.wakeAt()) {
      for (let next = this.#queue.next(now); next !== null; next = this.#queue.next(now))
        this.#process(next.query, next.from, now)
    }
    for (const { query, from } of this.#holding.due(now)) this.#forwardOn(query, from, now)
    for (const report of this.#tally.due(now)) this.#passOn(report)
  }

  joined(peer: PeerId): void {
    this.tree.addNeighbour(peer)
  }

  left(peer: PeerId, now: number): void {
    this.tree.removeNeighbour(peer)
    this.#queue.forget(peer)
    this.#queries.forget(peer)
    this.#ownQueries.forget(peer)
    this.#hitRates.forget(peer)
    this.#hits.onLost(peer, now)
  }

  /** Sends our own query. */
  ask(query: Query, now: number): void {
    this.#routes.add(query.guid, null, 0, query.wantsTally, now)
    this.#forward(query, null, now)
  }

  /** Our own query, for a neighbour that came later. */
  askAlso(query: Query, peer: PeerId, now: number): void {
    this.#sendCopy(peer, query, now)
  }

  isKnown(guid: Nonce): boolean {
    return this.#routes.get(guid) !== undefined
  }

  onQuery(query: Query, from: PeerId, now: number): void {
    const cap = query.mode === 'classic' ? MAX_TTL : TREE_TTL
    // `ttl + hops` is what the searcher began with; a greater sum is a lie or another's bug.
    const ttl = Math.min(query.ttl, cap - query.hops)
    if (ttl <= 0) return
    const known = this.#routes.get(query.guid)
    const isOwn = known === undefined && query.hops === 0
    // Before anything is remembered of it: whoever floods would push out what others asked.
    if (!this.#queries.take(from, now) || (isOwn && !this.#ownQueries.take(from, now))) {
      this.context.counters.queriesDropped++
      return
    }
    if (known !== undefined) return this.#onDuplicate({ ...query, ttl }, known, from, now)
    this.context.counters.queriesSeen++
    this.#routes.add(query.guid, from, query.hops + 1, query.wantsTally, now)
    const bounded = { ...query, ttl }
    if (this.#queue.offer(from, bounded, now)) this.#process(bounded, from, now)
  }

  onHit(hit: QueryHit, from: PeerId, now: number): void {
    if (!this.#hitRates.take(from, now) || hit.responder === this.context.self) return
    const route = this.#routes.get(hit.guid)
    if (route === undefined) return
    const search = this.searches.get(hit.guid)
    if (search !== undefined) {
      if (!this.#routes.admitHit(route, hit.responder)) return
      this.#wayTo(hit.responder, from)
      this.searches.onHit(search, hit, now)
    } else if (route.arrivals.length > 0) {
      const over = this.#hits.relay(hit, from, now)
      if (over === null) return
      this.#wayTo(hit.responder, from)
      this.#countHit(hit, route, over, now)
    }
  }

  onAnnounced(guids: readonly Nonce[], from: PeerId, now: number): void {
    for (const guid of guids) {
      const route = this.#routes.get(guid)
      if (route !== undefined) this.#routes.addReserve(route, from)
      this.tree.onAnnounced(from, guid, route !== undefined, now)
    }
  }

  onGraft(from: PeerId, guid: Nonce | null, now: number): void {
    const query = this.tree.onGraft(from, guid, now)
    if (query === null) return
    this.context.counters.queriesSent++
    this.#work(query, 1, query, now)
  }

  onTally(report: WorkReport, now: number): void {
    const route = this.#routes.get(report.guid)
    if (route?.wantsTally === true) this.#tally.reported(report, now)
  }

  #onDuplicate(query: Query, route: Route, from: PeerId, now: number): void {
    this.context.counters.duplicates++
    if (query.mode === 'pruned') this.tree.onDuplicate(from, route.arrivals[0])
    else this.#holding.improve(query)
    this.#routes.addReserve(route, from)
    this.#step(route, query, from, 'duplicate', now)
  }

  #process(query: Query, from: PeerId, now: number): void {
    const route = this.#routes.get(query.guid)
    if (route === undefined) return
    // Not before: of one that has no turn the other copies are the tree's.
    if (query.mode === 'pruned') this.tree.onFirstCopy(query.guid, from)
    this.#step(route, query, from, 'query', now)
    this.#answer(query, route, now)
    if (query.mode === 'classic' && query.ttl <= HOLD_TTL) this.#holding.hold(query, from, now)
    else this.#forwardOn(query, from, now)
  }

  #forwardOn(query: Query, from: PeerId, now: number): void {
    if (query.ttl > 1) this.#forward({ ...query, ttl: query.ttl - 1, hops: query.hops + 1 }, from, now)
  }

  #answer(query: Query, route: Route, now: number): void {
    const listings = this.shares.answer(query.criteria)
    if (listings === null) return
    const { self } = this.context
    const hit: QueryHit = { type: 'queryHit', guid: query.guid, hops: 0, responder: self, listings }
    const over = this.#hits.send(hit, route, null, now)
    if (over !== null) this.#countHit(hit, route, over, now)
  }

  #forward(query: Query, from: PeerId | null, now: number): void {
    let copies = 0
    if (query.mode === 'pruned') copies = this.tree.spread(query, from, now)
    else {
      for (const [peer] of this.neighbours.entries()) {
        if (peer === from) continue
        this.context.send(peer, query)
        copies++
      }
    }
    this.context.counters.queriesSent += copies
    this.#work(query, copies, query, now)
  }

  #sendCopy(peer: PeerId, query: Query, now: number): void {
    if (query.mode === 'pruned') this.tree.sendLate(query, peer)
    else this.context.send(peer, query)
    this.context.counters.queriesSent++
    this.#work(query, 1, query, now)
  }

  /** Messages that we sent for a search, for the searcher's bill. */
  #work(
    query: { guid: Nonce; wantsTally: boolean },
    count: number,
    message: GnutellaMessage,
    now: number,
  ): void {
    if (query.wantsTally && count > 0)
      this.#tally.sent(query.guid, count, count * gnutellaFormat.size(message), now)
  }

  #step(route: Route, query: Query, from: PeerId, kind: SearchStep['kind'], now: number): void {
    if (!route.wantsTally) return
    this.#tally.step(query.guid, { from, to: this.context.self, hops: query.hops, kind }, now)
  }

  #countHit(hit: QueryHit, route: Route, over: PeerId, now: number): void {
    if (!route.wantsTally) return
    this.#work({ guid: hit.guid, wantsTally: true }, 1, hit, now)
    this.#tally.step(hit.guid, { from: this.context.self, to: over, hops: route.hops, kind: 'hit' }, now)
  }

  /** To the searcher's own account, or on towards it. */
  #passOn(report: WorkReport): void {
    const route = this.#routes.get(report.guid)
    if (route === undefined) return
    if (route.arrivals.length === 0) {
      this.searches.onCost(report.guid, report.messages, report.bytes, report.steps)
      return
    }
    const over = route.arrivals.find((peer) => this.neighbours.get(peer) !== undefined)
    if (over === undefined) return
    const message: GnutellaMessage = { type: 'tally', ...report }
    this.context.counters.tallyMessages++
    this.context.counters.tallyBytes += gnutellaFormat.size(message)
    this.context.send(over, message)
  }

  #wayTo(peer: PeerId, via: PeerId): void {
    if (peer !== via) this.context.emit({ type: 'way', peer, via })
  }
}
