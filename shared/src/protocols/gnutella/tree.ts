import { BoundedMap } from '../../kernel/bounded.ts'
import type { Nonce, PeerId } from '../../kernel/ids.ts'
import {
  DIGEST_EVERY_MS,
  GRAFT_AFTER_MS,
  GUIDS_PER_DIGEST,
  MISSING_GUIDS,
  MISSING_PER_NEIGHBOUR,
  QUERIES_KEPT,
  QUERY_KEPT_MS,
} from './constants.ts'
import { jittered, type ServentContext } from './context.ts'
import type { Query } from './messages.ts'

/** A query that those who missed it can have again. */
interface Kept {
  /** As we forward it. */
  readonly query: Query
  readonly sentTo: Set<PeerId>
  readonly until: number
}

/** A query that others announced and that has not come. */
interface Missing {
  /** Who announced it first. */
  readonly by: PeerId
  /** Who announced it, and was not asked yet. */
  readonly holders: PeerId[]
  askAt: number
}

/**
 * The tree that pruned queries follow, after Plumtree (Leitao, Pereira, Rodrigues 2007). A link is eager until
 * it brings a duplicate; then it is lazy and carries only digests of GUIDs. A query that a digest names but that
 * does not come is fetched over that link, which is eager from then on: so the tree mends itself.
 */
export class Tree {
  readonly #links = new Map<PeerId, 'eager' | 'lazy'>()
  readonly #kept = new BoundedMap<Nonce, Kept>(QUERIES_KEPT)
  readonly #missing = new BoundedMap<Nonce, Missing>(MISSING_GUIDS)
  readonly #digests = new Map<PeerId, Set<Nonce>>()
  #digestAt = Infinity

  constructor(readonly context: ServentContext) {}

  isLazy(neighbour: PeerId): boolean {
    return this.#links.get(neighbour) === 'lazy'
  }

  wakeAt(): number {
    let earliest = this.#digestAt
    for (const { askAt } of this.#missing.values()) earliest = Math.min(earliest, askAt)
    return earliest
  }

  addNeighbour(peer: PeerId): void {
    this.#links.set(peer, 'eager')
  }

  /** A branch may have been lost with the link: all others are tried until duplicates prune them again. */
  removeNeighbour(peer: PeerId): void {
    const wasEager = this.#links.get(peer) === 'eager'
    this.#links.delete(peer)
    this.#digests.delete(peer)
    if (!wasEager) return
    for (const [other, state] of this.#links) {
      if (state === 'eager') continue
      this.#links.set(other, 'eager')
      this.context.send(other, { type: 'graft', guid: null })
    }
  }

  /** Sends a query over the tree. @returns copies sent. */
  spread(query: Query, from: PeerId | null, now: number): number {
    const sentTo = new Set<PeerId>(from === null ? [] : [from])
    this.#kept.set(query.guid, { query, sentTo, until: now + QUERY_KEPT_MS })
    let copies = 0
    for (const [peer, state] of this.#links) {
      if (sentTo.has(peer)) continue
      if (state === 'lazy') {
        this.#announce(peer, query.guid, now)
        continue
      }
      sentTo.add(peer)
      this.context.send(peer, query)
      copies++
    }
    return copies
  }

  /** Sends a query to a neighbour that came after it was spread. */
  sendLate(query: Query, to: PeerId): void {
    this.#kept.get(query.guid)?.sentTo.add(to)
    this.context.send(to, query)
  }

  /** The first copy of a query came over this link, so it belongs to the tree. */
  onFirstCopy(guid: Nonce, from: PeerId): void {
    this.#missing.delete(guid)
    if (this.#links.has(from)) this.#links.set(from, 'eager')
  }

  /** A copy that brought nothing. The link by which the query came first must be in the tree to do without. */
  onDuplicate(from: PeerId, first: PeerId | undefined): void {
    // Also when it is lazy for us: a graft and a prune that crossed leave the two ends of different opinions.
    if (!this.#links.has(from) || first === from) return
    if (first !== undefined && this.#links.get(first) !== 'eager') return
    this.#links.set(from, 'lazy')
    this.context.counters.prunes++
    this.context.send(from, { type: 'prune' })
  }

  onPrune(from: PeerId): void {
    if (this.#links.has(from)) this.#links.set(from, 'lazy')
  }

  /** @returns the query sent because of it, if any. */
  onGraft(from: PeerId, guid: Nonce | null, now: number): Query | null {
    if (!this.#links.has(from)) return null
    this.#links.set(from, 'eager')
    const kept = guid === null ? undefined : this.#kept.get(guid)
    if (kept === undefined || kept.until < now || kept.sentTo.has(from)) return null
    kept.sentTo.add(from)
    this.context.send(from, kept.query)
    return kept.query
  }

  /** The neighbour knows this query; it need not be told. `isKnown`: by us. */
  onAnnounced(from: PeerId, guid: Nonce, isKnown: boolean, now: number): void {
    this.#digests.get(from)?.delete(guid)
    if (isKnown) return
    const missing = this.#missing.get(guid)
    if (missing !== undefined) {
      if (missing.holders.length < GUIDS_PER_DIGEST) missing.holders.push(from)
      return
    }
    // Whoever announces what never was must not push out what others announced.
    let ofNeighbour = 0
    for (const { by } of this.#missing.values()) if (by === from) ofNeighbour++
    if (ofNeighbour >= MISSING_PER_NEIGHBOUR) return
    this.#missing.set(guid, { by: from, holders: [from], askAt: now + GRAFT_AFTER_MS })
  }

  wake(now: number): void {
    if (now >= this.#digestAt) this.#sendDigests()
    for (const [guid, missing] of this.#missing.entries())
      if (missing.askAt <= now) this.#ask(guid, missing, now)
  }

  #ask(guid: Nonce, missing: Missing, now: number): void {
    let holder = missing.holders.shift()
    while (holder !== undefined && !this.#links.has(holder)) holder = missing.holders.shift()
    if (holder === undefined) {
      this.#missing.delete(guid)
      return
    }
    missing.askAt = now + GRAFT_AFTER_MS
    this.#links.set(holder, 'eager')
    this.context.counters.grafts++
    this.context.send(holder, { type: 'graft', guid })
  }

  #announce(peer: PeerId, guid: Nonce, now: number): void {
    const digest = this.#digests.get(peer) ?? new Set<Nonce>()
    this.#digests.set(peer, digest)
    digest.add(guid)
    // Not all at the same time: a link needs a digest in one direction only.
    if (this.#digestAt === Infinity)
      this.#digestAt = now + Math.min(DIGEST_EVERY_MS, jittered(this.context.rng, DIGEST_EVERY_MS * 0.6))
  }

  #sendDigests(): void {
    this.#digestAt = Infinity
    for (const [peer, digest] of this.#digests) {
      const guids = [...digest]
      for (let at = 0; at < guids.length; at += GUIDS_PER_DIGEST)
        this.context.send(peer, { type: 'ihave', guids: guids.slice(at, at + GUIDS_PER_DIGEST) })
    }
    this.#digests.clear()
  }
}
