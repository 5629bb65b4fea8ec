import type { InfoHash } from '../../kernel/ids.ts'
import type { Listing } from '../../discovery/listing.ts'
import { wordsOf } from '../../discovery/words.ts'
import { providerKey, wordKey, type Position } from './position.ts'

/** One thing that the ring can be told of a share: that we have it (`listing: null`), or that a file of it has a word. */
export interface Part {
  readonly key: Position
  readonly listing: Listing | null
}

/**
 * Everything there is to tell of a share, the most telling first: that we have it, then the longest word of each file, then
 * the next. Where there is no room for all, no file goes without a word as long as another has two.
 */
export function* partsOf(infoHash: InfoHash, listings: readonly Listing[]): IterableIterator<Part> {
  yield { key: providerKey(infoHash), listing: null }
  const files = listings.map((listing) => ({
    listing: { ...listing, infoHash },
    words: wordsOf(listing.name).sort((a, b) => b.length - a.length),
  }))
  // Files of one share have most words in common, and each key is a hash.
  const keys = new Map<string, Position>()
  for (let rank = 0, isLast = false; !isLast; rank++) {
    isLast = true
    for (const { listing, words } of files) {
      const word = words[rank]
      if (word === undefined) continue
      isLast = false
      const key = keys.get(word) ?? wordKey(word)
      keys.set(word, key)
      yield { key, listing }
    }
  }
}

/** How many words there are to tell of. */
export function wordCountOf(listings: readonly Listing[]): number {
  let count = 0
  for (const { name } of listings) count += wordsOf(name).length
  return count
}
