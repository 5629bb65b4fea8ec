import { assertNever, type Core } from '../../kernel/core.ts'
import { FairRoom } from '../../kernel/fair-room.ts'
import type { FileRoot, InfoHash, PeerId } from '../../kernel/ids.ts'
import { PublishedDigest } from '../../discovery/digest.ts'
import { mergeHits, type Hit, type Listing } from '../../discovery/listing.ts'
import { costAlone, WordIndex } from '../../discovery/word-index.ts'
import type {
  DirectorySearchRequest,
  DirectorySearchResponse,
  DirectoryUpdateRequest,
  DirectoryUpdateResponse,
  Refusal,
} from '../../wire/signaling.ts'
import { LIMITS } from '../../kernel/limits.ts'
import {
  DIRECTORY_BYTES,
  FILES_PER_PEER,
  PROVIDERS,
  RANKED,
  RESULTS,
  SHARE_BYTES,
  WORDS_PER_PEER,
} from './constants.ts'

export type DirectoryServerInput =
  | {
      readonly type: 'update'
      readonly from: PeerId
      /** What fair shares of the memory are counted by: where the peer's socket comes from; `null` counts nothing. */
      readonly address: string | null
      readonly request: DirectoryUpdateRequest
      readonly replyTo: number
    }
  | {
      readonly type: 'search'
      readonly from: PeerId
      readonly request: DirectorySearchRequest
      readonly replyTo: number
    }
  /** The peer's socket is gone, and with it all that it listed. */
  | { readonly type: 'peerGone'; readonly peer: PeerId }
  | { readonly type: 'wake' }

export interface DirectoryServerEffect {
  readonly type: 'reply'
  readonly replyTo: number
  readonly response: DirectoryUpdateResponse | DirectorySearchResponse | Refusal
}

/** What one peer has registered. */
interface Registration {
  readonly address: string | null
  readonly shares: Map<InfoHash, Listing[]>
  readonly digest: PublishedDigest
  fileCount: number
  wordCount: number
}

/**
 * Napster's central directory: who has which file, by keyword and by infohash. State is soft: it lives as
 * long as the peers' sockets, and they register again after a restart.
 */
export class DirectoryServer implements Core<DirectoryServerInput, DirectoryServerEffect> {
  readonly #index = new WordIndex<PeerId>()
  readonly #peers = new Map<PeerId, Registration>()
  readonly #providers = new Map<InfoHash, Set<PeerId>>()
  readonly #sources = new Map<FileRoot, number>()
  readonly #fair = new FairRoom()
  /** Shares of all peers. */
  #shareCount = 0

  /** @param room bytes of memory that it may take, about; one update may go over by what it carries */
  constructor(readonly room: number = DIRECTORY_BYTES) {}

