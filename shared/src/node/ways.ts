import { BoundedMap } from '../kernel/bounded.ts'
import type { PeerId } from '../kernel/ids.ts'

/** Ways are forgotten after this time: peers come and go. Our choice, as Gnutella clients keep push routes 7 to 14 min. */
const WAY_MS = 10 * 60_000
const WAYS = 2_048
/** Peers to which one neighbour alone has a way: as many as a full search names. Others are not driven out by more. Our choice. */
const WAYS_OF_ONE = 512
/** Ways kept to one peer, newest first. */
const WAYS_PER_PEER = 3

interface Way {
  readonly via: PeerId
  readonly learnedAt: number
}

/**
 * Which neighbour has a way to a peer that we have no link with, as answers that came in showed. Signaling
 * takes these ways when there is no server.
 */
export class Ways {
  readonly #ways = new BoundedMap<PeerId, readonly Way[]>(WAYS)

  learn(peer: PeerId, via: PeerId, now: number): void {
    if (peer === via) return
    if (!this.#ways.has(peer))
      this.#ways.makeRoomAmong((ways) => ways.every((way) => way.via === via), WAYS_OF_ONE)
    const others = (this.#ways.get(peer) ?? []).filter((way) => way.via !== via)
    this.#ways.set(peer, [{ via, learnedAt: now }, ...others].slice(0, WAYS_PER_PEER))
  }

  /** Neighbours to try, the one heard from last first. */
  to(peer: PeerId, now: number): PeerId[] {
    return (this.#ways.get(peer) ?? []).filter((way) => now - way.learnedAt < WAY_MS).map((way) => way.via)
  }
}
