import type { Nonce, PeerId } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { TwoGenerationMap } from '../../kernel/two-generation-map.ts'
import { ARRIVALS_PER_QUERY, RELAYED_HITS, ROUTE_PERIOD_MS } from './constants.ts'

/** Where a query came from, and so where its hits go. */
export interface Route {
  /** Links on which copies or announcements came, the first one first. Empty: the query is our own. */
  readonly arrivals: PeerId[]
  /** Links between the searcher and us. */
  readonly hops: number
  readonly wantsTally: boolean
  /** Responders whose hit was relayed or taken: each has one. */
  readonly responders: Set<PeerId>
}

/** The table of known queries: nothing in it is forwarded again. */
export class Routes {
  readonly #routes = new TwoGenerationMap<Nonce, Route>(ROUTE_PERIOD_MS, LIMITS.guids)

  get(guid: Nonce): Route | undefined {
    return this.#routes.get(guid)
  }

  /** @param from `null`: our own query. */
  add(guid: Nonce, from: PeerId | null, hops: number, wantsTally: boolean, now: number): Route {
    const route = { arrivals: from === null ? [] : [from], hops, wantsTally, responders: new Set<PeerId>() }
    this.#routes.set(guid, route, now)
    return route
  }

  /** It was not forwarded after all: another copy counts as the first. */
  forget(guid: Nonce): void {
    this.#routes.delete(guid)
  }

  /** Another neighbour knows the query too: hits can go there when the first link is lost. */
  addReserve(route: Route, from: PeerId): void {
    const { arrivals } = route
    if (arrivals.length === 0 || arrivals.length >= ARRIVALS_PER_QUERY || arrivals.includes(from)) return
    arrivals.push(from)
  }

  /** @returns false for a hit that came before, or one too many. */
  admitHit(route: Route, responder: PeerId): boolean {
    if (route.responders.has(responder) || route.responders.size >= RELAYED_HITS) return false
    route.responders.add(responder)
    return true
  }
}
