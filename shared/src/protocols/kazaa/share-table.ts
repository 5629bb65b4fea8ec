import { PublishedDigest } from '../../discovery/digest.ts'
import type { Listing } from '../../discovery/listing.ts'
import type { InfoHash } from '../../kernel/ids.ts'
import {
  LISTINGS_PER_CHILD,
  LISTINGS_PER_MESSAGE,
  SHARES_PER_CHILD,
  SHARES_PER_MESSAGE,
} from './constants.ts'
import type { SharePart } from './messages.ts'

/** Shares of one peer. More than a super node takes are left out, by both sides in the same way. */
export class ShareTable {
  readonly #shares = new Map<InfoHash, readonly Listing[]>()
  #listings = 0
  #digest: string | null = null

  has(infoHash: InfoHash): boolean {
    return this.#shares.has(infoHash)
  }

  /** How many files of a share it has; `null` when it has not even the share. */
  countOf(infoHash: InfoHash): number | null {
    return this.#shares.get(infoHash)?.length ?? null
  }

  /** Adds to a share, or begins it. @returns what was taken. */
  add({ infoHash, listings }: SharePart): SharePart | null {
    const known = this.#shares.get(infoHash)
    if (known === undefined && this.#shares.size >= SHARES_PER_CHILD) return null
    const seen = new Set(known?.map(({ root }) => root))
    const fresh: Listing[] = []
    for (const listing of listings) {
      if (this.#listings + fresh.length >= LISTINGS_PER_CHILD) break
      if (listing.infoHash !== infoHash || seen.has(listing.root)) continue
      seen.add(listing.root)
      fresh.push(listing)
    }
    this.#shares.set(infoHash, [...(known ?? []), ...fresh])
    this.#listings += fresh.length
    this.#digest = null
    return { infoHash, listings: fresh }
  }

  remove(infoHash: InfoHash): void {
    this.#listings -= this.#shares.get(infoHash)?.length ?? 0
    this.#shares.delete(infoHash)
    this.#digest = null
  }

  parts(): SharePart[] {
    return [...this.#shares].map(([infoHash, listings]) => ({ infoHash, listings }))
  }

  /** Fingerprint of all of it. */
  digest(): string {
    if (this.#digest === null) {
      const digest = new PublishedDigest()
      for (const [infoHash, listings] of this.#shares) digest.toggle(infoHash, listings)
      this.#digest = digest.hex
    }
    return this.#digest
  }
}

/** Cuts shares into lists that fit into one message each; at least one, which may be empty. */
export function inMessages(parts: readonly SharePart[]): SharePart[][] {
  const messages: SharePart[][] = []
  let current: SharePart[] = []
  let listingsIn = 0
  const close = () => {
    messages.push(current)
    current = []
    listingsIn = 0
  }
  for (const { infoHash, listings } of parts) {
    let at = 0
    do {
      if (listingsIn >= LISTINGS_PER_MESSAGE || current.length >= SHARES_PER_MESSAGE) close()
      const some = listings.slice(at, at + LISTINGS_PER_MESSAGE - listingsIn)
      current.push({ infoHash, listings: some })
      listingsIn += some.length
      at += some.length
    } while (at < listings.length)
  }
  close()
  return messages
}
