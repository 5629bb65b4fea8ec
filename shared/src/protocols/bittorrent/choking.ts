import type { PeerId } from '../../kernel/ids.ts'
import type { Rng } from '../../kernel/rng.ts'
import { pickForIdleSlots, rankPeers, type ChokeCandidate, type Standing } from './choker.ts'
import { NEWCOMER_MS, OPTIMISTIC_MS, RECHOKE_MS, UPLOAD_SLOTS } from './constants.ts'
import type { Outbox } from './effects.ts'
import type { PeerLink, Slot } from './peer-link.ts'
import type { Uploads } from './uploads.ts'

export interface ChokingParts {
  readonly links: ReadonlyMap<PeerId, PeerLink>
  readonly uploads: Uploads
  readonly out: Outbox
  readonly rng: Rng
  /** What earns a slot at the moment; see {@link ChokeCandidate.score}. */
  readonly scoreOf: (link: PeerLink, now: number) => number
  readonly standingOf: (link: PeerLink, now: number) => Standing
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

  /** A queue takes over a peer's slot, or gives it back to the choker. */
  setSlot(link: PeerLink, slot: Slot): void {
    link.slot = slot
    this.#isTouched = true
    if (link.peer === this.#optimistic) this.#optimistic = null
    this.#setChoked(link, slot !== 'served' || !this.#isOpen)
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
    const waiting: ChokeCandidate[] = []
    let [busy, takers] = [0, 0]
    for (const link of this.#inHand()) {
      if (isBusy(link)) {
        busy++
        if (turns === null && this.#parts.standingOf(link, now) === 'takes') takers++
      } else if (isWaiting(link)) waiting.push(this.#candidate(link, now))
    }
    if (waiting.length === 0) return
    const { rng } = this.#parts
    const idleSlots = UPLOAD_SLOTS - busy
    // Who only takes gives way to anybody who may be better.
    const better = turns === null ? waiting.filter(({ standing }) => standing !== 'takes') : waiting
    const chosen = pickForIdleSlots(better, idleSlots + takers, rng)
    if (chosen.length < idleSlots) {
      const rest = waiting.filter(({ peer }) => !chosen.includes(peer))
      chosen.push(...pickForIdleSlots(rest, idleSlots - chosen.length, rng))
    }
    if (chosen.length > 0) this.#giveSlots(new Set(chosen), turns, now)
  }

  #giveSlots(chosen: ReadonlySet<PeerId>, turns: SlotTurns | null, now: number): void {
    const { links } = this.#parts
    let open = 0
    for (const link of this.#inHand()) if (!link.amChoking || chosen.has(link.peer)) open++
    // Whoever wants nothing now makes room, then who only takes; all others keep their slots.
    const isIdle = (link: PeerLink) => !(turns?.isOnTurn(link) ?? link.peerInterested)
    const isTaker = (link: PeerLink) => turns === null && this.#parts.standingOf(link, now) === 'takes'
    for (const mayLose of [isIdle, isTaker]) {
      for (const link of this.#inHand()) {
        if (open <= UPLOAD_SLOTS) break
        if (link.amChoking || chosen.has(link.peer) || !mayLose(link)) continue
        this.#setChoked(link, true)
        open--
      }
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
    for (const link of links.values()) if (link.slot === 'served') this.#setChoked(link, !this.#isOpen)
    if (this.#isOpen && this.#parts.turns() !== null) return
    const candidates = this.#isOpen ? this.#inHand().map((link) => this.#candidate(link, now)) : []
    const { unchoked, optimistic } = rankPeers(candidates, UPLOAD_SLOTS, this.#optimistic, rng)
    this.#optimistic = optimistic
    const open = new Set(unchoked)
    for (const link of this.#inHand()) this.#setChoked(link, !open.has(link.peer))
  }

  /** Links that no queue decides about. */
  #inHand(): PeerLink[] {
    return [...this.#parts.links.values()].filter(({ slot }) => slot === 'choker')
  }

  #candidate(link: PeerLink, now: number): ChokeCandidate {
    return {
      peer: link.peer,
      interested: link.peerInterested,
      score: this.#parts.scoreOf(link, now),
      standing: this.#parts.standingOf(link, now),
      isNewcomer: now - link.record.metAt < NEWCOMER_MS,
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
