import { utf8Encode } from '../../kernel/bytes.ts'
import { assertNever, type Core } from '../../kernel/core.ts'
import type { InfoHash, Nonce, PeerId } from '../../kernel/ids.ts'
import { PublishedDigest } from '../../discovery/digest.ts'
import type { Listing } from '../../discovery/listing.ts'
import type { DiscoveryAnswer, DiscoveryCommand } from '../../discovery/overlay.ts'
import type {
  DirectorySearchRequest,
  DirectorySearchResponse,
  DirectoryUpdateRequest,
  DirectoryUpdateResponse,
  Refusal,
  ServerRole,
} from '../../wire/signaling.ts'
import {
  CHANGES_PER_UPDATE,
  FILES_PER_PEER,
  FIRST_WORD_MS,
  RETRY_MAX_MS,
  RETRY_MS,
  SEARCH_TIMEOUT_MS,
  UPDATE_BYTES,
} from './constants.ts'

/** An answer of the server, or why there is none. */
type Outcome<Response> = Response | Refusal | { readonly ok: false; readonly code: 'noAnswer' }
export type UpdateOutcome = Outcome<DirectoryUpdateResponse>
export type SearchOutcome = Outcome<DirectorySearchResponse>

export type DirectoryClientInput =
  | DiscoveryCommand
  | { readonly type: 'serverUp'; readonly roles: readonly ServerRole[] }
  | { readonly type: 'serverDown' }
  | { readonly type: 'updateResult'; readonly response: UpdateOutcome }
  | { readonly type: 'searchResult'; readonly id: Nonce; readonly response: SearchOutcome }
  | { readonly type: 'wake' }

export type DirectoryClientEffect =
  | DiscoveryAnswer
  /** Answer: `updateResult`; one at a time. */
  | { readonly type: 'update'; readonly request: DirectoryUpdateRequest }
  /** Answer: `searchResult`. */
  | { readonly type: 'ask'; readonly id: Nonce; readonly request: DirectorySearchRequest }

/** `roleOff`: the server is there but runs no directory. `full`: it took only part of our files. */
export type DirectoryState = 'down' | 'roleOff' | 'registering' | 'registered' | 'full'

/** A file more, a share (with its first file, or none), or a share less. */
interface Change {
  readonly infoHash: InfoHash
  readonly listings: readonly Listing[] | 'withdrawn'
}

/** Registers what we share with the server's directory, and asks it. */
export class DirectoryClient implements Core<DirectoryClientInput, DirectoryClientEffect> {
  readonly #published = new Map<InfoHash, readonly Listing[]>()
  /** What the server should hold of us once all updates are answered: shares that were not left out for want of room. */
  readonly #sent = new PublishedDigest()
  readonly #sentShares = new Set<InfoHash>()
  #sentFiles = 0
  /** Changes that the server does not know of yet, in order. */
  #waiting: Change[] = []
  /** Whether the server is to forget the rest before the first of them. */
  #isReset = false
  /** How many of them are on their way; `null` when no update is. */
  #inFlight: number | null = null
  #state: DirectoryState = 'down'
  #failures = 0
  #retryAt = Infinity
  /** The server takes only so many updates a second: the next goes out then. */
  #pausedUntil = Infinity
  /** Whether anything is known of the server yet: a page that opens asks while its socket still connects. */
  #hasHeard = false
  /** Searches that wait for the first word of the server. */
  readonly #early = new Map<Nonce, { readonly deadline: number; readonly request: DirectorySearchRequest }>()
  /** Open searches, with the bytes of the question. */
  readonly #searches = new Map<Nonce, { readonly deadline: number; readonly bytes: number }>()
  #effects: DirectoryClientEffect[] = []

  get state(): DirectoryState {
    return this.#state
  }

  handle(input: DirectoryClientInput, now: number): DirectoryClientEffect[] {
    this.#dispatch(input, now)
    this.#sendNext()
    return this.#effects.splice(0)
  }

