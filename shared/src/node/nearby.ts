import { BoundedMap } from '../kernel/bounded.ts'
import type { InfoHash, PeerId } from '../kernel/ids.ts'
import { NearbyClient, type NearbyClientInput } from '../protocols/nearby/client.ts'
import { PENDING } from '../protocols/nearby/constants.ts'
import type { NearbyMessage, OfferedShare } from '../protocols/nearby/messages.ts'
import { OfferDesk } from '../protocols/nearby/offer-desk.ts'
import type { OfferEffect, OfferInput } from '../protocols/nearby/offer.ts'
import type { ServerRole } from '../wire/signaling.ts'
import type { Links } from './links.ts'
import type { NearbyInput, NodeEffect } from './node-io.ts'
import type { Shares } from './shares.ts'

export interface NearbyParts {
  readonly self: PeerId
  readonly links: Links
  readonly shares: Shares
  readonly emit: (effect: NodeEffect) => void
  /** Make a link with this peer. */
  readonly link: (peer: PeerId, now: number) => void
}

/** Peers of the same network, and the shares that they offer each other. */
export class Nearby {
  readonly client: NearbyClient
  readonly desk = new OfferDesk()
  readonly #parts: NearbyParts
  /** Accepted offers whose metadata is not there yet, with what it must turn out to be. */
  readonly #expected = new BoundedMap<InfoHash, OfferedShare>(PENDING)

  constructor(parts: NearbyParts) {
    this.#parts = parts
    this.client = new NearbyClient(parts.self)
  }

  wakeAt(): number {
    return Math.min(this.client.wakeAt(), this.desk.wakeAt())
  }

  wake(now: number): void {
    this.#tellClient({ type: 'wake' }, now)
    this.#tellDesk({ type: 'wake' }, now)
  }

  handle(input: NearbyInput, now: number): void {
    switch (input.type) {
      case 'nearbyCard': {
        const { card } = input
        this.#tellClient({ type: 'setCard', card }, now)
        return this.#tellDesk(card === null ? { type: 'shut' } : { type: 'open', name: card.name }, now)
      }
      case 'nearbyAnswered':
        return this.#tellClient({ type: 'answered', response: input.response }, now)
      case 'nearbyChanged':
        return this.#tellClient({ type: 'changed', change: input.change }, now)
      case 'sendOffer': {
        const share = this.#describe(input.infoHash)
        if (share !== null) this.#tellDesk({ type: 'send', id: input.id, peer: input.peer, share }, now)
        return
      }
      case 'withdrawOffer':
        return this.#tellDesk({ type: 'withdraw', id: input.id }, now)
      case 'answerOffer':
        return this.#tellDesk({ type: 'answer', id: input.id, isAccepted: input.isAccepted }, now)
    }
  }

  serverUp(roles: readonly ServerRole[], now: number): void {
    this.#tellClient({ type: 'serverUp', roles }, now)
  }

  serverDown(now: number): void {
    this.#tellClient({ type: 'serverDown' }, now)
  }

  onLink(type: 'linkUp' | 'linkDown' | 'linkFailed', peer: PeerId, now: number): void {
    this.#tellDesk({ type, peer }, now)
  }

  onMessage(from: PeerId, message: NearbyMessage, now: number): void {
    this.#tellDesk({ type: 'message', from, message }, now)
  }

  needs(peer: PeerId): boolean {
    return this.desk.needs(peer)
  }

  /** Begins downloads that were accepted, once their verified metadata shows that they are what was offered. */
  startAccepted(now: number): void {
    for (const [infoHash, share] of [...this.#expected.entries()]) {
      const exchange = this.#parts.shares.get(infoHash)?.exchange
      const info = exchange?.swarm?.info
      if (exchange !== undefined && info === undefined) continue
      this.#expected.delete(infoHash)
      if (exchange === undefined || info === undefined || exchange.isStarted) continue
      if (info.files.length !== share.fileCount || info.totalBytes !== share.totalBytes) {
        this.#tellDesk({ type: 'different', share }, now)
        continue
      }
      this.#parts.shares.feed(infoHash, { type: 'download', files: null }, now)
      this.#parts.emit({ type: 'offerStarted', infoHash })
    }
  }

  #describe(infoHash: InfoHash): OfferedShare | null {
    const info = this.#parts.shares.get(infoHash)?.exchange.swarm?.info
    if (info === undefined) return null
    return { infoHash, shareName: info.name, fileCount: info.files.length, totalBytes: info.totalBytes }
  }

  #tellClient(input: NearbyClientInput, now: number): void {
    for (const { request } of this.client.handle(input, now))
      this.#parts.emit({ type: 'serverNearby', request })
    if (input.type === 'wake' || this.client.card === null) return
    this.#tellDesk({ type: 'seen', peers: this.client.peers }, now)
  }

  #tellDesk(input: OfferInput, now: number): void {
    for (const effect of this.desk.handle(input, now)) this.#apply(effect, now)
  }

  #apply(effect: OfferEffect, now: number): void {
    const { links, shares, link } = this.#parts
    if (effect.type === 'tell') {
      links.byPeer(effect.to)?.send({ type: 'nearby', message: effect.message })
    } else if (effect.type === 'dial') {
      link(effect.peer, now)
    } else {
      const { peer, share } = effect
      shares.open(share.infoHash, now)
      shares.learn(share.infoHash, peer, null)
      this.#expected.set(share.infoHash, share)
    }
  }
}
