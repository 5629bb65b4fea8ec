import type { PeerId } from '../../kernel/ids.ts'
import type { Rng } from '../../kernel/rng.ts'
import { pickForIdleSlots, rankPeers, type ChokeCandidate } from './choker.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { NEWCOMER_MS, OPTIMISTIC_MS, RECHOKE_MS, UPLOAD_SLOTS } from './constants.ts'
import type { Outbox } from './effects.ts'
import type { PeerLink } from './peer-link.ts'
import type { Uploads } from './uploads.ts'

export interface ChokingParts {
  readonly links: ReadonlyMap<PeerId, PeerLink>
  readonly uploads: Uploads
  readonly out: Outbox
  readonly rng: Rng
  /** What earns a slot at the moment; see {@link ChokeCandidate.score}. */
  readonly scoreOf: (link: PeerLink, now: number) => number
  /** False for a seed, to which nobody can give anything. */
  readonly expectsReturn: () => boolean
}

/** Hands out the upload slots: every 10 s by rank, every 30 s one by lot, and at once when a slot falls idle. */
export class Choking {
  readonly #parts: ChokingParts
  #rechokeAt: number
  #optimisticUntil: number
  #optimistic: PeerId | null = null
  #isOpen = true

  constructor(parts: ChokingParts, now: number) {
    this.#parts = parts
    this.#rechokeAt = now + RECHOKE_MS
    this.#optimisticUntil = now + OPTIMISTIC_MS
  }

  get optimistic(): PeerId | null {
    return this.#optimistic
  }

  /** A paused share serves nobody. */
  setOpen(isOpen: boolean, now: number): void {
    if (this.#isOpen === isOpen) return
    this.#isOpen = isOpen
    this.#rank(now)
  }

  wakeAt(): number {
    return this.#parts.links.size === 0 ? Infinity : this.#rechokeAt
  }

  onWake(now: number): void {
    if (now < this.#rechokeAt) return
    this.#rechokeAt = now + RECHOKE_MS
    if (now >= this.#optimisticUntil) {
      this.#optimistic = null
      this.#optimisticUntil = now + OPTIMISTIC_MS
    }
    this.#rank(now)
  }

  /** Work-conserving: a slot whose peer wants nothing, or left, goes to the next at once. */
  fillIdleSlots(now: number): void {
    if (!this.#isOpen) return
    const waiting: PeerLink[] = []
    let idleSlots = UPLOAD_SLOTS
    for (const link of this.#parts.links.values()) {
      if (!link.peerInterested) continue
      if (link.amChoking) waiting.push(link)
      else idleSlots--
    }
    if (idleSlots <= 0 || waiting.length === 0) return
    const candidates = waiting.map((link) => this.#candidate(link, now))
    const chosen = new Set(pickForIdleSlots(candidates, idleSlots, this.#parts.rng))
    for (const link of this.#parts.links.values()) {
      // The slot moves on: whoever wants nothing now has to queue again.
      if (chosen.has(link.peer)) this.#setChoked(link, false)
      else if (!link.peerInterested) this.#setChoked(link, true)
    }
  }

  #rank(now: number): void {
    const { links, rng } = this.#parts
    const candidates = this.#isOpen ? [...links.values()].map((link) => this.#candidate(link, now)) : []
    const { unchoked, optimistic } = rankPeers(candidates, UPLOAD_SLOTS, this.#optimistic, rng)
    const lucky = optimistic === null ? undefined : links.get(optimistic)
    if (lucky !== undefined && optimistic !== this.#optimistic) {
      lucky.optimisticAt = now
      lucky.givenBefore = lucky.downloadedBytes
    }
    this.#optimistic = optimistic
    const open = new Set(unchoked)
    for (const link of links.values()) this.#setChoked(link, !open.has(link.peer))
  }

  #candidate(link: PeerLink, now: number): ChokeCandidate {
    const hadTurn = link.optimisticAt > -Infinity && now >= link.optimisticAt + OPTIMISTIC_MS
    const gaveBack = link.downloadedBytes - link.givenBefore >= LIMITS.blockBytes
    return {
      peer: link.peer,
      interested: link.peerInterested,
      score: this.#parts.scoreOf(link, now),
      isNewcomer: now - link.joinedAt < NEWCOMER_MS,
      isUngrateful: this.#parts.expectsReturn() && hadTurn && !gaveBack,
      snubbing: link.trust === 'snubbed' && this.#parts.expectsReturn(),
    }
  }

  #setChoked(link: PeerLink, isChoked: boolean): void {
    if (link.amChoking === isChoked) return
    link.amChoking = isChoked
    this.#parts.out.send(link.peer, { type: isChoked ? 'choke' : 'unchoke' })
    if (isChoked) this.#parts.uploads.rejectAll(link)
  }
}
