import type { InfoHash, Nonce, PeerId } from '../kernel/ids.ts'
import type { NearbyState } from '../protocols/nearby/client.ts'
import type { IncomingOffer, IncomingState, OutgoingOffer, OutgoingState } from '../protocols/nearby/offer.ts'
import type { DeviceKind } from '../wire/nearby.ts'
import type { SharingNode } from './sharing-node.ts'

/** Plain JSON, as the rest of what views see. */
export interface NearbyView {
  readonly isOn: boolean
  /** How we are seen by others; empty while off. */
  readonly name: string
  readonly state: NearbyState
  readonly peers: readonly NearbyPeerView[]
  /** Offers to us, oldest first; decided ones for another minute. */
  readonly incoming: readonly OfferView<IncomingState>[]
  readonly outgoing: readonly OfferView<OutgoingState>[]
}

export interface NearbyPeerView {
  readonly peer: PeerId
  readonly name: string
  readonly kind: DeviceKind
  readonly isLinked: boolean
}

export interface OfferView<State> {
  readonly id: Nonce
  readonly peer: PeerId
  readonly peerName: string
  readonly infoHash: InfoHash
  /** As the sharer wrote it: sanitise and isolate before showing. */
  readonly shareName: string
  readonly fileCount: number
  readonly totalBytes: number
  readonly state: State
  /** Until an open offer ends, or a decided one goes from the list. */
  readonly leftMs: number
}

export const NO_NEARBY: NearbyView = {
  isOn: false,
  name: '',
  state: 'off',
  peers: [],
  incoming: [],
  outgoing: [],
}

export function nearbyView({ nearby, links }: SharingNode, now: number): NearbyView {
  const { client, desk } = nearby
  const view = <State>(
    offer: (IncomingOffer | OutgoingOffer) & { readonly state: State },
  ): OfferView<State> => ({
    id: offer.id,
    peer: offer.peer,
    peerName: offer.peerName,
    ...offer.share,
    state: offer.state,
    leftMs: Math.max(0, Math.round(offer.until - now)),
  })
  return {
    isOn: client.card !== null,
    name: client.card?.name ?? '',
    state: client.state,
    peers: client.peers.map((peer) => ({ ...peer, isLinked: links.byPeer(peer.peer) !== undefined })),
    incoming: desk.incoming.map((offer) => view<IncomingState>(offer)),
    outgoing: desk.outgoing.map((offer) => view<OutgoingState>(offer)),
  }
}
