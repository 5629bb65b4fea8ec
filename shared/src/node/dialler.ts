import { BoundedMap } from '../kernel/bounded.ts'
import type { InfoHash, PeerId } from '../kernel/ids.ts'
import { LIMITS } from '../kernel/limits.ts'

/** First wait after a failed attempt, and the longest; our choice. */
const RETRY_MS = 2_000
const RETRY_MAX_MS = 120_000
/** A peer that declined or left a share is asked again after this time. */
const POSTPONE_MS = 30_000
/** Peers remembered per share; our choice. */
const CANDIDATES = 200
/** Peers of a share for which one linked peer alone vouches: a message's worth. Others are not driven out by more. */
const HEARSAY_OF_ONE = LIMITS.pexPeers
/** Linked peers remembered that told of the same one; more ways are not tried. Our choice. */
const WAYS = 8

interface Candidate {
  /** Linked peers that told us of this one, newest last: ways to it without the server. */
  readonly via: Set<PeerId>
  /** Nobody but those has named it. */
  isHearsay: boolean
  failures: number
  notBefore: number
}

/** Remembers who has which share, and when to try whom again. */
export class Dialler {
  readonly #candidates = new Map<InfoHash, BoundedMap<PeerId, Candidate>>()

  /** @param self our own id, which others may tell us of. */
  constructor(readonly self: PeerId) {}

  learn(infoHash: InfoHash, peer: PeerId, via: PeerId | null): void {
    if (peer === this.self) return
    const known = this.#candidates.get(infoHash) ?? new BoundedMap<PeerId, Candidate>(CANDIDATES)
    this.#candidates.set(infoHash, known)
    const candidate = known.get(peer) ?? { via: new Set(), isHearsay: true, failures: 0, notBefore: 0 }
    if (via === null) candidate.isHearsay = false
    else addWay(candidate, via)
    // Fresh word that the peer is there: no reason to go on waiting long.
    if (candidate.failures > 2) candidate.failures = 2
    if (!known.has(peer)) makeRoom(known, via)
    known.set(peer, candidate)
  }

  forgetShare(infoHash: InfoHash): void {
    this.#candidates.delete(infoHash)
  }

  /** The peer does not have the share, or is banned. */
  forget(infoHash: InfoHash, peer: PeerId): void {
    this.#candidates.get(infoHash)?.delete(peer)
  }

  forgetPeer(peer: PeerId): void {
    for (const known of this.#candidates.values()) known.delete(peer)
  }

  /** Whether the peer is wanted for any share. */
  wants(peer: PeerId): boolean {
    for (const known of this.#candidates.values()) if (known.has(peer)) return true
    return false
  }

  knows(infoHash: InfoHash, peer: PeerId): boolean {
    return this.#candidates.get(infoHash)?.has(peer) ?? false
  }

  /** Whether the peer may be asked for the share now. */
  isDue(infoHash: InfoHash, peer: PeerId, now: number): boolean {
    const candidate = this.#candidates.get(infoHash)?.get(peer)
    return candidate !== undefined && candidate.notBefore <= now
  }

  /** The peer left the share for now: no use in asking again at once. */
  postpone(infoHash: InfoHash, peer: PeerId, now: number): void {
    const candidate = this.#candidates.get(infoHash)?.get(peer)
    if (candidate !== undefined) candidate.notBefore = now + POSTPONE_MS
  }

  /** Peers of the share that may be tried now, with the ways to them. */
  *due(infoHash: InfoHash, now: number): IterableIterator<{ peer: PeerId; via: ReadonlySet<PeerId> }> {
    const known = this.#candidates.get(infoHash)
    if (known === undefined) return
    for (const [peer, candidate] of known.entries())
      if (candidate.notBefore <= now) yield { peer, via: candidate.via }
  }

  /** Earliest moment after `now` at which another candidate of the share is due. */
  nextAt(infoHash: InfoHash, now: number): number {
    let at = Infinity
    for (const candidate of this.#candidates.get(infoHash)?.values() ?? []) {
      if (candidate.notBefore > now) at = Math.min(at, candidate.notBefore)
    }
    return at
  }

  onFailed(peer: PeerId, now: number): void {
    for (const known of this.#candidates.values()) {
      const candidate = known.get(peer)
      if (candidate === undefined) continue
      candidate.notBefore = now + Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** candidate.failures)
      candidate.failures++
    }
  }

  onLinked(peer: PeerId): void {
    for (const known of this.#candidates.values()) {
      const candidate = known.get(peer)
      if (candidate !== undefined) candidate.failures = 0
    }
  }

  /** A link broke: the peer may be back at once, or gone. */
  onLinkLost(peer: PeerId, now: number): void {
    for (const known of this.#candidates.values()) {
      const candidate = known.get(peer)
      if (candidate !== undefined) candidate.notBefore = now + RETRY_MS / 2
    }
  }
}

function addWay({ via }: Candidate, teller: PeerId): void {
  via.delete(teller)
  via.add(teller)
  const [oldest] = via
  if (via.size > WAYS && oldest !== undefined) via.delete(oldest)
}

/**
 * Whoever names many peers drives out those that it named before, and nobody else's; when all is full, those go first
 * that linked peers alone have named.
 */
function makeRoom(known: BoundedMap<PeerId, Candidate>, teller: PeerId | null): void {
  const isItsAlone = ({ via, isHearsay }: Candidate) =>
    teller !== null && isHearsay && via.size === 1 && via.has(teller)
  known.makeRoomAmong(isItsAlone, HEARSAY_OF_ONE)
  if (known.size < known.limit) return
  const hearsay = [...known.entries()].find(([, { isHearsay }]) => isHearsay)
  if (hearsay !== undefined) known.delete(hearsay[0])
}
