import { randomNonce } from '../../kernel/random-ids.ts'
import { shuffled } from '../../kernel/rng.ts'
import {
  HOST_CACHE_SAVE_MS,
  PARALLEL_DIALS,
  PING_EVERY_MS,
  PING_TTL,
  SEEK_EVERY_MS,
  TRIM_EVERY_MS,
  URGENT_PING_EVERY_MS,
} from './constants.ts'
import type { Nonce, PeerId } from '../../kernel/ids.ts'
import { jittered, type ServentContext } from './context.ts'
import type { HostCache } from './host-cache.ts'
import type { PongEntry } from './messages.ts'
import type { Neighbours } from './neighbours.ts'
import { PongCache } from './pong-cache.ts'

/** Keeps enough neighbours: pings for others, dials, drops those too many, and saves the host cache. */
export class Upkeep {
  readonly #pongs = new PongCache()
  #seekAt: number
  #pingAt: number
  #trimAt: number
  #savedAt: number

  constructor(
    readonly context: ServentContext,
    readonly neighbours: Neighbours,
    readonly hosts: HostCache,
    readonly isLazy: (peer: PeerId) => boolean,
    now: number,
  ) {
    this.#seekAt = now
    this.#pingAt = now + jittered(context.rng, URGENT_PING_EVERY_MS)
    this.#trimAt = now + jittered(context.rng, TRIM_EVERY_MS)
    this.#savedAt = now
  }

  wakeAt(): number {
    const saveAt = this.hosts.isDirty ? this.#savedAt + HOST_CACHE_SAVE_MS : Infinity
    return Math.min(this.#seekAt, this.#pingAt, this.#trimAt, saveAt)
  }

  wake(now: number): void {
    if (now >= this.#seekAt) this.seek(now)
    if (now >= this.#pingAt) {
      const { count, degree } = this.neighbours
      this.#pingAt =
        now + jittered(this.context.rng, count < degree.min ? URGENT_PING_EVERY_MS : PING_EVERY_MS)
      this.#refresh(PING_TTL, null, now)
    }
    if (now >= this.#trimAt) {
      this.#trimAt = now + jittered(this.context.rng, TRIM_EVERY_MS)
      this.neighbours.trim(this.isLazy, now)
    }
    if (this.hosts.isDirty && now >= this.#savedAt + HOST_CACHE_SAVE_MS) {
      this.#savedAt = now
      this.hosts.isDirty = false
      this.context.emit({ type: 'hostCacheChanged' })
    }
  }

  /** Fills up neighbours: first from links that are there already, then from the host cache. */
  seek(now: number): void {
    const { neighbours, hosts } = this
    const isUrgent = neighbours.count < neighbours.degree.min
    this.#seekAt = now + jittered(this.context.rng, isUrgent ? SEEK_EVERY_MS : SEEK_EVERY_MS * 5)
    let lacking = neighbours.wanted - neighbours.count - neighbours.pending
    if (lacking <= 0) return
    for (const peer of [...neighbours.idle(isUrgent, now)]) {
      if (lacking-- <= 0) return
      neighbours.connect(peer, now)
    }
    const ripe = hosts
      .peers()
      .filter((peer) => !neighbours.isKnown(peer) && hosts.isRipe(peer, isUrgent, now))
    const room = Math.min(lacking, PARALLEL_DIALS - neighbours.dialling)
    for (const peer of shuffled(this.context.rng, ripe).slice(0, Math.max(0, room))) neighbours.dial(peer)
  }

  /** A new neighbour is asked at once how far it is and whom it knows. */
  joined(peer: PeerId, now: number): void {
    this.#ping(peer, PING_TTL, now)
  }

  left(peer: PeerId, now: number): void {
    this.#pongs.forget(peer)
    this.seek(now)
  }

  /** @returns what is answered. */
  onPing(from: PeerId, ttl: number, own: PongEntry, now: number): PongEntry[] {
    if (ttl <= 1) return [own]
    if (this.#pongs.takeRefresh(now)) this.#refresh(Math.min(ttl, PING_TTL) - 1, from, now)
    const near = [...this.neighbours.entries()].map(([peer, { degree, shares }]) => ({
      peer,
      hops: 1,
      degree,
      shares,
    }))
    return this.#pongs.select(own, shuffled(this.context.rng, near), from)
  }

  onPong(from: PeerId, guid: Nonce, pongs: readonly PongEntry[], now: number): void {
    const neighbour = this.neighbours.get(from)
    if (neighbour?.ping?.guid !== guid) return
    const rttMs = now - neighbour.ping.at
    neighbour.rttMs = neighbour.rttMs === null ? rttMs : neighbour.rttMs * 0.75 + rttMs * 0.25
    neighbour.ping = null
    for (const { peer, hops, degree, shares } of pongs) {
      if (peer === from && hops === 0) {
        neighbour.degree = degree
        neighbour.shares = shares
      } else if (peer !== this.context.self && peer !== from) {
        this.hosts.learn(peer, from)
        this.context.emit({ type: 'way', peer, via: from })
      }
    }
    this.#pongs.store(from, pongs)
    this.seek(now)
  }

  /** Peers that a refusal, a Bye or a welcome named. */
  onNamed(from: PeerId, peers: readonly PeerId[], now: number): void {
    for (const peer of peers) {
      if (peer === this.context.self) continue
      this.hosts.learn(peer, from)
      this.context.emit({ type: 'way', peer, via: from })
    }
    this.seek(now)
  }

  #refresh(ttl: number, except: PeerId | null, now: number): void {
    for (const [peer] of [...this.neighbours.entries()]) if (peer !== except) this.#ping(peer, ttl, now)
  }

  #ping(peer: PeerId, ttl: number, now: number): void {
    const neighbour = this.neighbours.get(peer)
    if (neighbour === undefined) return
    // One question at a time, unless the answer is long overdue.
    if (neighbour.ping !== null && now < neighbour.ping.at + URGENT_PING_EVERY_MS) return
    const guid = randomNonce(this.context.rng)
    neighbour.ping = { guid, at: now }
    this.context.send(peer, { type: 'ping', guid, ttl })
  }
}
