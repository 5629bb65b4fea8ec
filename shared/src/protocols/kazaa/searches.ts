import type { Hit, Listing } from '../../discovery/listing.ts'
import type { WorkReport } from '../../discovery/search-format.ts'
import { matches, wordsOf } from '../../discovery/words.ts'
import type { Nonce, PeerId } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { SEARCH_MAX_MS, SEARCH_MIN_MS, SEARCH_QUIET_MS } from './constants.ts'
import type { KazaaContext } from './context.ts'
import type { KazaaMessage } from './messages.ts'
import type { OneSided, Source } from './trust.ts'

type Query = Extract<KazaaMessage, { type: 'query' }>
type Hits = Extract<KazaaMessage, { type: 'hits' }>

/** `from`: the super node that named a source; `null` once another one did too. `source`: unless a share was asked for. */
interface Named {
  from: PeerId | null
  readonly source: Source | null
}

/** A search of this node. `waiting`: for a super node to ask. */
interface OwnSearch {
  readonly id: Nonce
  readonly query: Query
  readonly limit: number
  readonly startedAt: number
  state: 'waiting' | 'asked'
  /** Super nodes that were asked. */
  asked: readonly PeerId[]
  endsAt: number
  /** Files found, or providers of a share. */
  readonly found: Set<string>
  readonly sources: Map<string, Named>
}

/** Searches of this node from the question to the last answer. */
export class Searches {
  readonly #byId = new Map<Nonce, OwnSearch>()
  readonly #byGuid = new Map<Nonce, OwnSearch>()

  /** @param ended told what only one of the two super nodes named, when a search is over. */
  constructor(
    readonly context: KazaaContext,
    readonly ended: (cases: readonly OneSided[], now: number) => void,
  ) {}

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
      asked: [],
      endsAt: now + SEARCH_MAX_MS,
      found: new Set(),
      sources: new Map(),
    }
    this.#byId.set(id, search)
    this.#byGuid.set(query.guid, search)
  }

  /** Queries that wait for somebody to ask; they count as asked from now on. */
  takeWaiting(ties: readonly PeerId[], now: number): Query[] {
    const queries: Query[] = []
    for (const search of this.#byId.values()) {
      if (search.state === 'asked') continue
      search.state = 'asked'
      search.asked = ties
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
      const peers = message.providers.filter((peer) => this.#isNew(search, peer, null, peer, from))
      if (peers.length > 0) this.context.emit({ type: 'providers', id: search.id, peers, hops })
    } else {
      const isWanted = ({ listing }: Hit) => matches(wordsOf(listing.name), criteria.words)
      const hits = message.hits
        .filter(isWanted)
        .map(({ listing, providers }) => ({
          listing,
          providers: providers.filter((peer) =>
            this.#isNew(search, `${listing.root}:${listing.infoHash}`, listing, peer, from),
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
      for (const { from } of search.sources.values()) if (from !== null) this.context.counters.oneSidedHits++
      this.context.emit({ type: 'searchEnded', id: search.id, because: reasonOf(search) })
      this.ended(oneSided(search), now)
    }
  }

  /** A source that was not told yet, of a file for which there is room. */
  #isNew(search: OwnSearch, file: string, listing: Listing | null, peer: PeerId, from: PeerId): boolean {
    if (peer === this.context.self) return false
    const source = `${file}:${peer}`
    const known = search.sources.get(source)
    if (known !== undefined) {
      if (known.from !== from) known.from = null
      return false
    }
    if (!search.found.has(file) && search.found.size >= search.limit) return false
    if (search.sources.size >= LIMITS.hitsPerSearch * LIMITS.providersPerHit) return false
    search.found.add(file)
    const { root, infoHash } = listing ?? {}
    const named = root === undefined || infoHash === undefined ? null : { root, infoHash, provider: peer }
    search.sources.set(source, { from, source: named })
    return true
  }
}

/** For each of two super nodes what only the other one named; a super node's own files are not asked about. */
function oneSided({ query, asked, sources }: OwnSearch): OneSided[] {
  const [a, b] = asked
  if (query.criteria.by !== 'words' || a === undefined || b === undefined) return []
  const namedOnlyBy = (by: PeerId): Source[] =>
    [...sources.values()]
      .filter(({ from, source }) => from === by && source !== null && !asked.includes(source.provider))
      .map(({ source }) => source)
      .filter((source) => source !== null)
  return [
    { query, silent: a, named: b, sources: namedOnlyBy(b) },
    { query, silent: b, named: a, sources: namedOnlyBy(a) },
  ]
}

function reasonOf(search: OwnSearch): 'complete' | 'deadline' | 'noNeighbours' {
  if (search.state === 'waiting') return 'noNeighbours'
  return search.endsAt >= search.startedAt + SEARCH_MAX_MS ? 'deadline' : 'complete'
}
