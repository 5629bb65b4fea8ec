import type { OverlayEffect, OverlayInput } from '../../discovery/overlay.ts'
import type { InfoHash, PeerId } from '../../kernel/ids.ts'
import type { Rng } from '../../kernel/rng.ts'
import type { WallClock } from '../../kernel/wall-clock.ts'
import type { KazaaMessage, Role } from './messages.ts'

export interface KazaaOptions {
  readonly self: PeerId
  /** Our public key in hex, named in the receipts that we sign. */
  readonly key: string
  readonly rng: Rng
  readonly now: number
  /** For the dates of receipts; left out: the core's clock is right. */
  readonly wall?: WallClock
  /** Whether the person lets this peer be a super node; true when left out. */
  readonly isWilling?: boolean
  /** Whether an id belongs to a key: SHA-256 of it, when left out. Simulated keys need another. */
  readonly isKeyOf?: (peer: PeerId, key: string) => boolean
  /** Ask super nodes to report their work, for `searchCost`; true when left out. */
  readonly wantsCost?: boolean
}

export type KazaaInput =
  | OverlayInput<KazaaMessage>
  /** How things stand with this peer; tell it when they change. */
  | {
      readonly type: 'conditions'
      readonly isVisible: boolean
      readonly uploadBytesPerSecond: number
      readonly isWilling: boolean
    }
  /** Links that this peer could still make; a super node without any takes no children. */
  | { readonly type: 'room'; readonly freeLinks: number }
  /** Become a super node at once, as if elected: for simulations that begin with a settled network, and tests. */
  | { readonly type: 'lead' }
  /** The tab is closing: children are handed over, leaders told. */
  | { readonly type: 'leaving' }
  /** Verified bytes came from a peer: it gets receipts for them. */
  | { readonly type: 'received'; readonly from: PeerId; readonly bytes: number }
  /** We want a place in that peer's upload queue. Answers: `queued` now and then, `granted`. */
  | { readonly type: 'enqueue'; readonly peer: PeerId; readonly infoHash: InfoHash }
  /** We no longer want it. */
  | { readonly type: 'dequeue'; readonly peer: PeerId; readonly infoHash: InfoHash }
  /** The peer has got from us what it wanted: its slot is free. */
  | { readonly type: 'uploadDone'; readonly peer: PeerId; readonly infoHash: InfoHash }

export type KazaaEffect =
  | OverlayEffect<KazaaMessage>
  /**
   * Our place in that peer's queue, from 1, and how long it thinks that takes. After `granted`: the slot was
   * taken back.
   */
  | {
      readonly type: 'queued'
      readonly peer: PeerId
      readonly infoHash: InfoHash
      readonly position: number
      readonly etaMs: number
    }
  /** A slot at that peer is ours. */
  | { readonly type: 'granted'; readonly peer: PeerId; readonly infoHash: InfoHash }
  /** We give that peer a slot. */
  | { readonly type: 'serve'; readonly peer: PeerId; readonly infoHash: InfoHash }
  /** The peer waits in our queue: it has no slot, or we take it back. */
  | { readonly type: 'unserve'; readonly peer: PeerId; readonly infoHash: InfoHash }
  /** The peer left our queue. */
  | { readonly type: 'released'; readonly peer: PeerId; readonly infoHash: InfoHash }

/** What happened at this node since it started. */
export interface KazaaCounters {
  queriesSeen: number
  duplicates: number
  queriesSent: number
  /** Query copies saved because a neighbour's filter had no match. */
  queriesFiltered: number
  hitsSent: number
  /** Hits that came from one of our two super nodes only, although both should know them. */
  oneSidedHits: number
  /** Super nodes asked again on their own, and those left because they hid hits or made some up. */
  audits: number
  mistrusted: number
  /** Queries dropped because somebody sent too many. */
  queriesDropped: number
  promotions: number
  demotions: number
  receiptsVerified: number
  receiptsRefused: number
  /** Reports of work: kept apart, since they are not part of the protocol that they measure. */
  costMessages: number
  costBytes: number
}

/** One peer that waits for an upload slot of ours, or has one (position 0). */
export interface QueueView {
  readonly peer: PeerId
  readonly infoHash: InfoHash
  readonly position: number
  readonly etaMs: number
  /** Credit from verified receipts, 0 to 1. */
  readonly priority: number
}

/** Plain data for people to look at. */
export interface KazaaView {
  readonly role: Role
  readonly leader: PeerId | null
  readonly standby: PeerId | null
  readonly children: readonly PeerId[]
  /** Super nodes linked to us as one. */
  readonly superNodes: readonly PeerId[]
  /** Listings of our children, and our own. */
  readonly indexSize: number
  readonly uploadQueue: readonly QueueView[]
  readonly counters: Readonly<KazaaCounters>
}
