import type { Hit, Listing } from '../../discovery/listing.ts'
import type { Criteria, SearchStep } from '../../discovery/overlay.ts'
import { matches, wordsOf } from '../../discovery/words.ts'
import type { Nonce, PeerId } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import {
  ASSUMED_RTT_MS,
  LONELY_MS,
  MAX_TTL,
  SEARCH_MAX_MS,
  SEARCH_MIN_MS,
  TREE_SEARCH_MIN_MS,
} from './constants.ts'
import type { ServentContext } from './context.ts'
import type { Query, QueryHit } from './messages.ts'

/** A search of this node. */
export interface OwnSearch {
  readonly id: Nonce
  readonly guid: Nonce
  readonly query: Query
  readonly limit: number
  readonly startedAt: number
  /** Neighbours that have it; while there are none it waits for the first. */
  readonly askedPeers: Set<PeerId>
  /** Without answers for this long, all are taken to be in. */
  quietMs: number
  endsAt: number
  found: number
}

/** Searches of this node from the first copy to the last answer. */
export class Searches {
  readonly #byId = new Map<Nonce, OwnSearch>()
  readonly #byGuid = new Map<Nonce, OwnSearch>()

  constructor(readonly context: ServentContext) {}

  wakeAt(): number {
    let earliest = Infinity
    for (const { endsAt } of this.#byId.values()) earliest = Math.min(earliest, endsAt)
    return earliest
  }

  get(guid: Nonce): OwnSearch | undefined {
    return this.#byGuid.get(guid)
  }

  has(id: Nonce): boolean {
    return this.#byId.has(id)
  }

  start(id: Nonce, query: Query, limit: number, now: number): OwnSearch {
    const search: OwnSearch = {
      id,
      guid: query.guid,
      query,
      limit: Math.min(limit, LIMITS.hitsPerSearch),
      startedAt: now,
      askedPeers: new Set(),
      quietMs: LONELY_MS,
      endsAt: now + LONELY_MS,
      found: 0,
    }
    this.#byId.set(id, search)
    this.#byGuid.set(query.guid, search)
    return search
  }

  /** It was sent: from now on answers can come. `rttMs`: of the slowest neighbour, `null` when unknown. */
  onAsked(search: OwnSearch, rttMs: number | null, now: number): void {
    const { mode, ttl } = search.query
    const least = mode === 'pruned' ? TREE_SEARCH_MIN_MS : SEARCH_MIN_MS
    const wave = Math.min(ttl, MAX_TTL) * 2 * (rttMs ?? ASSUMED_RTT_MS)
    search.quietMs = Math.min(SEARCH_MAX_MS, Math.max(least, wave))
    search.endsAt = Math.min(now + search.quietMs, search.startedAt + SEARCH_MAX_MS)
  }

  /** Searches young enough to be worth asking a new neighbour. */
  *young(now: number): Iterable<OwnSearch> {
    for (const search of this.#byId.values()) if (now < search.startedAt + SEARCH_MIN_MS) yield search
  }

  /** A hit for a search of ours; what does not match what was asked is dropped. */
  onHit(search: OwnSearch, hit: QueryHit, now: number): void {
    const { criteria } = search.query
    const hops = hit.hops + 1
    if (criteria.by === 'infoHash') {
      if (search.found >= search.limit) return
      search.found++
      this.context.emit({ type: 'providers', id: search.id, peers: [hit.responder], hops })
    } else {
      const hits = this.#wanted(search, criteria, hit)
      if (hits.length === 0) return
      search.found += hits.length
      this.context.emit({ type: 'hits', id: search.id, hits, hops })
    }
    // Half the silence of the beginning is enough after an answer: it need only come back.
    search.endsAt = Math.min(
      search.startedAt + SEARCH_MAX_MS,
      Math.max(search.endsAt, now + search.quietMs / 2),
    )
  }

  onCost(guid: Nonce, messages: number, bytes: number, steps: readonly SearchStep[]): void {
    const search = this.#byGuid.get(guid)
    if (search !== undefined) this.context.emit({ type: 'searchCost', id: search.id, messages, bytes, steps })
  }

  cancel(id: Nonce): OwnSearch | undefined {
    const search = this.#byId.get(id)
    this.#byId.delete(id)
    if (search !== undefined) this.#byGuid.delete(search.guid)
    return search
  }

  /** Ends what is due. @returns the searches that ended. */
  wake(now: number): OwnSearch[] {
    const ended = [...this.#byId.values()].filter(({ endsAt }) => endsAt <= now)
    for (const search of ended) {
      this.cancel(search.id)
      this.context.emit({ type: 'searchEnded', id: search.id, because: reasonOf(search) })
    }
    return ended
  }

  #wanted(search: OwnSearch, criteria: Extract<Criteria, { by: 'words' }>, hit: QueryHit): Hit[] {
    const isWanted = ({ name }: Listing) => matches(wordsOf(name), criteria.words)
    return hit.listings
      .filter(isWanted)
      .slice(0, Math.max(0, search.limit - search.found))
      .map((listing) => ({ listing, providers: [hit.responder] }))
  }
}

function reasonOf(search: OwnSearch): 'complete' | 'deadline' | 'noNeighbours' {
  if (search.askedPeers.size === 0) return 'noNeighbours'
  return search.endsAt >= search.startedAt + SEARCH_MAX_MS ? 'deadline' : 'complete'
}
