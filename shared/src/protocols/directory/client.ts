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
  FILES_PER_PEER,
  FIRST_WORD_MS,
  LISTINGS_PER_UPDATE,
  RETRY_MAX_MS,
  RETRY_MS,
  SEARCH_TIMEOUT_MS,
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

/** Registers what we share with the server's directory, and asks it. */
export class DirectoryClient implements Core<DirectoryClientInput, DirectoryClientEffect> {
  readonly #published = new Map<InfoHash, readonly Listing[]>()
  /** What the server should hold of us once all updates are answered. */
  #sent = new PublishedDigest()
  /** Files of each share that was not left out for want of room. */
  readonly #sentFiles = new Map<InfoHash, number>()
  /** Changes that the server does not know of yet, in order. */
  #waiting: DirectoryUpdateRequest[] = []
  #inFlight = false
  #state: DirectoryState = 'down'
  #failures = 0
  #retryAt = Infinity
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
    return Math.min(this.#retryAt, ...open.map(({ deadline }) => deadline))
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
    if (!this.#published.delete(infoHash)) return
    if (this.#isOff()) return
    // After a full directory what it holds of us is unknown: start anew.
    if (this.#state === 'full') return this.#registerAll()
    this.#sentFiles.delete(infoHash)
    this.#waiting.push({ reset: false, add: [], withdraw: [infoHash] })
    if (this.#state === 'registered') this.#state = 'registering'
    this.#registerDigest()
  }

  /** All again from nothing: after a connect, a restart of the server, or a difference of opinion. */
  #registerAll(): void {
    this.#waiting = []
    this.#inFlight = false
    this.#retryAt = Infinity
    this.#sentFiles.clear()
    if (this.#isOff()) return
    this.#state = 'registering'
    this.#waiting.push({ reset: true, add: [], withdraw: [] })
    for (const [infoHash, listings] of this.#published) this.#queueAdd(infoHash, listings)
    this.#registerDigest()
  }

  #queueAdd(infoHash: InfoHash, listings: readonly Listing[]): void {
    if (this.#isOff()) return
    const sent = [...this.#sentFiles.values()].reduce((sum, files) => sum + files, 0)
    if (listings.length > FILES_PER_PEER - sent) {
      this.#state = 'full'
      return
    }
    this.#sentFiles.set(infoHash, listings.length)
    if (this.#state === 'registered') this.#state = 'registering'
    // At least one update, so that an unlisted share has its provider too.
    for (let at = 0; at === 0 || at < listings.length; at += LISTINGS_PER_UPDATE) {
      const part = listings.slice(at, at + LISTINGS_PER_UPDATE)
      this.#waiting.push({ reset: false, add: [{ infoHash, listings: part }], withdraw: [] })
    }
    this.#registerDigest()
  }

  #registerDigest(): void {
    this.#sent = new PublishedDigest()
    for (const [infoHash, listings] of this.#published) this.#sent.toggle(infoHash, distinct(listings))
  }

  #sendNext(): void {
    if (this.#inFlight || this.#isOff() || this.#retryAt !== Infinity) return
    const request = this.#waiting[0]
    if (request === undefined) return
    this.#inFlight = true
    this.#effects.push({ type: 'update', request })
  }

  #onUpdated(response: UpdateOutcome, now: number): void {
    if (!this.#inFlight) return
    this.#inFlight = false
    if (!response.ok) return this.#onRefused(response.code, now)
    this.#failures = 0
    this.#waiting.shift()
    if (this.#waiting.length > 0 || this.#state === 'full') return
    if (response.digest === this.#sent.hex) this.#state = 'registered'
    else this.#backOff(now)
  }

  #onRefused(code: string, now: number): void {
    if (code === 'roleOff') {
      this.#state = 'roleOff'
      this.#waiting = []
      return
    }
    if (code === 'full') {
      this.#waiting.shift()
      this.#state = 'full'
      return
    }
    this.#backOff(now)
  }

  /** Everything is registered anew then: an update may have been taken although no answer came. */
  #backOff(now: number): void {
    this.#retryAt = now + Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** this.#failures++)
  }

  #onDown(): void {
    this.#state = 'down'
    this.#waiting = []
    this.#inFlight = false
    this.#retryAt = Infinity
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
