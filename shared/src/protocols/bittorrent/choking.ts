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
  /** Super-seeding hands out slots in turns; `null` otherwise. */
  readonly turns: () => SlotTurns | null
}

/** Slots that go round: a peer keeps its slot until its turn is over. */
export interface SlotTurns {
  readonly isOnTurn: (link: PeerLink) => boolean
  readonly isWaiting: (link: PeerLink) => boolean
  readonly begin: (link: PeerLink, now: number) => void
}

/** Hands out the upload slots: every 10 s by rank, every 30 s one by lot, and at once when a slot falls idle. */
export class Choking {
  readonly #parts: ChokingParts
  #rechokeAt: number
  #optimisticUntil: number
  #optimistic: PeerId | null = null
  #isOpen = true
  /** Whether something changed that may leave a slot idle. */
  #isTouched = true

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

  /** Interest, links or turns changed. */
  touch(): void {
    this.#isTouched = true
  }

  /** Work-conserving: a slot whose peer wants nothing, or left, goes to the next at once. */
  fillIdleSlots(now: number): void {
    if (!this.#isTouched || !this.#isOpen) return
    this.#isTouched = false
    const turns = this.#parts.turns()
    const isBusy = (link: PeerLink) => !link.amChoking && (turns?.isOnTurn(link) ?? link.peerInterested)
    const isWaiting = (link: PeerLink) => turns?.isWaiting(link) ?? (link.amChoking && link.peerInterested)
    const busy: PeerLink[] = []
    const waiting: PeerLink[] = []
    for (const link of this.#parts.links.values()) {
      if (isBusy(link)) busy.push(link)
      else if (isWaiting(link)) waiting.push(link)
    }
    if (waiting.length === 0) return
    const candidates = waiting.map((link) => this.#candidate(link, now))
    const chosen = pickForIdleSlots(candidates, UPLOAD_SLOTS - busy.length, this.#parts.rng)
    if (chosen.length > 0) this.#giveSlots(new Set(chosen), turns, now)
  }

  #giveSlots(chosen: ReadonlySet<PeerId>, turns: SlotTurns | null, now: number): void {
    const { links } = this.#parts
    let open = 0
    for (const link of links.values()) if (!link.amChoking || chosen.has(link.peer)) open++
    for (const link of links.values()) {
      if (open <= UPLOAD_SLOTS) break
      // Whoever wants nothing now makes room, but keeps its slot as long as nobody needs it.
      const isIdle = !(turns?.isOnTurn(link) ?? link.peerInterested)
      if (link.amChoking || chosen.has(link.peer) || !isIdle) continue
      this.#setChoked(link, true)
      open--
    }
    for (const peer of chosen) {
      const link = links.get(peer)
      if (link === undefined) continue
      this.#setChoked(link, false)
      turns?.begin(link, now)
    }
  }

  #rank(now: number): void {
    const { links, rng } = this.#parts
    this.#isTouched = true
    if (this.#isOpen && this.#parts.turns() !== null) return
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
