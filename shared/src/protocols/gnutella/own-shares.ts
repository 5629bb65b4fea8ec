import type { Listing } from '../../discovery/listing.ts'
import type { Criteria } from '../../discovery/overlay.ts'
import { WordIndex } from '../../discovery/word-index.ts'
import type { InfoHash } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'

/** What this servent shares, and its answers to queries. */
export class OwnShares {
  readonly #published = new Set<InfoHash>()
  readonly #index = new WordIndex<InfoHash>()

  get count(): number {
    return this.#published.size
  }

  publish(infoHash: InfoHash, listings: readonly Listing[]): void {
    this.#index.removeOwner(infoHash)
    this.#published.add(infoHash)
    for (const listing of listings) this.#index.add(infoHash, listing)
  }

  withdraw(infoHash: InfoHash): void {
    this.#published.delete(infoHash)
    this.#index.removeOwner(infoHash)
  }

  /** Listings for the query, none for one by infohash; `null`: we have nothing. */
  answer(criteria: Criteria): readonly Listing[] | null {
    if (criteria.by === 'infoHash') return this.#published.has(criteria.infoHash) ? [] : null
    const found = this.#index.find(criteria.words, LIMITS.hitsPerNode)
    return found.length === 0 ? null : found.map(({ listing }) => listing)
  }
}