  get sizes(): { readonly files: number; readonly peers: number } {
    return { files: this.#index.size, peers: this.#peers.size }
  }

  /** What a peer has registered, by share. */
  sharesOf(peer: PeerId): ReadonlyMap<InfoHash, readonly Listing[]> {
    return this.#peers.get(peer)?.shares ?? new Map<InfoHash, readonly Listing[]>()
  }

  /** The address that a peer's files are counted for. */
  addressOf(peer: PeerId): string | null {
    return this.#peers.get(peer)?.address ?? null
  }

  /** Whether this very listing was taken, and not one of the same file that was there before. */
  holds(peer: PeerId, listing: Listing): boolean {
    return this.#index.get(peer, listing) === listing
  }

  handle(input: DirectoryServerInput): DirectoryServerEffect[] {
    switch (input.type) {
      case 'update':
        return [{ type: 'reply', replyTo: input.replyTo, response: this.#update(input) }]
      case 'search':
        return [{ type: 'reply', replyTo: input.replyTo, response: this.#search(input.from, input.request) }]
      case 'peerGone':
        this.#forget(input.peer)
        return []
      case 'wake':
        return []
      default:
        return assertNever(input)
    }
  }

  wakeAt(): number {
    return Infinity
  }

  #update({
    from,
    address,
    request,
  }: DirectoryServerInput & { type: 'update' }): DirectoryUpdateResponse | Refusal {
    if (request.reset) this.#forget(from)
    const registration = this.#registrationOf(from, address)
    for (const infoHash of request.withdraw) this.#withdraw(from, registration, infoHash)
    let isFull = false
    for (const { infoHash, listings } of request.add) {
      // One that does not fit keeps none out that do.
      if (!this.#add(from, registration, infoHash, listings)) isFull = true
    }
    if (registration.shares.size === 0) this.#peers.delete(from)
    return isFull ? { ok: false, code: 'full' } : { ok: true, digest: registration.digest.hex }
  }

  #registrationOf(peer: PeerId, address: string | null): Registration {
    const known = this.#peers.get(peer)
    if (known !== undefined) return known
    const digest = new PublishedDigest()
    const registration = { address, shares: new Map(), digest, fileCount: 0, wordCount: 0 }
    this.#peers.set(peer, registration)
    return registration
  }

  /**
   * A share may come in several updates: what is there already is kept. The work is that of the new files alone.
   * @returns false when there is no room
   */
  #add(from: PeerId, registration: Registration, infoHash: InfoHash, listings: readonly Listing[]): boolean {
    const roots = new Set<FileRoot>()
    const fresh = listings.filter(
      (each) => !roots.has(each.root) && roots.add(each.root) && this.#index.get(from, each) === undefined,
    )
    const known = registration.shares.get(infoHash)
    if (known !== undefined && fresh.length === 0) return true
    if (!this.#hasRoom(registration, fresh.length)) return false
    if (known === undefined) {
      this.#shareCount++
      this.#fair.hold(registration.address, SHARE_BYTES)
      registration.shares.set(infoHash, fresh)
      registration.digest.toggle(infoHash, fresh)
    } else {
      known.push(...fresh)
      registration.digest.toggleListings(infoHash, fresh)
    }
    registration.fileCount += fresh.length
    for (const listing of fresh) {
      const words = this.#index.add(from, listing)
      registration.wordCount += words
      this.#fair.hold(registration.address, costAlone(listing, words))
      this.#sources.set(listing.root, (this.#sources.get(listing.root) ?? 0) + 1)
    }
    const providers = this.#providers.get(infoHash) ?? new Set()
    this.#providers.set(infoHash, providers.add(from))
    return true
  }

  /** Whether a peer may list so many files more, be it none, in a share that may be new. */
  #hasRoom({ address, fileCount, wordCount, shares }: Registration, files: number): boolean {
    if (fileCount + files > FILES_PER_PEER || shares.size >= FILES_PER_PEER) return false
    const free = this.room - this.#index.bytes - this.#shareCount * SHARE_BYTES
    return wordCount < WORDS_PER_PEER && free > 0 && this.#fair.mayTakeMore(address, free)
  }

  #withdraw(peer: PeerId, registration: Registration, infoHash: InfoHash): void {
    const listings = registration.shares.get(infoHash)
    if (listings === undefined) return
    this.#shareCount--
    this.#fair.hold(registration.address, -SHARE_BYTES)
    registration.shares.delete(infoHash)
    registration.digest.toggle(infoHash, listings)
    registration.fileCount -= listings.length
    for (const listing of listings) {
      const words = this.#index.removeListing(peer, listing)
      registration.wordCount -= words
      this.#fair.hold(registration.address, -costAlone(listing, words))
      const left = (this.#sources.get(listing.root) ?? 1) - 1
      if (left > 0) this.#sources.set(listing.root, left)
      else this.#sources.delete(listing.root)
    }
    const providers = this.#providers.get(infoHash)
    providers?.delete(peer)
    if (providers?.size === 0) this.#providers.delete(infoHash)
  }

  #forget(peer: PeerId): void {
    const registration = this.#peers.get(peer)
    if (registration === undefined) return
    for (const infoHash of [...registration.shares.keys()]) this.#withdraw(peer, registration, infoHash)
    this.#peers.delete(peer)
  }

  #search(from: PeerId, { criteria, limit }: DirectorySearchRequest): DirectorySearchResponse {
    if (criteria.by === 'infoHash') {
      const providers = [...(this.#providers.get(criteria.infoHash) ?? [])].filter((peer) => peer !== from)
      return { ok: true, hits: [], peers: providers.slice(0, PROVIDERS) }
    }
    const found = this.#index
      .find(criteria.words, RANKED)
      .filter(({ owner }) => owner !== from)
      .map(({ owner, listing }): Hit => ({ listing, providers: [owner] }))
    // Whole matches come first out of the index; a stable sort by sources keeps that among equals.
    const ranked = mergeHits(found).sort((a, b) => this.#rank(b) - this.#rank(a))
    const hits = ranked.slice(0, Math.min(limit, RESULTS)).map(({ listing, providers }) => ({
      listing,
      providers: providers.slice(0, LIMITS.providersPerHit),
    }))
    return { ok: true, hits, peers: [] }
  }

  #rank({ listing }: Hit): number {
    return this.#sources.get(listing.root) ?? 0
  }
}
