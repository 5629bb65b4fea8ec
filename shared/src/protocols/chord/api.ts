import type { Nonce, PeerId } from '../../kernel/ids.ts'
import type { Rng } from '../../kernel/rng.ts'
import type { WallClock } from '../../kernel/wall-clock.ts'
import type { OverlayEffect, OverlayInput } from '../../discovery/overlay.ts'
import type { Answer, Ask, ChordMessage, Found, Routing } from './messages.ts'
import type { Position } from './position.ts'
import type { IsKeyOf, RingRecord } from './record.ts'

export type ChordInput =
  | OverlayInput<ChordMessage>
  /** What was kept from the last run; the records are checked again before they count. */
  | {
      readonly type: 'restored'
      readonly records: readonly RingRecord[]
      readonly peers: readonly PeerId[]
    }
  | { readonly type: 'routing'; readonly routing: Routing }
  /** The tab closes: says goodbye. The links must stay up until the effects are carried out. */
  | { readonly type: 'leaving' }
  /** Who owns this key? Answer: `lookedUp`. */
  | { readonly type: 'lookup'; readonly id: Nonce; readonly key: Position }

/** What becomes of questions that end here. */
export interface RelayHooks {
  /** We own the key: does what is asked, and replies now or later. */
  answer(ask: Ask, reply: (answer: Answer) => void): void
  /** Our own question came back answered, or not (`null`). */
  ended(lookup: Nonce, found: Found | null, from: PeerId | null): void
}

export type ChordEffect =
  | OverlayEffect<ChordMessage>
  /** {@link ChordView} and records differ from what was last saved; at most one a second. */
  | { readonly type: 'recordsChanged' }
  | {
      readonly type: 'lookedUp'
      readonly id: Nonce
      /** `null` when nobody answered. */
      readonly owner: PeerId | null
      readonly hops: number
      /** First hops that were tried. */
      readonly attempts: number
    }

export interface ChordOptions {
  readonly self: PeerId
  /** Public key in hex, 130 digits. */
  readonly key: string
  readonly rng: Rng
  readonly now: number
  /** For the dates of records; left out: the core's clock is right. */
  readonly wall?: WallClock
  /** Links in all, ring neighbours included; default 24. */
  readonly linkCap?: number
  /** Routing of lookups that begin here; default `full`. */
  readonly routing?: Routing
  /** Entries of the successor and of the predecessor list; default 8. */
  readonly listLength?: number
  /** Left out: the id must be the SHA-256 of the key. Simulations have no real keys. */
  readonly isKeyOf?: IsKeyOf
}

/** State of a node for people, as plain JSON. */
export interface ChordView {
  /** 40 hex digits. */
  readonly position: Position
  /** `forming`: part of a ring of fewer members than a full successor list and the node itself. */
  readonly state: 'alone' | 'joining' | 'forming' | 'member'
  /** Nearest first. */
  readonly predecessors: readonly PeerId[]
  readonly successors: readonly PeerId[]
  /** Links that are no ring neighbours; finger `level` covers the distances from 2^level up to 2^(level + 1) clockwise. */
  readonly fingers: readonly { readonly level: number; readonly peer: PeerId }[]
  /** Records held for others and ourselves. */
  readonly records: number
  /** Members of the ring, estimated from how close the neighbours stand; exact when all are known. */
  readonly size: number
  readonly routing: Routing
}
