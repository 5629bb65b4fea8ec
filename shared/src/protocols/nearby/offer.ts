import type { Nonce, PeerId } from '../../kernel/ids.ts'
import type { NearbyMessage, OfferedShare } from './messages.ts'

/**
 * `dialling`: the link is being made. `waiting`: the peer has it before it. `unreachable`: no link came about, or
 * the device takes no offers now. The last five are final.
 */
export type OutgoingState =
  'dialling' | 'waiting' | 'accepted' | 'declined' | 'unreachable' | 'expired' | 'withdrawn'
/** `different`: accepted, but what came is not what was offered, so nothing is downloaded by itself. */
export type IncomingState = 'pending' | 'accepted' | 'declined' | 'expired' | 'withdrawn' | 'different'

interface OfferBase {
  readonly id: Nonce
  readonly peer: PeerId
  /** The peer's display name when the offer was made. */
  readonly peerName: string
  readonly share: OfferedShare
  /** An open offer ends then; a decided one is forgotten then. */
  until: number
}
export interface OutgoingOffer extends OfferBase {
  state: OutgoingState
}
export interface IncomingOffer extends OfferBase {
  state: IncomingState
  /** The peer has still to be told what became of it. */
  isUntold: boolean
}

export type OfferInput =
  /** Whether offers may come and go, and under which name ours go. */
  | { readonly type: 'open'; readonly name: string }
  | { readonly type: 'shut' }
  /** Peers on the list now. */
  | { readonly type: 'seen'; readonly peers: readonly { readonly peer: PeerId; readonly name: string }[] }
  | { readonly type: 'send'; readonly id: Nonce; readonly peer: PeerId; readonly share: OfferedShare }
  | { readonly type: 'withdraw'; readonly id: Nonce }
  | { readonly type: 'answer'; readonly id: Nonce; readonly isAccepted: boolean }
  /** What was accepted turned out to be something else. */
  | { readonly type: 'different'; readonly share: OfferedShare }
  | { readonly type: 'message'; readonly from: PeerId; readonly message: NearbyMessage }
  | { readonly type: 'linkUp' | 'linkDown' | 'linkFailed'; readonly peer: PeerId }
  | { readonly type: 'wake' }

export type OfferEffect =
  | { readonly type: 'tell'; readonly to: PeerId; readonly message: NearbyMessage }
  /** Answer: `linkUp` or `linkFailed`. */
  | { readonly type: 'dial'; readonly peer: PeerId }
  /** The person wants it: open it from this peer. */
  | { readonly type: 'fetch'; readonly peer: PeerId; readonly share: OfferedShare }
