import { assertNever, type Core } from '../../kernel/core.ts'
import { BoundedMap } from '../../kernel/bounded.ts'
import type { Nonce, PeerId } from '../../kernel/ids.ts'
import { TokenBucket } from '../../kernel/token-bucket.ts'
import {
  GRACE_MS,
  OFFER_MS,
  OFFERS_BURST,
  OFFERS_PER_SECOND,
  OUTGOING,
  PENDING,
  PENDING_PER_PEER,
  REMEMBERED,
  SETTLED,
  SETTLED_MS,
} from './constants.ts'
import type { NearbyMessage, OfferedShare, Verdict } from './messages.ts'
import type {
  IncomingOffer,
  IncomingState,
  OfferEffect,
  OfferInput,
  OutgoingOffer,
  OutgoingState,
} from './offer.ts'

/**
 * Offers between peers that see each other nearby: one tap sends, one tap accepts. Nothing of a share moves
 * before that, and everything that a stranger can fill is bounded.
 */
export class OfferDesk implements Core<OfferInput, OfferEffect> {
  readonly #outgoing = new Map<Nonce, OutgoingOffer>()
  readonly #incoming = new Map<Nonce, IncomingOffer>()
  readonly #linked = new Set<PeerId>()
  /** Peers on the list, or lately on it. */
  readonly #seen = new BoundedMap<PeerId, { name: string; until: number }>(REMEMBERED)
  readonly #buckets = new BoundedMap<PeerId, TokenBucket>(REMEMBERED)
  /** Peers on the list now; their time does not run out. */
  #listed: ReadonlySet<PeerId> = new Set()
  /** `null`: offers neither come nor go. */
  #ownName: string | null = null
  readonly #effects: OfferEffect[] = []

