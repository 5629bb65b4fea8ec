import type { Hit, Listing } from '../../discovery/listing.ts'
import type { Criteria } from '../../discovery/overlay.ts'
import type { WorkReport } from '../../discovery/search-format.ts'
import type { Bytes } from '../../kernel/bytes.ts'
import type { FileRoot, InfoHash, Nonce, PeerId } from '../../kernel/ids.ts'

/** `orphan`: it has no leader and is none. */
export type Role = 'orphan' | 'child' | 'superNode'

/** What makes a peer a good or bad super node. Its own word: it decides who is asked, never who is trusted. */
export interface Standing {
  readonly uptimeSeconds: number
  readonly uploadBytesPerSecond: number
  readonly freeLinks: number
  readonly isVisible: boolean
  readonly isWilling: boolean
}

/** What somebody asks a super node to be for them. */
export type JoinAs = 'child' | 'standbyChild' | 'leader'

/** Files of one share, or some of them. */
export interface SharePart {
  readonly infoHash: InfoHash
  readonly listings: readonly Listing[]
}

/** "I received so many bytes from `uploader`", signed by the one who received them. */
export interface Receipt {
  readonly uploader: PeerId
  readonly downloader: PeerId
  readonly bytes: number
  /** Milliseconds since the Unix epoch. */
  readonly signedAt: number
  readonly nonce: Nonce
  /** Public key of the downloader and ECDSA over `receiptText`, in hex. */
  readonly key: string
  readonly signature: string
}

export type KazaaMessage =
  /** What the sender is, and the super nodes that it knows. Sent on a new link and when it changes. */
  | {
      readonly type: 'nodeInfo'
      readonly role: Role
      readonly children: number
      readonly neighbours: number
      readonly standing: Standing
      readonly leaders: readonly PeerId[]
    }
  | { readonly type: 'join'; readonly as: JoinAs; readonly standing: Standing }
  /** Taken in. Share diffs that follow carry the epoch. */
  | {
      readonly type: 'welcome'
      readonly as: JoinAs
      readonly epoch: number
      readonly leaders: readonly PeerId[]
    }
  | { readonly type: 'refuse'; readonly as: JoinAs; readonly leaders: readonly PeerId[] }
  /** The tie is over: child and leader, or two leaders. Super nodes to go to. */
  | { readonly type: 'leave'; readonly leaders: readonly PeerId[] }
  /** What a child shares: `reset` forgets what was known, then shares go and come. */
  | {
      readonly type: 'shareDiff'
      readonly epoch: number
      readonly reset: boolean
      readonly remove: readonly InfoHash[]
      readonly add: readonly SharePart[]
    }
  /** What a child believes its leader has of it; see `PublishedDigest`. */
  | { readonly type: 'digest'; readonly epoch: number; readonly digest: string; readonly standing: Standing }
  /** The digest was wrong, or a handover was lost: all again. */
  | { readonly type: 'resend'; readonly epoch: number }
  | {
      readonly type: 'query'
      readonly guid: Nonce
      /** Links between super nodes that it may still cross. */
      readonly ttl: number
      readonly hops: number
      readonly limit: number
      readonly wantsCost: boolean
      readonly criteria: Criteria
    }
  /** `providers`: for a query by infohash. `hops`: links that the query crossed to the farthest answer. */
  | {
      readonly type: 'hits'
      readonly guid: Nonce
      readonly hops: number
      readonly hits: readonly Hit[]
      readonly providers: readonly PeerId[]
    }
  | ({ readonly type: 'cost' } & WorkReport)
  /** Do you share this file? Somebody says so. */
  | { readonly type: 'confirm'; readonly infoHash: InfoHash; readonly root: FileRoot }
  | {
      readonly type: 'confirmed'
      readonly infoHash: InfoHash
      readonly root: FileRoot
      readonly isShared: boolean
    }
  /** Words and shares that the sender's children have, as a Bloom filter of a power of two bits. */
  | { readonly type: 'filter'; readonly bits: Bytes }
  /** Be a super node: we have too many children, or no second one exists. */
  | { readonly type: 'promote' }
  | { readonly type: 'decline' }
  /** Index of children who are told to come to you. */
  | {
      readonly type: 'handover'
      readonly child: PeerId
      readonly isLast: boolean
      readonly shares: readonly SharePart[]
    }
  /** A place in the sender's upload queue is wanted. `ticket`: of an earlier place, after a reconnect; 0: none. */
  | { readonly type: 'enqueue'; readonly infoHash: InfoHash; readonly ticket: number }
  /** After a grant: the slot was taken back, the peer waits again. */
  | {
      readonly type: 'queued'
      readonly infoHash: InfoHash
      readonly ticket: number
      /** From 1. */
      readonly position: number
      readonly etaMs: number
    }
  | { readonly type: 'grant'; readonly infoHash: InfoHash }
  | { readonly type: 'dequeue'; readonly infoHash: InfoHash }
  /** For the uploader, from the one it served. */
  | { readonly type: 'receipt'; readonly receipt: Receipt }
  /** Receipts of others for the sender. */
  | { readonly type: 'present'; readonly receipts: readonly Receipt[] }
