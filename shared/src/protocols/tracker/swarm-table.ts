import { BoundedMap } from '../../kernel/bounded.ts'
import { FairRoom } from '../../kernel/fair-room.ts'
import type { InfoHash, PeerId } from '../../kernel/ids.ts'
import { defined } from '../../kernel/invariant.ts'
import type { Rng } from '../../kernel/rng.ts'
import { TRACKER } from './constants.ts'
import { Swarm, type SwarmEntry } from './swarm.ts'

/** Bounds of a {@link SwarmTable}; counts, and times in milliseconds. */
export interface SwarmTableLimits {
  readonly maxSwarms: number
  readonly maxPeersPerSwarm: number
  readonly maxSwarmsPerPeer: number
  readonly maxRemembered: number
  /** Silence after which a peer is forgotten. */
  readonly expiryMs: number
  /** How long an emptied swarm is remembered. */
  readonly memoryMs: number
}

/** The bounds that servers use; see `constants.ts` for their sources. */
export const SWARM_TABLE_LIMITS: SwarmTableLimits = {
  maxSwarms: TRACKER.maxSwarms,
  maxPeersPerSwarm: TRACKER.maxPeersPerSwarm,
  maxSwarmsPerPeer: TRACKER.maxSwarmsPerPeer,
  maxRemembered: TRACKER.maxRemembered,
  expiryMs: TRACKER.expiryIntervals * TRACKER.intervalMs,
  memoryMs: TRACKER.memoryMs,
}

/** What anybody may ask about one infohash. */
export interface SwarmStats {
  readonly seeders: number
  readonly leechers: number
  readonly completed: number
  /** 0 while a seeder is online; `null` when none was ever seen or it was too long ago to remember. */
  readonly seedSeenAgoMs: number | null
}

interface Remembered {
  readonly emptiedAt: number
  readonly lastSeedSeenAt: number | null
  readonly completed: number
}

/**
 * Which peers are in which swarm. All operations take constant time per entry they touch; every table is
 * bounded. `now` never decreases from call to call.
 */
export class SwarmTable {
  readonly #swarms = new Map<InfoHash, Swarm>()
  readonly #byPeer = new Map<PeerId, Map<InfoHash, SwarmEntry>>()
  /** All entries, longest unheard first: an entry moves to the end whenever its peer announces. */
  readonly #byAge = new Set<SwarmEntry>()
  readonly #remembered: BoundedMap<InfoHash, Remembered>
  /** Entries of each address. A swarm is of all who are in it, so each counts as if it had made all of its own. */
  readonly #fair = new FairRoom()

  constructor(
    readonly rng: Rng,
    readonly limits: SwarmTableLimits = SWARM_TABLE_LIMITS,
  ) {
    this.#remembered = new BoundedMap(limits.maxRemembered)
  }

  get swarms(): number {
    return this.#swarms.size
  }

  /** Pairs of peer and swarm. */
  get entries(): number {
    return this.#byAge.size
  }

  get remembered(): number {
    return this.#remembered.size
  }