  wakeAt(): number {
    const open = [...this.#searches.values(), ...this.#early.values()]
    return Math.min(this.#retryAt, this.#pausedUntil, ...open.map(({ deadline }) => deadline))
  }

  #dispatch(input: DirectoryClientInput, now: number): void {
    switch (input.type) {
      case 'publish':
        return this.#publish(input.infoHash, input.listings)
      case 'withdraw':
        return this.#withdraw(input.infoHash)
      case 'search':
        return this.#search(input.id, { criteria: input.criteria, limit: Math.min(100, input.limit) }, now)
      case 'cancelSearch':
        this.#searches.delete(input.id)
        this.#early.delete(input.id)
        return
      case 'serverUp':
        this.#state = input.roles.includes('directory') ? 'registering' : 'roleOff'
        this.#registerAll()
        return this.#onHeard(now)
      case 'serverDown':
        this.#onDown()
        return this.#onHeard(now)
      case 'updateResult':
        return this.#onUpdated(input.response, now)
      case 'searchResult':
        return this.#onAnswer(input.id, input.response)
      case 'wake':
        return this.#onWake(now)
      default:
        return assertNever(input)
    }
  }

  #publish(infoHash: InfoHash, listings: readonly Listing[]): void {
    if (this.#published.has(infoHash)) this.#withdraw(infoHash)
    this.#published.set(infoHash, listings)
    this.#queueAdd(infoHash, listings)
  }

  #withdraw(infoHash: InfoHash): void {
    const listings = this.#published.get(infoHash)
    if (listings === undefined) return
    this.#published.delete(infoHash)
    if (this.#sentShares.delete(infoHash)) {
      this.#sentFiles -= listings.length
      this.#sent.toggle(infoHash, distinct(listings))
    }
    if (this.#isOff()) return
    // After a full directory what it holds of us is unknown: start anew.
    if (this.#state === 'full') return this.#registerAll()
    this.#waiting.push({ infoHash, listings: 'withdrawn' })
    if (this.#state === 'registered') this.#state = 'registering'
  }

  /** Nothing is under way any more. */
  #clear(): void {
    this.#waiting = []
    this.#inFlight = null
    this.#isReset = false
    this.#retryAt = this.#pausedUntil = Infinity
  }

  /** All again from nothing: after a connect, a restart of the server, or a difference of opinion. */
  #registerAll(): void {
    this.#clear()
    if (this.#isOff()) return
    this.#state = 'registering'
    this.#isReset = true
    for (const [infoHash, listings] of this.#published) this.#queueAdd(infoHash, listings)
  }

  #queueAdd(infoHash: InfoHash, listings: readonly Listing[]): void {
    if (this.#isOff()) return
    if (!this.#sentShares.has(infoHash)) {
      if (listings.length > FILES_PER_PEER - this.#sentFiles) {
        this.#state = 'full'
        return
      }
      this.#sentShares.add(infoHash)
      this.#sentFiles += listings.length
      this.#sent.toggle(infoHash, distinct(listings))
    }
    if (this.#state === 'registered') this.#state = 'registering'
    for (const listing of listings) this.#waiting.push({ infoHash, listings: [listing] })
    // An unlisted share has its provider too.
    if (listings.length === 0) this.#waiting.push({ infoHash, listings })
  }

  #sendNext(): void {
    const isLater = Math.min(this.#retryAt, this.#pausedUntil) !== Infinity
    if (this.#inFlight !== null || this.#isOff() || isLater) return
    if (this.#waiting.length > 0 || this.#isReset)
      this.#effects.push({ type: 'update', request: this.#next() })
  }

  /** As many of the waiting changes as one message takes. The server withdraws first, then adds. */
  #next(): DirectoryUpdateRequest {
    const add = new Map<InfoHash, Listing[]>()
    const withdraw: InfoHash[] = []
    let bytes = 0
    let count = 0
    for (const change of this.#waiting) {
      const { infoHash, listings } = change
      bytes += utf8Encode(JSON.stringify(change)).length
      if (count > 0 && (bytes > UPDATE_BYTES || count >= CHANGES_PER_UPDATE)) break
      const added = add.get(infoHash) ?? []
      if (listings !== 'withdrawn') add.set(infoHash, [...added, ...listings])
      else if (add.has(infoHash)) break
      else withdraw.push(infoHash)
      count++
    }
    this.#inFlight = count
    const shares = [...add].map(([infoHash, listings]) => ({ infoHash, listings }))
    return { reset: this.#isReset, add: shares, withdraw }
  }

  #onUpdated(response: UpdateOutcome, now: number): void {
    const taken = this.#inFlight
    if (taken === null) return
    this.#inFlight = null
    if (!response.ok && response.code !== 'full') return this.#onRefused(response.code, now)
    this.#isReset = false
    this.#waiting.splice(0, taken)
    if (!response.ok) this.#state = 'full'
    if (this.#waiting.length > 0 || !response.ok || this.#state === 'full') return
    if (response.digest !== this.#sent.hex) return this.#backOff(now)
    this.#state = 'registered'
    this.#failures = 0
  }

  #onRefused(code: string, now: number): void {
    if (code === 'roleOff') {
      this.#state = 'roleOff'
      this.#clear()
    } else if (code === 'rateLimited') {
      // It did nothing of it, so the same will do again.
      this.#pausedUntil = now + RETRY_MS
    } else this.#backOff(now)
  }

  /** Everything is registered anew then: an update may have been taken although no answer came. */
  #backOff(now: number): void {
    this.#retryAt = now + Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** this.#failures++)
  }

  #onDown(): void {
    this.#state = 'down'
    this.#clear()
    for (const id of [...this.#searches.keys()]) this.#end(id, 'failed')
  }

  #search(id: Nonce, request: DirectorySearchRequest, now: number): void {
    if (this.#isOff()) {
      if (this.#hasHeard) this.#effects.push({ type: 'searchEnded', id, because: 'noNeighbours' })
      else this.#early.set(id, { deadline: now + FIRST_WORD_MS, request })
      return
    }
    this.#searches.set(id, { deadline: now + SEARCH_TIMEOUT_MS, bytes: JSON.stringify(request).length })
    this.#effects.push({ type: 'ask', id, request })
  }

  /** What was asked early goes out now, or ends, as it would have if it was asked now. */
  #onHeard(now: number): void {
    this.#hasHeard = true
    for (const [id, { request }] of this.#early) this.#search(id, request, now)
    this.#early.clear()
  }

  #onAnswer(id: Nonce, response: SearchOutcome): void {
    const asked = this.#searches.get(id)?.bytes
    if (asked === undefined) return
    if (!response.ok) return this.#end(id, 'failed')
    const { hits, peers } = response
    const bytes = asked + JSON.stringify(response).length
    this.#effects.push({ type: 'searchCost', id, messages: 2, bytes, steps: [] })
    if (hits.length > 0) this.#effects.push({ type: 'hits', id, hits, hops: 1 })
    if (peers.length > 0)
      this.#effects.push({ type: 'providers', id, peers: [...peers] as PeerId[], hops: 1 })
    this.#end(id, 'complete')
  }

  #end(id: Nonce, because: 'complete' | 'failed' | 'deadline'): void {
    this.#searches.delete(id)
    this.#effects.push({ type: 'searchEnded', id, because })
  }

  #onWake(now: number): void {
    if (now >= this.#pausedUntil) this.#pausedUntil = Infinity
    if (now >= this.#retryAt) this.#registerAll()
    for (const [id, { deadline }] of this.#early) {
      if (now < deadline) continue
      this.#early.delete(id)
      this.#effects.push({ type: 'searchEnded', id, because: 'noNeighbours' })
    }
    for (const [id, { deadline }] of [...this.#searches]) if (now >= deadline) this.#end(id, 'deadline')
  }

  #isOff(): boolean {
    return this.#state === 'down' || this.#state === 'roleOff'
  }
}

/** The directory lists each file of a share once. */
function distinct(listings: readonly Listing[]): Listing[] {
  return [...new Map(listings.toReversed().map((each) => [each.root, each])).values()].toReversed()
}
