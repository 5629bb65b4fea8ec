import { utf8Encode, toHex } from '../kernel/bytes.ts'
import type { InfoHash } from '../kernel/ids.ts'
import { sha256 } from '../content/sha256.ts'
import type { Listing } from './listing.ts'

/**
 * Fingerprint of a set of published shares that can be kept up to date by adding and taking away: the XOR of
 * 64 bits of SHA-256 of each part. Tells two honest parties whether they mean the same set; it protects from
 * accidents, not from forgery, since each side only ever compares its own files.
 */
export class PublishedDigest {
  #high = 0
  #low = 0

  /** Adds a share, or takes it away when it is in. */
  toggle(infoHash: InfoHash, listings: readonly Listing[]): void {
    this.#toggle(infoHash)
    this.toggleListings(infoHash, listings)
  }

  /** Adds files to a share that is in, or takes them away. */
  toggleListings(infoHash: InfoHash, listings: readonly Listing[]): void {
    for (const { root, name, sizeBytes } of listings)
      this.#toggle([infoHash, root, String(sizeBytes), name].join('\n'))
  }

  /** 16 hex digits; zeroes for the empty set. */
  get hex(): string {
    return [this.#high, this.#low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
  }

  #toggle(text: string): void {
    const hash = toHex(sha256(utf8Encode(text)).subarray(0, 8))
    this.#high ^= Number.parseInt(hash.slice(0, 8), 16)
    this.#low ^= Number.parseInt(hash.slice(8), 16)
  }
}
