import type { Hit } from '../../discovery/listing.ts'
import type { WorkReport } from '../../discovery/search-format.ts'
import { matches, wordsOf } from '../../discovery/words.ts'
import type { Nonce, PeerId } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { SEARCH_MAX_MS, SEARCH_MIN_MS, SEARCH_QUIET_MS } from './constants.ts'
import type { KazaaContext } from './context.ts'
import type { KazaaMessage } from './messages.ts'

type Query = Extract<KazaaMessage, { type: 'query' }>
type Hits = Extract<KazaaMessage, { type: 'hits' }>

/** A search of this node. `waiting`: for a super node to ask. */
interface OwnSearch {
  readonly id: Nonce
  readonly query: Query
  readonly limit: number
  readonly startedAt: number
  state: 'waiting' | 'asked'
  endsAt: number
  /** Files found, or providers of a share. */
  readonly found: Set<string>
  /** Which super node named a source first; `null` once another one did too. */
  readonly sources: Map<string, PeerId | null>
}

/** Searches of this node from the question to the last answer. */
export class Searches {
  readonly #byId = new Map<Nonce, OwnSearch>()
  readonly #byGuid = new Map<Nonce, OwnSearch>()

  constructor(readonly context: KazaaContext) {}

  wakeAt(): number {
    let earliest = Infinity
    for (const { endsAt } of this.#byId.values()) earliest = Math.min(earliest, endsAt)
    return earliest
  }

  has(id: Nonce): boolean {
    return this.#byId.has(id)
  }

  start(id: Nonce, query: Query, limit: number, now: number): void {
    const search: OwnSearch = {
      id,
      query,
      limit: Math.min(limit, LIMITS.hitsPerSearch),
      startedAt: now,
      state: 'waiting',
      endsAt: now + SEARCH_MAX_MS,
      found: new Set(),
      sources: new Map(),
    }
    this.#byId.set(id, search)
    this.#byGuid.set(query.guid, search)
  }

  /** Queries that wait for somebody to ask; they count as asked from now on. */
  takeWaiting(now: number): Query[] {
    const queries: Query[] = []
    for (const search of this.#byId.values()) {
      if (search.state === 'asked') continue
      search.state = 'asked'
      search.endsAt = Math.max(now + SEARCH_MIN_MS, search.startedAt + SEARCH_MIN_MS)
      queries.push(search.query)
    }
    return queries
  }

  /** Answers, of others or from our own index; what does not match what was asked is dropped. */
  onHits(message: Omit<Hits, 'type'>, from: PeerId, now: number): void {
    const search = this.#byGuid.get(message.guid)
    if (search === undefined) return
    const { criteria } = search.query
    const hops = message.hops
    if (criteria.by === 'infoHash') {
      const peers = message.providers.filter((peer) => this.#isNew(search, peer, peer, from))
      if (peers.length > 0) this.context.emit({ type: 'providers', id: search.id, peers, hops })
    } else {
      const isWanted = ({ listing }: Hit) => matches(wordsOf(listing.name), criteria.words)
      const hits = message.hits
        .filter(isWanted)
        .map(({ listing, providers }) => ({
          listing,
          providers: providers.filter((peer) =>
            this.#isNew(search, `${listing.root}:${listing.infoHash}`, peer, from),
          ),
        }))
        .filter(({ providers }) => providers.length > 0)
      if (hits.length > 0) this.context.emit({ type: 'hits', id: search.id, hits, hops })
    }
    const least = Math.max(search.endsAt, now + SEARCH_QUIET_MS)
    search.endsAt = Math.min(search.startedAt + SEARCH_MAX_MS, least)
  }

  onCost({ guid, messages, bytes, steps }: WorkReport): void {
    const search = this.#byGuid.get(guid)
    if (search !== undefined) this.context.emit({ type: 'searchCost', id: search.id, messages, bytes, steps })
  }

  cancel(id: Nonce): void {
    const search = this.#byId.get(id)
    this.#byId.delete(id)
    if (search !== undefined) this.#byGuid.delete(search.query.guid)
  }

  wake(now: number): void {
    for (const search of [...this.#byId.values()]) {
      if (search.endsAt > now) continue
      this.cancel(search.id)
      for (const from of search.sources.values()) if (from !== null) this.context.counters.oneSidedHits++
      this.context.emit({ type: 'searchEnded', id: search.id, because: reasonOf(search) })
    }
  }

  /** A source that was not told yet, of a file for which there is room. */
  #isNew(search: OwnSearch, file: string, peer: PeerId, from: PeerId): boolean {
    if (peer === this.context.self) return false
    const source = `${file}:${peer}`
    const known = search.sources.get(source)
    if (known !== undefined) {
      if (known !== from) search.sources.set(source, null)
      return false
    }
    if (!search.found.has(file) && search.found.size >= search.limit) return false
    if (search.sources.size >= LIMITS.hitsPerSearch * LIMITS.providersPerHit) return false
    search.found.add(file)
    search.sources.set(source, from)
    return true
  }
}

function reasonOf(search: OwnSearch): 'complete' | 'deadline' | 'noNeighbours' {
  if (search.state === 'waiting') return 'noNeighbours'
  return search.endsAt >= search.startedAt + SEARCH_MAX_MS ? 'deadline' : 'complete'
}
