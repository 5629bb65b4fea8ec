import type { InfoHash, PeerId } from '../../kernel/ids.ts'
import { BoundedMap } from '../../kernel/bounded.ts'
import { defined } from '../../kernel/invariant.ts'
import type { Rng } from '../../kernel/rng.ts'

/** One peer in one swarm. */
export interface SwarmEntry {
  readonly infoHash: InfoHash
  readonly peer: PeerId
  /** What fair shares are counted by; `null` counts nothing. */
  readonly address: string | null
  /** Bytes that the peer says it still misses; 0 makes it a seeder. */
  left: number
  /** When it was last heard, in milliseconds on the host's clock. */
  updatedAt: number
  /** Its place in the swarm's list; kept by {@link Swarm}. */
  index: number
}

/**
 * The peers of one infohash. Adding, removing and counting take constant time, a sample of n takes O(n):
 * the entries lie in a list whose order means nothing, so it may be shuffled in place.
 */
export class Swarm {
  readonly #list: SwarmEntry[] = []
  readonly #byPeer = new Map<PeerId, SwarmEntry>()
  readonly #completedBy: BoundedMap<PeerId, true>
  #seeders = 0

  /**
   * @param completed count to start from, when the swarm was known before
   * @param lastSeedSeenAt when a seeder was last heard; `null` when none ever was
   */
  constructor(
    readonly infoHash: InfoHash,
    maxPeers: number,
    public completed: number,
    public lastSeedSeenAt: number | null,
  ) {
    this.#completedBy = new BoundedMap(maxPeers)
  }

  get size(): number {
    return this.#list.length
  }

  get seeders(): number {
    return this.#seeders
  }

  get leechers(): number {
    return this.#list.length - this.#seeders
  }

  get(peer: PeerId): SwarmEntry | undefined {
    return this.#byPeer.get(peer)
  }

  add(peer: PeerId, left: number, now: number, address: string | null): SwarmEntry {
    const { infoHash } = this
    const entry = { infoHash, peer, address, left, updatedAt: now, index: this.#list.length }
    this.#list.push(entry)
    this.#byPeer.set(peer, entry)
    if (left === 0) this.#seeders++
    return entry
  }

  update(entry: SwarmEntry, left: number, now: number): void {
    if (entry.left === 0 && left > 0) {
      this.#seeders--
      this.lastSeedSeenAt = now
    }
    if (entry.left > 0 && left === 0) this.#seeders++
    entry.left = left
    entry.updatedAt = now
  }

  /** @param lastHeardAt what counts as "last seen" if it was a seeder: now for a goodbye, earlier for silence. */
  remove(entry: SwarmEntry, lastHeardAt: number): void {
    const last = defined(this.#list.pop(), 'entry of a swarm')
    if (last !== entry) this.#place(last, entry.index)
    this.#byPeer.delete(entry.peer)
    if (entry.left > 0) return
    this.#seeders--
    this.lastSeedSeenAt = Math.max(this.lastSeedSeenAt ?? lastHeardAt, lastHeardAt)
  }

  /** Counts a finished download, once a peer. */
  complete(peer: PeerId): void {
    if (this.#completedBy.has(peer)) return
    this.#completedBy.set(peer, true)
    this.completed++
  }

  /** Up to `count` different peers, uniformly at random, without `except`. Takes O(count). */
  sample(rng: Rng, count: number, except: PeerId): PeerId[] {
    let eligible = this.#list.length
    const caller = this.#byPeer.get(except)
    if (caller !== undefined) this.#swap(caller.index, --eligible)
    const picked: PeerId[] = []
    for (let i = 0; i < Math.min(count, eligible); i++) {
      this.#swap(i, i + rng.below(eligible - i))
      picked.push(this.#at(i).peer)
    }
    return picked
  }

  #at(index: number): SwarmEntry {
    return defined(this.#list[index], 'entry of a swarm')
  }

  #place(entry: SwarmEntry, index: number): void {
    this.#list[index] = entry
    entry.index = index
  }

  #swap(i: number, j: number): void {
    const held = this.#at(i)
    this.#place(this.#at(j), i)
    this.#place(held, j)
  }
}