  /** The swarms that a peer is in, as it announced them. */
  swarmsOf(peer: PeerId): readonly Pick<SwarmEntry, 'infoHash' | 'left'>[] {
    return [...(this.#byPeer.get(peer)?.values() ?? [])]
  }

  /**
   * Adds a peer to a swarm, or notes that it was heard. `full`: a bound is reached and nothing changed.
   * @param address whose fair share of the table a new swarm comes out of; `null` counts nothing
   */
  put(
    infoHash: InfoHash,
    peer: PeerId,
    left: number,
    now: number,
    address: string | null = null,
  ): 'added' | 'updated' | 'full' {
    const known = this.#byPeer.get(peer)?.get(infoHash)
    if (known !== undefined) {
      this.#swarm(infoHash).update(known, left, now)
      this.#byAge.delete(known)
      this.#byAge.add(known)
      return 'updated'
    }
    if (!this.#hasRoom(infoHash, peer, address)) return 'full'
    const entry = (this.#swarms.get(infoHash) ?? this.#create(infoHash, now)).add(peer, left, now, address)
    this.#fair.hold(address, 1)
    const mine = this.#byPeer.get(peer) ?? new Map<InfoHash, SwarmEntry>()
    mine.set(infoHash, entry)
    this.#byPeer.set(peer, mine)
    this.#byAge.add(entry)
    return 'added'
  }

  /** Counts that a peer of the swarm finished its download, once a peer. Does nothing for strangers. */
  complete(infoHash: InfoHash, peer: PeerId): void {
    const swarm = this.#swarms.get(infoHash)
    if (swarm?.get(peer) !== undefined) swarm.complete(peer)
  }

  /** Takes a peer out of one swarm. @returns whether it was in. */
  remove(infoHash: InfoHash, peer: PeerId, now: number): boolean {
    const entry = this.#byPeer.get(peer)?.get(infoHash)
    if (entry === undefined) return false
    this.#drop(entry, now, now)
    return true
  }

  /** Takes a peer out of all its swarms. @returns out of how many. */
  removePeer(peer: PeerId, now: number): number {
    const mine = [...(this.#byPeer.get(peer)?.values() ?? [])]
    for (const entry of mine) this.#drop(entry, now, now)
    return mine.length
  }

  /** Forgets peers not heard for `expiryMs` and swarms emptied `memoryMs` ago. @returns how many peers. */
  expire(now: number): number {
    let count = 0
    for (const entry of this.#byAge) {
      if (entry.updatedAt + this.limits.expiryMs > now) break
      this.#drop(entry, entry.updatedAt, now)
      count++
    }
    for (const [infoHash, memory] of this.#remembered.entries()) {
      if (memory.emptiedAt + this.limits.memoryMs > now) break
      this.#remembered.delete(infoHash)
    }
    return count
  }

  /** Up to `count` peers of a swarm, at random, without `except`. */
  sample(infoHash: InfoHash, count: number, except: PeerId): PeerId[] {
    return this.#swarms.get(infoHash)?.sample(this.rng, count, except) ?? []
  }

  stats(infoHash: InfoHash, now: number): SwarmStats {
    const swarm = this.#swarms.get(infoHash)
    if (swarm === undefined) {
      const memory = this.#recall(infoHash, now)
      const seedSeenAgoMs = ago(memory?.lastSeedSeenAt ?? null, now)
      return { seeders: 0, leechers: 0, completed: memory?.completed ?? 0, seedSeenAgoMs }
    }
    const { seeders, leechers, completed } = swarm
    return { seeders, leechers, completed, seedSeenAgoMs: seeders > 0 ? 0 : ago(swarm.lastSeedSeenAt, now) }
  }

  #swarm(infoHash: InfoHash): Swarm {
    return defined(this.#swarms.get(infoHash), 'swarm of an entry')
  }

  #hasRoom(infoHash: InfoHash, peer: PeerId, address: string | null): boolean {
    const swarm = this.#swarms.get(infoHash)
    const free = this.limits.maxSwarms - this.#swarms.size
    if (swarm === undefined && (free <= 0 || !this.#fair.mayTakeMore(address, free))) return false
    if (swarm !== undefined && swarm.size >= this.limits.maxPeersPerSwarm) return false
    return (this.#byPeer.get(peer)?.size ?? 0) < this.limits.maxSwarmsPerPeer
  }

  #create(infoHash: InfoHash, now: number): Swarm {
    const memory = this.#recall(infoHash, now)
    this.#remembered.delete(infoHash)
    const { maxPeersPerSwarm } = this.limits
    const swarm = new Swarm(
      infoHash,
      maxPeersPerSwarm,
      memory?.completed ?? 0,
      memory?.lastSeedSeenAt ?? null,
    )
    this.#swarms.set(infoHash, swarm)
    return swarm
  }

  #recall(infoHash: InfoHash, now: number): Remembered | undefined {
    const memory = this.#remembered.get(infoHash)
    return memory !== undefined && memory.emptiedAt + this.limits.memoryMs > now ? memory : undefined
  }

  #drop(entry: SwarmEntry, lastHeardAt: number, now: number): void {
    const { infoHash, peer } = entry
    const swarm = this.#swarm(infoHash)
    swarm.remove(entry, lastHeardAt)
    this.#byAge.delete(entry)
    this.#fair.hold(entry.address, -1)
    const mine = defined(this.#byPeer.get(peer), 'swarms of a peer')
    mine.delete(infoHash)
    if (mine.size === 0) this.#byPeer.delete(peer)
    if (swarm.size > 0) return
    this.#swarms.delete(infoHash)
    const { lastSeedSeenAt, completed } = swarm
    if (lastSeedSeenAt === null && completed === 0) return
    this.#remembered.set(infoHash, { emptiedAt: now, lastSeedSeenAt, completed })
  }
}

function ago(at: number | null, now: number): number | null {
  return at === null ? null : Math.max(0, Math.floor(now - at))
}
