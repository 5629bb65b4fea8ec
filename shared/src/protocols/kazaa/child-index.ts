import type { Hit } from '../../discovery/listing.ts'
import type { Criteria } from '../../discovery/overlay.ts'
import { WordIndex } from '../../discovery/word-index.ts'
import type { Bytes } from '../../kernel/bytes.ts'
import type { InfoHash, PeerId } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { INDEX_ENTRIES_PER_QUERY } from './constants.ts'
import { buildFilter } from './filter.ts'
import type { SharePart } from './messages.ts'
import { ShareTable } from './share-table.ts'

/** What a super node has for a query. */
export interface Found {
  readonly hits: readonly Hit[]
  /** For a query by infohash. */
  readonly providers: readonly PeerId[]
}

/** The index of a super node: files of its children and its own, by word and by infohash. */
export class ChildIndex {
  readonly #tables = new Map<PeerId, ShareTable>()
  readonly #words = new WordIndex<PeerId>()
  readonly #providers = new Map<InfoHash, Set<PeerId>>()
  /** Something changed since the last filter. */
  isDirty = false

  get size(): number {
    return this.#words.size
  }

  has(owner: PeerId): boolean {
    return this.#tables.has(owner)
  }

  add(owner: PeerId, parts: readonly SharePart[]): void {
    const table = this.#tables.get(owner) ?? new ShareTable()
    this.#tables.set(owner, table)
    for (const part of parts) {
      const taken = table.add(part)
      if (taken === null) continue
      for (const listing of taken.listings) this.#words.add(owner, listing)
      const providers = this.#providers.get(part.infoHash) ?? new Set<PeerId>()
      this.#providers.set(part.infoHash, providers)
      providers.add(owner)
      this.isDirty = true
    }
  }

  removeShare(owner: PeerId, infoHash: InfoHash): void {
    const table = this.#tables.get(owner)
    if (table?.has(infoHash) !== true) return
    table.remove(infoHash)
    this.#words.removeShare(owner, infoHash)
    const providers = this.#providers.get(infoHash)
    providers?.delete(owner)
    if (providers?.size === 0) this.#providers.delete(infoHash)
    this.isDirty = true
  }

  removeOwner(owner: PeerId): void {
    for (const { infoHash } of this.#tables.get(owner)?.parts() ?? []) this.removeShare(owner, infoHash)
    this.#tables.delete(owner)
  }

  partsOf(owner: PeerId): SharePart[] {
    return this.#tables.get(owner)?.parts() ?? []
  }

  digestOf(owner: PeerId): string {
    return (this.#tables.get(owner) ?? new ShareTable()).digest()
  }

  filter(): Bytes {
    this.isDirty = false
    return buildFilter(this.#words.words(), this.#providers.keys())
  }

  /** Equal files make one hit with all their sources. `except`: the searcher's own are no answer. */
  find(criteria: Criteria, except: PeerId | null): Found {
    if (criteria.by === 'infoHash') {
      const providers = [...(this.#providers.get(criteria.infoHash) ?? [])].filter((peer) => peer !== except)
      return { hits: [], providers: providers.slice(0, LIMITS.hitsPerNode) }
    }
    const merged = new Map<string, Hit & { readonly providers: PeerId[] }>()
    for (const { owner, listing } of this.#words.find(criteria.words, INDEX_ENTRIES_PER_QUERY)) {
      if (owner === except) continue
      const key = `${listing.root}:${listing.infoHash}`
      const known = merged.get(key)
      if (known === undefined) merged.set(key, { listing, providers: [owner] })
      else if (known.providers.length < LIMITS.providersPerHit) known.providers.push(owner)
    }
    return { hits: [...merged.values()].slice(0, LIMITS.hitsPerNode), providers: [] }
  }
}
