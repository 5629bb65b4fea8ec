import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { Rng } from '@ringdrop/shared/kernel/rng.ts'
import type { Session } from './session.ts'

/** Which session speaks for which peer: one at most, the newest. */
export class PeerRegistry {
  readonly #sessions = new Map<PeerId, Session>()
  /** The same peers in a list, with each one's place in it: samples take no scan. */
  readonly #list: PeerId[] = []
  readonly #places = new Map<PeerId, number>()

  get size(): number {
    return this.#sessions.size
  }

  /** All peers that are online here. */
  peers(): IterableIterator<PeerId> {
    return this.#sessions.keys()
  }

  get(peer: PeerId): Session | undefined {
    return this.#sessions.get(peer)
  }

  /** @returns the session that spoke for the peer until now, if there was another. */
  bind(peer: PeerId, session: Session): Session | undefined {
    const previous = this.#sessions.get(peer)
    this.#sessions.set(peer, session)
    if (previous === undefined) this.#places.set(peer, this.#list.push(peer) - 1)
    return previous === session ? undefined : previous
  }

  /** @returns true when the session spoke for the peer, which is now offline. */
  release(peer: PeerId, session: Session): boolean {
    if (this.#sessions.get(peer) !== session) return false
    this.#sessions.delete(peer)
    this.#unlist(peer)
    return true
  }

  /** Up to `count` different peers at random, without the one who asks. */
  sample(asker: PeerId, count: number, rng: Rng): PeerId[] {
    const chosen = new Set<PeerId>()
    const others = this.#list.length - (this.#places.has(asker) ? 1 : 0)
    // Partial Fisher-Yates on the list itself: its order means nothing.
    for (let at = 0; at < this.#list.length && chosen.size < Math.min(count, others); at++) {
      this.#swap(at, at + rng.below(this.#list.length - at))
      const peer = this.#list[at]
      if (peer !== undefined && peer !== asker) chosen.add(peer)
    }
    return [...chosen]
  }

  #unlist(peer: PeerId): void {
    const place = this.#places.get(peer)
    if (place === undefined) return
    this.#swap(place, this.#list.length - 1)
    this.#list.pop()
    this.#places.delete(peer)
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#list[a], this.#list[b]]
    if (first === undefined || second === undefined || a === b) return
    this.#list[a] = second
    this.#list[b] = first
    this.#places.set(second, a).set(first, b)
  }
}
