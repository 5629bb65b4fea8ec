import { WorkTally } from '../../discovery/work-tally.ts'
import type { WorkReport } from '../../discovery/search-format.ts'
import type { SearchStep } from '../../discovery/overlay.ts'
import type { Nonce, PeerId } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { TwoGenerationMap } from '../../kernel/two-generation-map.ts'
import type { ChildIndex } from './child-index.ts'
import type { Children } from './children.ts'
import { kazaaFormat } from './codec.ts'
import {
  CHILD_QUERY_RATE,
  COST_EVERY_MS,
  COST_STEPS,
  LEADER_QUERY_RATE,
  QUERY_TTL,
  ROUTE_PERIOD_MS,
} from './constants.ts'
import { Buckets, type KazaaContext } from './context.ts'
import { HitGatherer, type Answer } from './hit-gatherer.ts'
import type { LeaderLinks } from './leader-links.ts'
import type { KazaaMessage } from './messages.ts'
import type { Searches } from './searches.ts'

export type Query = Extract<KazaaMessage, { type: 'query' }>
type Hits = Extract<KazaaMessage, { type: 'hits' }>

/** Where a query came from, and so where its hits go. */
interface Route {
  /** The way back, and one in reserve. Empty: our own. */
  readonly arrivals: PeerId[]
  /** Links between the searcher and us. */
  readonly hops: number
  readonly wantsCost: boolean
  /** The child of ours that says the query is its own. */
  searcher: PeerId | null
  /** Sources of hits that were relayed: none goes twice. */
  readonly sources: Set<string>
}

/** Ways back that are remembered. */
const ARRIVALS = 2

/** Super node: answers queries of children and neighbours from the index and passes them to other super nodes. */
export class QueryRouting {
  readonly #routes = new TwoGenerationMap<Nonce, Route>(ROUTE_PERIOD_MS, LIMITS.guids)
  readonly #tally = new WorkTally(COST_EVERY_MS, COST_STEPS)
  readonly #gatherer: HitGatherer
  readonly #ofChildren = new Buckets(CHILD_QUERY_RATE)
  readonly #ofLeaders = new Buckets(LEADER_QUERY_RATE)

