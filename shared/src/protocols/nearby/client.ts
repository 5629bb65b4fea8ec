import { assertNever, type Core } from '../../kernel/core.ts'
import type { PeerId } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import type {
  NearbyCard,
  NearbyChange,
  NearbyPeer,
  NearbyRequest,
  NearbyResponse,
} from '../../wire/nearby.ts'
import type { Refusal, ServerRole } from '../../wire/signaling.ts'
import { REFRESH_MS, RETRY_MS } from './constants.ts'

/** An answer of the server, or why there is none. */
export type NearbyOutcome = NearbyResponse | Refusal | { readonly ok: false; readonly code: 'noAnswer' }

export type NearbyClientInput =
  /** What the person wants: to be seen under this card, or not at all. */
  | { readonly type: 'setCard'; readonly card: NearbyCard | null }
  | { readonly type: 'serverUp'; readonly roles: readonly ServerRole[] }
  | { readonly type: 'serverDown' }
  | { readonly type: 'answered'; readonly response: NearbyOutcome }
  | { readonly type: 'changed'; readonly change: NearbyChange }
  | { readonly type: 'wake' }

/** Answer: `answered`; one at a time. */
export interface NearbyClientEffect {
  readonly type: 'announce'
  readonly request: NearbyRequest
}

/**
 * `off`: not wanted. `down`: no server. `roleOff`: the server runs no such role, or cannot tell networks apart.
 * `full`: too many of this network are seen already; tried again.
 */
export type NearbyState = 'off' | 'down' | 'roleOff' | 'joining' | 'on' | 'full'

/** Keeps the server told how we want to be seen, and the list of the others up to date. Opt-in. */
export class NearbyClient implements Core<NearbyClientInput, NearbyClientEffect> {
  readonly #peers = new Map<PeerId, NearbyCard>()
  #card: NearbyCard | null = null
  #server: 'down' | 'roleOff' | 'up' = 'down'
  #state: 'joining' | 'on' | 'full' = 'joining'
  #isAsking = false
  /** What the server was told may differ from what is wanted now. */
  #isStale = false
  /** Whether the server may still show us. */
  #isShown = false
  #askAt = Infinity

  /** @param self our own id, which a list must not hold. */
  constructor(readonly self: PeerId) {}

  get state(): NearbyState {
    if (this.#card === null) return 'off'
    return this.#server === 'up' ? this.#state : this.#server
  }

  get card(): NearbyCard | null {
    return this.#card
  }

  get peers(): readonly NearbyPeer[] {
    return [...this.#peers].map(([peer, card]) => ({ peer, ...card }))
  }

  cardOf(peer: PeerId): NearbyCard | undefined {
    return this.#peers.get(peer)
  }

  handle(input: NearbyClientInput, now: number): NearbyClientEffect[] {
    switch (input.type) {
      case 'setCard':
        this.#setCard(input.card)
        break
      case 'serverUp':
        this.#server = input.roles.includes('nearby') ? 'up' : 'roleOff'
        this.#reset(this.#card !== null)
        break
      case 'serverDown':
        this.#server = 'down'
        this.#reset(false)
        break
      case 'answered':
        this.#onAnswered(input.response, now)
        break
      case 'changed':
        this.#onChanged(input.change)
        break
      case 'wake':
        if (now < this.#askAt) break
        this.#askAt = Infinity
        this.#isStale = true
        break
      default:
        return assertNever(input)
    }
    return this.#ask()
  }

  wakeAt(): number {
    return this.#askAt
  }

  #setCard(card: NearbyCard | null): void {
    if (card?.name === this.#card?.name && card?.kind === this.#card?.kind) return
    this.#card = card
    this.#askAt = Infinity
    this.#isStale = card !== null || this.#isShown || this.#isAsking
    if (card === null) this.#peers.clear()
  }

  /** A new socket, or none: whatever was asked before is never answered. */
  #reset(isStale: boolean): void {
    this.#peers.clear()
    this.#state = 'joining'
    this.#isAsking = false
    this.#isShown = false
    this.#isStale = isStale
    this.#askAt = Infinity
  }

  #ask(): NearbyClientEffect[] {
    if (!this.#isStale || this.#isAsking || this.#server !== 'up') return []
    this.#isStale = false
    this.#isAsking = true
    if (this.#card !== null) this.#isShown = true
    return [{ type: 'announce', request: { card: this.#card } }]
  }

  #onAnswered(response: NearbyOutcome, now: number): void {
    if (!this.#isAsking) return
    this.#isAsking = false
    if (response.ok) {
      this.#isShown = this.#card !== null
      this.#peers.clear()
      if (this.#card === null) return
      this.#state = 'on'
      this.#add(response.peers)
      this.#askAt = now + REFRESH_MS
      return
    }
    if (response.code === 'roleOff' || response.code === 'unknownNetwork') {
      this.#server = 'roleOff'
      return this.#reset(false)
    }
    if (response.code === 'full') {
      this.#state = 'full'
      this.#isShown = false
      this.#peers.clear()
    }
    // Even to be forgotten is asked again: people rely on it.
    if (this.#card !== null || this.#isShown) this.#askAt = now + RETRY_MS
  }

  #onChanged({ joined, left }: NearbyChange): void {
    if (this.#card === null) return
    for (const peer of left) this.#peers.delete(peer)
    this.#add(joined)
  }

  #add(peers: readonly NearbyPeer[]): void {
    for (const { peer, name, kind } of peers) {
      const isRoom = this.#peers.has(peer) || this.#peers.size < LIMITS.nearbyPeers
      if (peer !== this.self && isRoom) this.#peers.set(peer, { name, kind })
    }
  }
}