  /** Oldest first. */
  get outgoing(): readonly OutgoingOffer[] {
    return [...this.#outgoing.values()]
  }

  get incoming(): readonly IncomingOffer[] {
    return [...this.#incoming.values()]
  }

  /** Whether a link with the peer must stay. */
  needs(peer: PeerId): boolean {
    const isOpen = (offer: { readonly peer: PeerId; readonly state: string }) =>
      offer.peer === peer && (offer.state === 'waiting' || offer.state === 'pending')
    return this.outgoing.some(isOpen) || this.incoming.some(isOpen)
  }

  handle(input: OfferInput, now: number): OfferEffect[] {
    this.#dispatch(input, now)
    this.#expire(now)
    return this.#effects.splice(0)
  }

  wakeAt(): number {
    let at = Infinity
    for (const offer of [...this.#outgoing.values(), ...this.#incoming.values()])
      at = Math.min(at, offer.until)
    return at
  }

  #dispatch(input: OfferInput, now: number): void {
    switch (input.type) {
      case 'open':
        this.#ownName = input.name
        return
      case 'shut':
        return this.#shut()
      case 'seen':
        return this.#onSeen(input.peers, now)
      case 'send':
        return this.#send(input.id, input.peer, input.share, now)
      case 'withdraw':
        return this.#withdraw(input.id, now)
      case 'answer':
        return this.#answer(input.id, input.isAccepted, now)
      case 'different':
        for (const offer of this.#incoming.values())
          if (offer.share === input.share) settleIncoming(offer, 'different', now)
        return
      case 'message':
        return this.#onMessage(input.from, input.message, now)
      case 'linkUp':
        return this.#onLinkUp(input.peer)
      case 'linkDown':
        return this.#onLinkDown(input.peer)
      case 'linkFailed':
        return this.#onLinkFailed(input.peer, now)
      case 'wake':
        return
      default:
        return assertNever(input)
    }
  }

  /** No longer nearby: nothing is left open, and those on the other side are told. */
  #shut(): void {
    this.#ownName = null
    for (const { id, peer, state } of this.#outgoing.values())
      if (state === 'waiting') this.#tellLinked(peer, { type: 'withdraw', id })
    for (const { id, peer, state } of this.#incoming.values())
      if (state === 'pending') this.#tellLinked(peer, { type: 'verdict', id, verdict: 'unavailable' })
    this.#outgoing.clear()
    this.#incoming.clear()
    this.#listed = new Set()
    for (const peer of [...this.#seen.keys()]) this.#seen.delete(peer)
  }

  #onSeen(peers: readonly { readonly peer: PeerId; readonly name: string }[], now: number): void {
    for (const peer of this.#listed) {
      const entry = this.#seen.get(peer)
      if (entry !== undefined) entry.until = now + GRACE_MS
    }
    this.#listed = new Set(peers.map(({ peer }) => peer))
    for (const { peer, name } of peers) this.#seen.set(peer, { name, until: now + GRACE_MS })
  }

  #nameOf(peer: PeerId, now: number): string | null {
    const entry = this.#seen.get(peer)
    if (entry === undefined) return null
    return this.#listed.has(peer) || now <= entry.until ? entry.name : null
  }

  #send(id: Nonce, peer: PeerId, share: OfferedShare, now: number): void {
    const peerName = this.#nameOf(peer, now)
    const open = this.outgoing.filter(({ state }) => state === 'dialling' || state === 'waiting')
    const isTwin = open.some((offer) => offer.peer === peer && offer.share.infoHash === share.infoHash)
    if (this.#ownName === null || peerName === null || isTwin || open.length >= OUTGOING) return
    const offer: OutgoingOffer = { id, peer, peerName, share, state: 'dialling', until: now + OFFER_MS }
    this.#outgoing.set(id, offer)
    if (this.#linked.has(peer)) this.#make(offer)
    else this.#effects.push({ type: 'dial', peer })
  }

  #make(offer: OutgoingOffer): void {
    if (this.#ownName === null) return
    offer.state = 'waiting'
    const message = { type: 'offer', id: offer.id, senderName: this.#ownName, ...offer.share } as const
    this.#effects.push({ type: 'tell', to: offer.peer, message })
  }

  #withdraw(id: Nonce, now: number): void {
    const offer = this.#outgoing.get(id)
    if (offer === undefined || isSettled(offer.state)) return
    if (offer.state === 'waiting') this.#tellLinked(offer.peer, { type: 'withdraw', id })
    settleOutgoing(offer, 'withdrawn', now)
  }

  #answer(id: Nonce, isAccepted: boolean, now: number): void {
    const offer = this.#incoming.get(id)
    if (offer?.state !== 'pending') return
    settleIncoming(offer, isAccepted ? 'accepted' : 'declined', now)
    offer.isUntold = true
    if (this.#linked.has(offer.peer)) this.#tellVerdict(offer)
    else this.#effects.push({ type: 'dial', peer: offer.peer })
    if (isAccepted) this.#effects.push({ type: 'fetch', peer: offer.peer, share: offer.share })
  }

  #tellVerdict(offer: IncomingOffer): void {
    const verdict = verdictOf(offer.state)
    offer.isUntold = false
    this.#effects.push({ type: 'tell', to: offer.peer, message: { type: 'verdict', id: offer.id, verdict } })
  }

  #tellLinked(to: PeerId, message: NearbyMessage): void {
    if (this.#linked.has(to)) this.#effects.push({ type: 'tell', to, message })
  }

  #onMessage(from: PeerId, message: NearbyMessage, now: number): void {
    if (message.type === 'offer') return this.#onOffer(from, message, now)
    if (message.type === 'withdraw') {
      const offer = this.#incoming.get(message.id)
      if (offer?.peer === from && offer.state === 'pending') settleIncoming(offer, 'withdrawn', now)
      return
    }
    const offer = this.#outgoing.get(message.id)
    if (offer?.peer !== from || isSettled(offer.state)) return
    settleOutgoing(offer, message.verdict === 'unavailable' ? 'unreachable' : message.verdict, now)
  }

  #onOffer(from: PeerId, message: Extract<NearbyMessage, { type: 'offer' }>, now: number): void {
    const { id, infoHash, shareName, fileCount, totalBytes, senderName } = message
    const known = this.#incoming.get(id)
    if (known !== undefined) {
      // The link was lost before the verdict arrived.
      if (known.peer === from && known.state !== 'pending') this.#tellVerdict(known)
      return
    }
    if (!this.#mayOffer(from, now)) {
      this.#effects.push({ type: 'tell', to: from, message: { type: 'verdict', id, verdict: 'unavailable' } })
      return
    }
    const pending = this.incoming.filter(({ state }) => state === 'pending')
    const earlier = pending.find((offer) => offer.peer === from && offer.share.infoHash === infoHash)
    // Offered again, as after a reload: one question is enough.
    if (earlier !== undefined) this.#incoming.delete(earlier.id)
    const share = { infoHash, shareName, fileCount, totalBytes }
    const until = now + OFFER_MS
    const state = 'pending'
    this.#incoming.set(id, { id, peer: from, peerName: senderName, share, state, until, isUntold: false })
  }

  #mayOffer(from: PeerId, now: number): boolean {
    if (this.#ownName === null || this.#nameOf(from, now) === null) return false
    const pending = this.incoming.filter(({ state }) => state === 'pending')
    if (pending.length >= PENDING || pending.filter(({ peer }) => peer === from).length >= PENDING_PER_PEER)
      return false
    const bucket = this.#buckets.get(from) ?? new TokenBucket(OFFERS_PER_SECOND, OFFERS_BURST, now)
    this.#buckets.set(from, bucket)
    return bucket.take(1, now)
  }

  #onLinkUp(peer: PeerId): void {
    this.#linked.add(peer)
    for (const offer of this.#outgoing.values())
      if (offer.peer === peer && offer.state === 'dialling') this.#make(offer)
    for (const offer of this.#incoming.values())
      if (offer.peer === peer && offer.isUntold) this.#tellVerdict(offer)
  }

  /** A tab that was reloaded, or a network that changed: the offer is made again if the peer is there. */
  #onLinkDown(peer: PeerId): void {
    this.#linked.delete(peer)
    let isDialled = false
    for (const offer of this.#outgoing.values()) {
      if (offer.peer !== peer || offer.state !== 'waiting') continue
      offer.state = 'dialling'
      if (!isDialled) this.#effects.push({ type: 'dial', peer })
      isDialled = true
    }
  }

  #onLinkFailed(peer: PeerId, now: number): void {
    for (const offer of this.#outgoing.values())
      if (offer.peer === peer && offer.state === 'dialling') settleOutgoing(offer, 'unreachable', now)
  }

  #expire(now: number): void {
    for (const [id, offer] of this.#outgoing) {
      if (now < offer.until) continue
      if (isSettled(offer.state)) this.#outgoing.delete(id)
      else settleOutgoing(offer, 'expired', now)
    }
    for (const [id, offer] of this.#incoming) {
      if (now < offer.until) continue
      if (offer.state === 'pending') settleIncoming(offer, 'expired', now)
      else this.#incoming.delete(id)
    }
    dropSettled(this.#outgoing)
    dropSettled(this.#incoming)
  }
}

const isSettled = (state: OutgoingState | IncomingState): boolean =>
  state !== 'dialling' && state !== 'waiting' && state !== 'pending'

function settleOutgoing(offer: OutgoingOffer, state: OutgoingState, now: number): void {
  offer.state = state
  offer.until = now + SETTLED_MS
}

function settleIncoming(offer: IncomingOffer, state: IncomingState, now: number): void {
  offer.state = state
  offer.until = now + SETTLED_MS
}

/** The oldest decided offers make room for newer ones. */
function dropSettled(offers: Map<Nonce, { readonly state: OutgoingState | IncomingState }>): void {
  const settled = [...offers].filter(([, { state }]) => isSettled(state))
  for (const [id] of settled.slice(0, Math.max(0, settled.length - SETTLED))) offers.delete(id)
}

/** What the sender hears when it asks again: of an offer that ended by itself, that nobody answered. */
function verdictOf(state: IncomingOffer['state']): Verdict {
  if (state === 'declined') return 'declined'
  return state === 'accepted' || state === 'different' ? 'accepted' : 'unavailable'
}
