import type { InfoHash, Nonce, PeerId } from '../kernel/ids.ts'
import type { Hit, Listing } from './listing.ts'

/**
 * What every discovery system over links has in common: the node tells it of links and hands it messages;
 * it asks for links, sends, and answers searches. A system never sees how links are made.
 */
export type OverlayInput<Message> =
  /** A link with a peer is there, proved and able to carry this system's messages. */
  | { readonly type: 'linkUp'; readonly peer: PeerId }
  /** The link is gone; whatever was on its way is lost. */
  | { readonly type: 'linkDown'; readonly peer: PeerId }
  | { readonly type: 'message'; readonly from: PeerId; readonly message: Message }
  /** A link that was asked for could not be made. */
  | { readonly type: 'dialFailed'; readonly peer: PeerId }
  /** Peers that may be online, from the server's sample, another system or memory: somewhere to begin. */
  | { readonly type: 'candidates'; readonly peers: readonly PeerId[] }
  | { readonly type: 'signed'; readonly ticket: number; readonly signature: string }
  | { readonly type: 'verified'; readonly ticket: number; readonly isValid: boolean }
  | DiscoveryCommand
  | { readonly type: 'wake' }

/** What is looked for. Words come from `queryWords`; all must match, the last may be a prefix where a system can. */
export type Criteria =
  | { readonly by: 'words'; readonly words: readonly string[] }
  /** Providers of a share that is known, for example from a link. */
  | { readonly by: 'infoHash'; readonly infoHash: InfoHash }

/** What a person, or the node in their name, asks of a system. */
export type DiscoveryCommand =
  /**
   * This node offers a share, until `withdraw`. `listings` names its files for keyword search and is empty for
   * an unlisted share, whose providers are then found by infohash alone. Publishing again replaces.
   */
  | { readonly type: 'publish'; readonly infoHash: InfoHash; readonly listings: readonly Listing[] }
  | { readonly type: 'withdraw'; readonly infoHash: InfoHash }
  /** Answers: `hits` and `providers` until `searchEnded`. */
  | { readonly type: 'search'; readonly id: Nonce; readonly criteria: Criteria; readonly limit: number }
  /** No more answers wanted; no `searchEnded` follows. */
  | { readonly type: 'cancelSearch'; readonly id: Nonce }

export type OverlayEffect<Message> =
  | { readonly type: 'send'; readonly to: PeerId; readonly message: Message }
  /**
   * A link with this peer is wanted. `via`: linked peers that know a way to it, best first. Answer: `linkUp` or
   * `dialFailed`; asking again meanwhile does nothing.
   */
  | { readonly type: 'dial'; readonly peer: PeerId; readonly via: readonly PeerId[] }
  /** The link is no longer of use to this system; it is closed unless another one needs it. */
  | { readonly type: 'release'; readonly peer: PeerId }
  /** The peer can be reached over that link, as an answer that came over it shows: a way for signaling. */
  | { readonly type: 'way'; readonly peer: PeerId; readonly via: PeerId }
  /** ECDSA over the text with the node's key. Answer: `signed`. */
  | { readonly type: 'sign'; readonly ticket: number; readonly text: string }
  /** Answer: `verified`. Key and signature in hex. */
  | {
      readonly type: 'verify'
      readonly ticket: number
      readonly key: string
      readonly text: string
      readonly signature: string
    }
  /** The peer broke the rules: its link is closed and it is not linked again. */
  | { readonly type: 'violation'; readonly peer: PeerId; readonly code: string }
  | DiscoveryAnswer

export type DiscoveryAnswer =
  /** `hops`: links that the question crossed to get this answer. */
  | { readonly type: 'hits'; readonly id: Nonce; readonly hits: readonly Hit[]; readonly hops: number }
  | {
      readonly type: 'providers'
      readonly id: Nonce
      readonly peers: readonly PeerId[]
      readonly hops: number
    }
  /** Work that others report to have done for a search, and the links that it crossed, for the drawing. */
  | {
      readonly type: 'searchCost'
      readonly id: Nonce
      readonly messages: number
      readonly bytes: number
      readonly steps: readonly SearchStep[]
    }
  | {
      readonly type: 'searchEnded'
      readonly id: Nonce
      readonly because: 'complete' | 'deadline' | 'noNeighbours' | 'failed'
    }

/** One message of a search on its way from one peer to another, for the drawing. */
export interface SearchStep {
  readonly from: PeerId
  readonly to: PeerId
  /** Links crossed before: 0 for what the searcher itself sent. */
  readonly hops: number
  readonly kind: 'query' | 'duplicate' | 'hit' | 'ack'
}

/** A discovery system as its host sees it, besides `handle` and `wakeAt`. */
export interface OverlayCore {
  /** Whether this system has a use for the link: others are closed when they idle. */
  needs(peer: PeerId): boolean
  /** Whether a link that this peer asks for is welcome; false when there is no room for it. */
  accepts(peer: PeerId): boolean
}