  constructor(
    readonly context: KazaaContext,
    readonly index: ChildIndex,
    readonly children: Children,
    readonly leaders: LeaderLinks,
    readonly searches: Searches,
    readonly isTied: (peer: PeerId) => boolean,
  ) {
    this.#gatherer = new HitGatherer((guid, answer, now) => {
      this.#sendBack(guid, answer, now)
    })
  }

  wakeAt(): number {
    return Math.min(this.#gatherer.wakeAt(), this.#tally.wakeAt())
  }

  wake(now: number): void {
    this.#gatherer.wake(now)
    for (const report of this.#tally.due(now)) this.#passOn(report)
  }

  forget(peer: PeerId): void {
    this.#ofChildren.forget(peer)
    this.#ofLeaders.forget(peer)
  }

  /** Our own query: as a child to our super nodes, as a super node to the neighbours. */
  ask(query: Query, ties: readonly PeerId[], now: number): void {
    this.#routes.set(query.guid, newRoute(null, 0, query.wantsCost, null), now)
    if (this.context.me.role === 'superNode') return this.#forward(query, null, now)
    for (const peer of ties) this.context.send(peer, query)
    this.#sent(query, ties.length, query, now)
  }

  onQuery(incoming: Query, from: PeerId, now: number): void {
    if (this.context.me.role !== 'superNode') return
    const isChild = this.children.has(from)
    if (!isChild && !this.leaders.has(from)) return
    const query = bounded(incoming, isChild)
    if (query === null) return
    const known = this.#routes.get(query.guid)
    if (known !== undefined) return this.#onDuplicate(query, known, from, isChild, now)
    if (!(isChild ? this.#ofChildren : this.#ofLeaders).take(from, now)) {
      this.context.counters.queriesDropped++
      return
    }
    this.context.counters.queriesSeen++
    const route = newRoute(from, query.hops + 1, query.wantsCost, isChild ? from : null)
    this.#routes.set(query.guid, route, now)
    this.#step(route, query, from, 'query', now)
    this.#answer(query, route, from, now)
    this.#forward(query, from, now)
  }

  onHits(message: Hits, from: PeerId, now: number): void {
    const route = this.#routes.get(message.guid)
    if (route === undefined) return
    if (route.arrivals.length === 0) {
      if (!this.isTied(from) && !this.leaders.has(from)) return
      this.#learnWays(message, from)
      this.searches.onHits(message, from, now)
    } else if (this.leaders.has(from)) {
      this.#learnWays(message, from)
      this.#gatherer.add(message, route.sources, now)
    }
  }

  onCost(report: WorkReport, from: PeerId, now: number): void {
    if (!this.isTied(from) && !this.leaders.has(from)) return
    if (this.#routes.get(report.guid)?.wantsCost === true) this.#tally.reported(report, now)
  }

  /**
   * The searcher's own copy may come after one over its other super node. Then we answer to it directly, so
   * that the other one cannot keep what we have from it. There is one searcher: the first child counts. It may be
   * another that knows the query: so the hits of others go the way that the query came as well.
   */
  #onDuplicate(query: Query, route: Route, from: PeerId, isChild: boolean, now: number): void {
    this.context.counters.duplicates++
    this.#step(route, query, from, 'duplicate', now)
    if (route.arrivals.length === 0 || route.arrivals.includes(from)) return
    if (isChild) {
      if (route.searcher !== null) return
      route.searcher = from
      this.#answer(query, route, from, now)
    } else if (route.arrivals.length < ARRIVALS) route.arrivals.push(from)
  }

  #answer(query: Query, route: Route, from: PeerId, now: number): void {
    const searcher = query.hops === 0 ? from : null
    const { hits, providers } = this.index.find(query.criteria, searcher)
    if (hits.length === 0 && providers.length === 0) return
    for (const answer of this.#gatherer.own(query, { hops: query.hops + 1, hits, providers }, route.sources))
      this.#sendTo(from, query.guid, route, answer, now)
  }

  #forward(query: Query, from: PeerId | null, now: number): void {
    if (query.ttl < 1) return
    const copy: Query = { ...query, ttl: query.ttl - 1, hops: from === null ? 0 : query.hops + 1 }
    let copies = 0
    for (const peer of this.leaders.peers()) {
      if (peer === from) continue
      // The last link is not crossed in vain; before, others lie behind whose filters only the neighbour has.
      if (copy.ttl === 0 && !this.leaders.mayMatch(peer, query.criteria)) {
        this.context.counters.queriesFiltered++
        continue
      }
      this.context.send(peer, copy)
      copies++
    }
    this.context.counters.queriesSent += copies
    this.#sent(query, copies, copy, now)
  }

  #sendBack(guid: Nonce, answer: Answer, now: number): void {
    const route = this.#routes.get(guid)
    if (route === undefined) return
    const ways = new Set([this.#wayBack(route), route.searcher])
    for (const to of ways) if (to !== null && this.#isOurs(to)) this.#sendTo(to, guid, route, answer, now)
  }

  /** The way that the query came, or the one in reserve. */
  #wayBack({ arrivals }: Route): PeerId | null {
    return arrivals.find((peer) => this.#isOurs(peer)) ?? null
  }

  #isOurs(peer: PeerId): boolean {
    return this.children.has(peer) || this.leaders.has(peer)
  }

  #sendTo(to: PeerId, guid: Nonce, route: Route, answer: Answer, now: number): void {
    const message: KazaaMessage = { type: 'hits', guid, ...answer }
    this.context.counters.hitsSent++
    this.context.send(to, message)
    if (!route.wantsCost) return
    this.#tally.sent(guid, 1, kazaaFormat.size(message), now)
    this.#tally.step(guid, { from: this.context.self, to, hops: route.hops, kind: 'hit' }, now)
  }

  #sent(query: Query, count: number, message: KazaaMessage, now: number): void {
    if (query.wantsCost && count > 0)
      this.#tally.sent(query.guid, count, count * kazaaFormat.size(message), now)
  }

  #step(route: Route, query: Query, from: PeerId, kind: SearchStep['kind'], now: number): void {
    if (!route.wantsCost) return
    this.#tally.step(query.guid, { from, to: this.context.self, hops: query.hops, kind }, now)
  }

  #passOn(report: WorkReport): void {
    const route = this.#routes.get(report.guid)
    if (route === undefined) return
    if (route.arrivals.length === 0) return this.searches.onCost(report)
    const to = this.#wayBack(route)
    if (to === null) return
    const message: KazaaMessage = { type: 'cost', ...report }
    this.context.counters.costMessages++
    this.context.counters.costBytes += kazaaFormat.size(message)
    this.context.send(to, message)
  }

  /** Sources can be reached the way their hits came. */
  #learnWays({ hits, providers }: Hits, via: PeerId): void {
    const peers = new Set(providers)
    for (const hit of hits) for (const peer of hit.providers) peers.add(peer)
    for (const peer of peers)
      if (peer !== via && peer !== this.context.self) this.context.emit({ type: 'way', peer, via })
  }
}

function newRoute(from: PeerId | null, hops: number, wantsCost: boolean, searcher: PeerId | null): Route {
  return { arrivals: from === null ? [] : [from], hops, wantsCost, searcher, sources: new Set() }
}

/** A child begins a query; between super nodes `ttl + hops` can't be more than what a child began with. */
function bounded(query: Query, isChild: boolean): Query | null {
  const hops = isChild ? 0 : query.hops
  if (hops > QUERY_TTL) return null
  return { ...query, hops, ttl: Math.min(query.ttl, QUERY_TTL - hops) }
}
