import type { InfoHash, PeerId } from '../kernel/ids.ts'
import type { KazaaInput } from '../protocols/kazaa/kazaa-api.ts'
import { isFetching } from '../protocols/bittorrent/exchange-state.ts'
import type { QueueEffect } from './overlays.ts'
import type { ShareEntry } from './share-entry.ts'
import type { Shares } from './shares.ts'

type QueueInput = Extract<KazaaInput, { type: 'enqueue' | 'dequeue' | 'received' }>

/** Our place in the upload queue of one peer; position 0 once it serves us. */
export interface PlaceView {
  readonly peer: PeerId
  readonly position: number
  readonly etaMs: number
}

/**
 * Brings KaZaA's upload queues and the exchange together: for a share that is fetched by queue we ask each
 * source for a place, and as a source we let the queue, not the choker, decide about those who wait in it.
 */
export class UploadSlots {
  readonly #shares: () => Shares
  readonly #feed: (input: QueueInput, now: number) => void
  /** Sources that we have asked and that keep a place for us, away or not, by share. */
  readonly #asked = new Map<InfoHash, Set<PeerId>>()
  /** What those that are linked answered. */
  readonly #places = new Map<InfoHash, Map<PeerId, PlaceView>>()
  /** Verified bytes of each peer that have been reported, by share. */
  readonly #reported = new Map<InfoHash, Map<PeerId, number>>()

  constructor(shares: () => Shares, feed: (input: QueueInput, now: number) => void) {
    this.#shares = shares
    this.#feed = feed
  }

  placesOf(infoHash: InfoHash): PlaceView[] {
    return [...(this.#places.get(infoHash)?.values() ?? [])]
  }

  onEffect(effect: QueueEffect, now: number): void {
    const { peer, infoHash } = effect
    switch (effect.type) {
      case 'queued':
        return this.#place(infoHash, { peer, position: effect.position, etaMs: effect.etaMs })
      case 'granted':
        return this.#place(infoHash, { peer, position: 0, etaMs: 0 })
      case 'serve':
        return this.#shares().feed(infoHash, { type: 'slot', peer, slot: 'served' }, now)
      case 'unserve':
        return this.#shares().feed(infoHash, { type: 'slot', peer, slot: 'waiting' }, now)
      case 'released':
        return this.#shares().feed(infoHash, { type: 'slot', peer, slot: 'choker' }, now)
    }
  }

  /** Looks at what has changed since the last time; called now and then. */
  tick(now: number): void {
    for (const [infoHash, entry] of this.#shares().entries()) {
      this.#report(infoHash, entry, now)
      if (entry.viaQueue && isFetching(entry.exchange.state)) this.#ask(infoHash, entry, now)
      else this.#leave(infoHash, now)
    }
    const isGone = (infoHash: InfoHash) => this.#shares().get(infoHash) === undefined
    for (const infoHash of [...this.#asked.keys()]) if (isGone(infoHash)) this.#leave(infoHash, now)
    for (const infoHash of [...this.#reported.keys()]) if (isGone(infoHash)) this.#reported.delete(infoHash)
  }

  #ask(infoHash: InfoHash, { exchange }: ShareEntry, now: number): void {
    const asked = this.#asked.get(infoHash) ?? new Set<PeerId>()
    const places = this.#places.get(infoHash) ?? new Map<PeerId, PlaceView>()
    this.#asked.set(infoHash, asked)
    this.#places.set(infoHash, places)
    for (const link of exchange.links.values()) {
      if (asked.has(link.peer) || !link.amInterested) continue
      asked.add(link.peer)
      places.set(link.peer, { peer: link.peer, position: 1, etaMs: 0 })
      this.#feed({ type: 'enqueue', peer: link.peer, infoHash }, now)
    }
    // The queue keeps a place for whoever is gone for a while, and tells us of it again; we just stop showing it.
    for (const peer of [...places.keys()]) if (!exchange.links.has(peer)) places.delete(peer)
  }

  #leave(infoHash: InfoHash, now: number): void {
    for (const peer of this.#asked.get(infoHash) ?? []) this.#feed({ type: 'dequeue', peer, infoHash }, now)
    this.#asked.delete(infoHash)
    this.#places.delete(infoHash)
  }

  /** What came from whom is what receipts are given for, whichever way it was fetched. */
  #report(infoHash: InfoHash, { exchange }: ShareEntry, now: number): void {
    const reported = this.#reported.get(infoHash) ?? new Map<PeerId, number>()
    this.#reported.set(infoHash, reported)
    for (const { peer, downloadedBytes } of exchange.links.values()) {
      const bytes = downloadedBytes - Math.min(downloadedBytes, reported.get(peer) ?? 0)
      if (bytes === 0) continue
      reported.set(peer, downloadedBytes)
      this.#feed({ type: 'received', from: peer, bytes }, now)
    }
    for (const peer of [...reported.keys()]) if (!exchange.links.has(peer)) reported.delete(peer)
  }

  #place(infoHash: InfoHash, place: PlaceView): void {
    this.#places.get(infoHash)?.set(place.peer, place)
  }
}
