import type { InfoHash } from '../kernel/ids.ts'
import type { Listing } from './listing.ts'
import { matches, wordsOf } from './words.ts'

/** Letters by which words are grouped; our choice. */
const BEGINNING = 3
/** Listings looked at for one query; our choice, so that the most common words take a few milliseconds. */
const LOOKED_AT = 3_000

/**
 * Bytes of memory by which the index is counted: by measurement of Node 20's heap, rounded up to what a copy in Redis
 * takes. A listing without its name, a unit of the name, a word of a listing, a word that no other listing has.
 */
const COST = { listing: 700, nameUnit: 2, wordOfListing: 110, word: 330 } as const

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
  /** Words by their first letters, one to three of them, for prefixes. */
  readonly #byBeginning = new Map<string, Set<string>>()
  readonly #byOwner = new Map<Owner, Map<string, Entry<Owner>>>()
  #size = 0
  #bytes = 0

  /** About how much memory it takes; names of many words that nobody else has take most. */
  get bytes(): number {
    return this.#bytes
  }

  /** Listings in the index. */
  get size(): number {
    return this.#size
  }

  /** Listings of one owner. */
  countOf(owner: Owner): number {
    return this.#byOwner.get(owner)?.size ?? 0
  }

  /** The listing of this file of this share as the owner put it in. */
  get(owner: Owner, listing: Pick<Listing, 'root' | 'infoHash'>): Listing | undefined {
    return this.#byOwner.get(owner)?.get(keyOf(listing))?.listing
  }

  has(owner: Owner): boolean {
    return this.#byOwner.has(owner)
  }

  /**
   * Adds a listing; the same file of the same share again only replaces its name.
   * @returns how many words it has
   */
  add(owner: Owner, listing: Listing): number {
    const key = keyOf(listing)
    this.#remove(owner, key)
    const owned = this.#byOwner.get(owner) ?? new Map<string, Entry<Owner>>()
    this.#byOwner.set(owner, owned)
    const entry: Entry<Owner> = { owner, listing, words: wordsOf(listing.name) }
    owned.set(key, entry)
    this.#size++
    this.#bytes += costOf(entry.listing, entry.words.length)
    for (const word of entry.words) {
      const found = this.#byWord.get(word)
      if (found !== undefined) {
        found.add(entry)
        continue
      }
      this.#byWord.set(word, new Set([entry]))
      this.#learnWord(word)
    }
    return entry.words.length
  }

  /** Takes out all files of one share of an owner. */
  removeShare(owner: Owner, infoHash: InfoHash): void {
    for (const [key, { listing }] of this.#byOwner.get(owner) ?? [])
      if (listing.infoHash === infoHash) this.#remove(owner, key)
  }

  /** @returns how many words it had */
  removeListing(owner: Owner, listing: Pick<Listing, 'root' | 'infoHash'>): number {
    return this.#remove(owner, keyOf(listing))
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
   * Listings with all the words, the last of which may be a prefix. At most `limit`; of very common words not
   * all listings are looked at.
   */
  find(query: readonly string[], limit: number): { owner: Owner; listing: Listing }[] {
    const found = new Set<Entry<Owner>>()
    let looked = 0
    for (const entry of this.#candidates(query)) {
      if (found.size >= limit || looked++ >= LOOKED_AT) break
      if (matches(entry.words, query)) found.add(entry)
    }
    return [...found].map(({ owner, listing }) => ({ owner, listing }))
  }

  /** Everything with the rarest word of the query. */
  #candidates(query: readonly string[]): Iterable<Entry<Owner>> {
    const last = query.at(-1)
    if (last === undefined) return []
    let rarest: ReadonlySet<Entry<Owner>> | undefined
    for (const word of query.slice(0, -1)) {
      const entries = this.#byWord.get(word)
      if (entries === undefined) return []
      if (rarest === undefined || entries.size < rarest.size) rarest = entries
    }
    const completions = this.#completionsOf(last)
    const count = completions.reduce((sum, entries) => sum + entries.size, 0)
    return rarest !== undefined && rarest.size < count ? rarest : chain(completions)
  }

  /** Listings by each word that begins like this; the word itself first, as it was meant most often. */
  #completionsOf(prefix: string): ReadonlySet<Entry<Owner>>[] {
    const whole = this.#byWord.get(prefix)
    const found: ReadonlySet<Entry<Owner>>[] = whole === undefined ? [] : [whole]
    for (const word of this.#byBeginning.get(beginningOf(prefix, prefix.length)) ?? []) {
      const entries = this.#byWord.get(word)
      if (entries !== undefined && word !== prefix && word.startsWith(prefix)) found.push(entries)
    }
    return found
  }

  #learnWord(word: string): void {
    this.#bytes += COST.word
    for (let length = 1; length <= Math.min(BEGINNING, word.length); length++) {
      const beginning = beginningOf(word, length)
      const words = this.#byBeginning.get(beginning)
      if (words === undefined) this.#byBeginning.set(beginning, new Set([word]))
      else words.add(word)
    }
  }

  #forgetWord(word: string): void {
    this.#bytes -= COST.word
    for (let length = 1; length <= Math.min(BEGINNING, word.length); length++) {
      const beginning = beginningOf(word, length)
      const words = this.#byBeginning.get(beginning)
      words?.delete(word)
      if (words?.size === 0) this.#byBeginning.delete(beginning)
    }
  }

  #remove(owner: Owner, key: string): number {
    const owned = this.#byOwner.get(owner)
    const entry = owned?.get(key)
    if (owned === undefined || entry === undefined) return 0
    owned.delete(key)
    if (owned.size === 0) this.#byOwner.delete(owner)
    this.#size--
    this.#bytes -= costOf(entry.listing, entry.words.length)
    for (const word of entry.words) {
      const entries = this.#byWord.get(word)
      entries?.delete(entry)
      if (entries?.size !== 0) continue
      this.#byWord.delete(word)
      this.#forgetWord(word)
    }
    return entry.words.length
  }
}

const keyOf = ({ root, infoHash }: Pick<Listing, 'root' | 'infoHash'>): string => `${root}:${infoHash}`

/** What a listing takes beside its words themselves. */
const costOf = ({ name }: Pick<Listing, 'name'>, words: number): number =>
  COST.listing + COST.nameUnit * name.length + COST.wordOfListing * words

/** What a listing of so many words takes at the most: when no other has any of them. */
export const costAlone = (listing: Pick<Listing, 'name'>, words: number): number =>
  costOf(listing, words) + COST.word * words

const beginningOf = (word: string, length: number): string => word.slice(0, Math.min(BEGINNING, length))

function* chain<T>(sets: readonly ReadonlySet<T>[]): Iterable<T> {
  for (const set of sets) yield* set
}
