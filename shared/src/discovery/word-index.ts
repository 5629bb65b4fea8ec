import type { InfoHash } from '../kernel/ids.ts'
import type { Listing } from './listing.ts'
import { matches, wordsOf } from './words.ts'

interface Entry<Owner> {
  readonly owner: Owner
  readonly listing: Listing
  readonly words: readonly string[]
}

/**
 * Inverted index of listings by word. An owner (a peer, or a share of our own) puts in a list of files and
 * takes it out again at a cost that depends on its own files alone.
 */
export class WordIndex<Owner> {
  readonly #byWord = new Map<string, Set<Entry<Owner>>>()
  readonly #byOwner = new Map<Owner, Map<string, Entry<Owner>>>()
  #size = 0

  /** Listings in the index. */
  get size(): number {
    return this.#size
  }

  /** Listings of one owner. */
  countOf(owner: Owner): number {
    return this.#byOwner.get(owner)?.size ?? 0
  }

  has(owner: Owner): boolean {
    return this.#byOwner.has(owner)
  }

  /** Adds a listing; the same file of the same share again only replaces its name. */
  add(owner: Owner, listing: Listing): void {
    const key = keyOf(listing)
    this.#remove(owner, key)
    const owned = this.#byOwner.get(owner) ?? new Map<string, Entry<Owner>>()
    this.#byOwner.set(owner, owned)
    const entry: Entry<Owner> = { owner, listing, words: wordsOf(listing.name) }
    owned.set(key, entry)
    this.#size++
    for (const word of entry.words) {
      const found = this.#byWord.get(word)
      if (found === undefined) this.#byWord.set(word, new Set([entry]))
      else found.add(entry)
    }
  }

  /** Takes out all files of one share of an owner. */
  removeShare(owner: Owner, infoHash: InfoHash): void {
    for (const [key, { listing }] of this.#byOwner.get(owner) ?? [])
      if (listing.infoHash === infoHash) this.#remove(owner, key)
  }

  removeListing(owner: Owner, listing: Pick<Listing, 'root' | 'infoHash'>): void {
    this.#remove(owner, keyOf(listing))
  }

  removeOwner(owner: Owner): void {
    for (const key of this.#byOwner.get(owner)?.keys() ?? []) this.#remove(owner, key)
  }

  listingsOf(owner: Owner): Listing[] {
    return [...(this.#byOwner.get(owner)?.values() ?? [])].map(({ listing }) => listing)
  }

  /** Words with at least one listing, for filters. */
  words(): IterableIterator<string> {
    return this.#byWord.keys()
  }

  /**
   * Listings with all the words, the last of which may be a prefix. At most `limit`; the work is bounded by
   * the rarest whole word.
   */
  find(query: readonly string[], limit: number): { owner: Owner; listing: Listing }[] {
    const found = new Set<Entry<Owner>>()
    for (const entry of this.#candidates(query)) {
      if (found.size >= limit) break
      if (matches(entry.words, query)) found.add(entry)
    }
    return [...found].map(({ owner, listing }) => ({ owner, listing }))
  }

  #candidates(query: readonly string[]): Iterable<Entry<Owner>> {
    const [last] = query.slice(-1)
    let rarest: ReadonlySet<Entry<Owner>> | undefined
    for (const word of query.slice(0, -1)) {
      const entries = this.#byWord.get(word)
      if (entries === undefined) return []
      if (rarest === undefined || entries.size < rarest.size) rarest = entries
    }
    if (rarest !== undefined || last === undefined) return rarest ?? []
    return this.#withPrefix(last)
  }

  /** Whole matches first: they are what was meant most often. */
  *#withPrefix(prefix: string): Iterable<Entry<Owner>> {
    const whole = this.#byWord.get(prefix)
    if (whole !== undefined) yield* whole
    for (const [word, entries] of this.#byWord) {
      if (word === prefix || !word.startsWith(prefix)) continue
      for (const entry of entries) if (whole?.has(entry) !== true) yield entry
    }
  }

  #remove(owner: Owner, key: string): void {
    const owned = this.#byOwner.get(owner)
    const entry = owned?.get(key)
    if (owned === undefined || entry === undefined) return
    owned.delete(key)
    if (owned.size === 0) this.#byOwner.delete(owner)
    this.#size--
    for (const word of entry.words) {
      const entries = this.#byWord.get(word)
      entries?.delete(entry)
      if (entries?.size === 0) this.#byWord.delete(word)
    }
  }
}

const keyOf = ({ root, infoHash }: Pick<Listing, 'root' | 'infoHash'>): string => `${root}:${infoHash}`
