import type { PeerId } from '../kernel/ids.ts'

/**
 * The first search for a direct path comes so long after a link over a circuit, the following ones after twice as long
 * each, up to the longest. A search is a connection of its own, and a tab can make some 500 in its life. Our choice.
 */
const SEEK_MS = 60_000
const SEEK_MAX_MS = 16 * 60_000

/** A search at one end that follows from a change of its network: routers and the relay settle first. Our choice. */
const SETTLE_MS = 5_000

interface Search {
  /** Infinity at the end that waits for the other's calls. */
  at: number
  nextMs: number
}

/** When to look for a direct path to peers that only a circuit leads to: networks change, and relays are lent. */
export class PathSeeker {
  readonly #searches = new Map<PeerId, Search>()

  constructor(readonly self: PeerId) {}

  /** A link goes over a circuit. The smaller id calls: two calls at once would be one connection for nothing. */
  onCircuit(peer: PeerId, now: number): void {
    this.#searches.set(peer, { at: this.self < peer ? now + SEEK_MS : Infinity, nextMs: 2 * SEEK_MS })
  }

  forget(peer: PeerId): void {
    this.#searches.delete(peer)
  }

  /** What was in vain before may lead there now, and the other end may not know. */
  onNetworkChange(now: number): void {
    for (const search of this.#searches.values()) {
      search.at = Math.min(search.at, now + SETTLE_MS)
      search.nextMs = SEEK_MS
    }
  }

  /** Whom to call now. */
  due(now: number): PeerId[] {
    const due: PeerId[] = []
    for (const [peer, search] of this.#searches) {
      if (search.at > now) continue
      due.push(peer)
      search.at = this.self < peer ? now + search.nextMs : Infinity
      search.nextMs = Math.min(SEEK_MAX_MS, 2 * search.nextMs)
    }
    return due
  }

  wakeAt(): number {
    let at = Infinity
    for (const search of this.#searches.values()) at = Math.min(at, search.at)
    return at
  }
}
