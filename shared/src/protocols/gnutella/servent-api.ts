import type { OverlayEffect, OverlayInput } from '../../discovery/overlay.ts'
import type { PeerId } from '../../kernel/ids.ts'
import type { Rng } from '../../kernel/rng.ts'
import type { GnutellaMessage, SpreadMode } from './messages.ts'

/** Numbers of neighbours. */
export interface Degree {
  readonly min: number
  readonly target: number
  readonly max: number
}

export interface ServentOptions {
  readonly self: PeerId
  readonly rng: Rng
  readonly now: number
  /** How our own queries travel; `pruned` when left out. */
  readonly mode?: SpreadMode
  /** Horizon of our own queries in links, 1 to 7; 5 when left out. */
  readonly ttl?: number
  readonly degree?: Degree
  /** Ask those reached to report their work, for `searchCost`; true when left out. */
  readonly wantsTally?: boolean
}

export type GnutellaInput =
  | OverlayInput<GnutellaMessage>
  | { readonly type: 'mode'; readonly mode: SpreadMode }
  | { readonly type: 'ttl'; readonly ttl: number }
  /** Peers remembered from an earlier session. */
  | { readonly type: 'hostCache'; readonly peers: readonly PeerId[] }
  /** The tab is closing: neighbours are told. */
  | { readonly type: 'leaving' }

export type GnutellaEffect =
  | OverlayEffect<GnutellaMessage>
  /** `hostCache()` is worth saving again. */
  | { readonly type: 'hostCacheChanged' }

/** What happened at this servent since it started. */
export interface GnutellaCounters {
  /** Queries seen for the first time, and copies of known ones. */
  queriesSeen: number
  duplicates: number
  /** Copies of queries sent, our own included. */
  queriesSent: number
  /** Hits of our own and of others sent on. */
  hitsSent: number
  /** Hits whose way back was lost, and those saved by the second way. */
  hitsDropped: number
  hitsReoffered: number
  /** Queries dropped because a neighbour sent too many. */
  queriesDropped: number
  grafts: number
  prunes: number
  /** Reports of work: kept apart, since they are not part of the protocol that they measure. */
  tallyMessages: number
  tallyBytes: number
}

/** Plain data for people to look at. */
export interface GnutellaView {
  readonly mode: SpreadMode
  readonly ttl: number
  /** `lazy`: the link gets digests instead of queries in pruned mode. */
  readonly neighbours: readonly { readonly peer: PeerId; readonly lazy: boolean }[]
  readonly hostCacheSize: number
  readonly counters: Readonly<GnutellaCounters>
}
