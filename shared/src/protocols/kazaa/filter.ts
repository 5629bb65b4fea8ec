import type { Bytes } from '../../kernel/bytes.ts'
import type { Criteria } from '../../discovery/overlay.ts'
import {
  FILTER_BITS_PER_KEY,
  FILTER_BYTES,
  FILTER_BYTES_MIN,
  FILTER_HASHES,
  FILTER_PREFIX,
} from './constants.ts'

/**
 * Bloom filter over the words and infohashes of an index (what Gnutella's query routing tables do for leaves).
 * It says no only when nothing can match: a word is in it whole and by its first characters, since the last word
 * of a query may be the beginning of one.
 */
export function buildFilter(words: Iterable<string>, infoHashes: Iterable<string>): Bytes {
  const keys = new Set<string>()
  for (const word of words) {
    keys.add(`w${word}`)
    keys.add(`p${prefixOf(word)}`)
  }
  for (const infoHash of infoHashes) keys.add(`s${infoHash}`)
  let bytes = FILTER_BYTES_MIN
  while (bytes < FILTER_BYTES && bytes * 8 < keys.size * FILTER_BITS_PER_KEY) bytes *= 2
  const bits: Bytes = new Uint8Array(bytes)
  for (const key of keys)
    for (const bit of bitsOf(key, bytes * 8)) bits[bit >>> 3] = (bits[bit >>> 3] ?? 0) | (1 << (bit & 7))
  return bits
}

/** Whether the index behind the filter may have something. An unknown or broken filter may have everything. */
export function mayMatch(filter: Bytes | null, criteria: Criteria): boolean {
  if (filter === null || !isPowerOfTwo(filter.length)) return true
  const has = (key: string) =>
    bitsOf(key, filter.length * 8).every((bit) => ((filter[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0)
  if (criteria.by === 'infoHash') return has(`s${criteria.infoHash}`)
  const { words } = criteria
  return words.every((word, index) => {
    if (index < words.length - 1) return has(`w${word}`)
    return [...word].length < FILTER_PREFIX || has(`p${prefixOf(word)}`)
  })
}

export function equalFilters(a: Bytes, b: Bytes): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

const prefixOf = (word: string): string => [...word].slice(0, FILTER_PREFIX).join('')

const isPowerOfTwo = (value: number): boolean => value > 0 && (value & (value - 1)) === 0

/** Positions by double hashing (Kirsch and Mitzenmacher 2006) of two FNV-1a hashes. */
function bitsOf(key: string, size: number): number[] {
  const first = fnv(key, 2166136261)
  const second = fnv(key, 84696351) | 1
  return Array.from({ length: FILTER_HASHES }, (_, i) => ((first + Math.imul(i, second)) >>> 0) % size)
}

function fnv(key: string, offset: number): number {
  let hash = offset
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 16777619)
  hash ^= hash >>> 15
  return Math.imul(hash, 0x2c1b3c6d) ^ (hash >>> 13)
}
