import type { InfoHash, PeerId } from '../../kernel/ids.ts'
import type { Rng } from '../../kernel/rng.ts'
import {
  ASSUMED_UPLOAD_MS,
  EARLY_PENALTY_MS,
  HEAD_START,
  POSITION_EVERY_MS,
  QUEUE_LIMIT,
  QUEUE_PER_PEER,
  RETRY_EARLY_MS,
  SLOT_MAX_MS,
  TICKET_KEPT_MS,
  UPLOAD_SLOTS,
} from './constants.ts'
import type { QueueView } from './kazaa-api.ts'

/** One peer that wants one share of us. */
interface Place {
  readonly peer: PeerId
  readonly infoHash: InfoHash
  readonly ticket: number
  readonly sequence: number
  /** When its turn counts from: when it came, later for those who pester. */
  countsFrom: number
  /** How long the queue took when it came: what a head start is measured in. */
  readonly waitMs: number
  credit: number
  state: 'waiting' | 'serving'
  servingSince: number
  /** Since when its link is down; `null`: it is up. */
  awaySince: number | null
  askedAt: number
  told: { readonly position: number; readonly at: number } | null
}

/** What the queue does to its peers. */
export interface QueueEvents {
  queued(peer: PeerId, infoHash: InfoHash, ticket: number, position: number, etaMs: number): void
  granted(peer: PeerId, infoHash: InfoHash): void
  /** The slot is taken back from a peer that still wants it, or is gone. */
  unserved(peer: PeerId, infoHash: InfoHash): void
  /** The peer has no place any more: the queue says nothing about it from now on. */
  released(peer: PeerId, infoHash: InfoHash): void
}

/** What the time for which a slot was held counts in the mean. */
const SMOOTHING = 0.2

/**
 * Who gets our upload slots, after PARQ (gtk-gnutella): first come, first served, with positions that are told
 * and places that survive a lost link. Credit gives a head start, which is bounded by the time that the queue
 * takes; so everybody's turn comes, whatever others have.
 */
export class UploadQueue {
  readonly #places = new Map<string, Place>()
  #meanMs = ASSUMED_UPLOAD_MS
  #sequence = 0
  #wakeAt = Infinity

  constructor(
    readonly rng: Rng,
    readonly events: QueueEvents,
  ) {}

  has(peer: PeerId): boolean {
    for (const place of this.#places.values())
      if (place.peer === peer && place.awaySince === null) return true
    return false
  }

  wakeAt(): number {
    return this.#wakeAt
  }

  ask(peer: PeerId, infoHash: InfoHash, credit: number, now: number): void {
    const known = this.#places.get(keyOf(peer, infoHash))
    if (known !== undefined) return this.#askAgain(known, credit, now)
    const ofPeer = [...this.#places.values()].filter((place) => place.peer === peer).length
    if (this.#places.size >= QUEUE_LIMIT || ofPeer >= QUEUE_PER_PEER) return
    this.#places.set(keyOf(peer, infoHash), {
      peer,
      infoHash,
      ticket: 1 + this.rng.below(0xffff_fffe),
      sequence: this.#sequence++,
      countsFrom: now,
      waitMs: this.#etaMs(this.#waiting().length + 1),
      credit,
      state: 'waiting',
      servingSince: 0,
      awaySince: null,
      askedAt: now,
      told: null,
    })
    this.#run(now)
  }

  /** It no longer wants it, or has it. */
  remove(peer: PeerId, infoHash: InfoHash, now: number): void {
    const place = this.#places.get(keyOf(peer, infoHash))
    if (place === undefined) return
    if (place.state === 'serving') this.#learnDuration(now - place.servingSince)
    this.#release(place)
    this.#run(now)
  }

  /** Nobody gets this share any more. */
  withdraw(infoHash: InfoHash, now: number): void {
    for (const place of [...this.#places.values()]) if (place.infoHash === infoHash) this.#release(place)
    this.#run(now)
  }

  /** The queue ends: whoever waits in it is nobody's any more. */
  clear(): void {
    for (const place of [...this.#places.values()]) this.#release(place)
    this.#wakeAt = Infinity
  }

  /** More receipts of the peer were verified. */
  onCredit(peer: PeerId, credit: number, now: number): void {
    for (const place of this.#places.values())
      if (place.peer === peer) place.credit = Math.max(place.credit, credit)
    this.#run(now)
  }

  /** A served peer that is gone frees its slot and is the next one when it comes back. */
  linkDown(peer: PeerId, now: number): void {
    for (const place of this.#places.values()) {
      if (place.peer !== peer || place.awaySince !== null) continue
      place.awaySince = now
      place.told = null
      if (place.state === 'waiting') continue
      place.state = 'waiting'
      this.events.unserved(peer, place.infoHash)
    }
    this.#run(now)
  }

  linkUp(peer: PeerId, now: number): void {
    for (const place of this.#places.values()) if (place.peer === peer) place.awaySince = null
    this.#run(now)
  }

  wake(now: number): void {
    if (now < this.#wakeAt) return
    for (const place of [...this.#places.values()])
      if (place.awaySince !== null && now >= place.awaySince + TICKET_KEPT_MS) this.#release(place)
    this.#rotate(now)
    this.#run(now)
  }

  view(): QueueView[] {
    const row = (place: Place, position: number) => ({
      peer: place.peer,
      infoHash: place.infoHash,
      position,
      etaMs: position === 0 ? 0 : this.#etaMs(position),
      priority: place.credit,
    })
    return [
      ...this.#serving().map((place) => row(place, 0)),
      ...this.#waiting().map((place, index) => row(place, index + 1)),
    ]
  }

  #release({ peer, infoHash }: Place): void {
    this.#places.delete(keyOf(peer, infoHash))
    this.events.released(peer, infoHash)
  }

  #askAgain(place: Place, credit: number, now: number): void {
    place.credit = Math.max(place.credit, credit)
    if (place.state === 'serving') return this.events.granted(place.peer, place.infoHash)
    const isEarly = place.told !== null && now < place.askedAt + RETRY_EARLY_MS
    if (isEarly) place.countsFrom += EARLY_PENALTY_MS
    place.askedAt = now
    place.told = null
    this.#run(now)
  }

  /** Gives free slots to the next ones, and tells the others where they stand. */
  #run(now: number): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      next.state = 'serving'
      next.servingSince = now
      this.events.granted(next.peer, next.infoHash)
    }
    this.#waiting().forEach((place, index) => {
      const position = index + 1
      if (place.awaySince !== null || position === place.told?.position) return
      if (place.told !== null && now < place.told.at + POSITION_EVERY_MS) return
      place.told = { position, at: now }
      this.events.queued(place.peer, place.infoHash, place.ticket, position, this.#etaMs(position))
    })
    this.#arm(now)
  }

  /** The first in the queue whose peer is there; peers without a slot before those with one. */
  #next(): Place | undefined {
    const serving = this.#serving()
    if (serving.length >= UPLOAD_SLOTS) return undefined
    const there = this.#waiting().filter(({ awaySince }) => awaySince === null)
    return there.find(({ peer }) => !serving.some((other) => other.peer === peer)) ?? there[0]
  }

  /** A slot that was held for long goes to the next peer, if one waits. */
  #rotate(now: number): void {
    if (!this.#waiting().some(({ awaySince }) => awaySince === null)) return
    for (const place of this.#serving()) {
      if (now < place.servingSince + SLOT_MAX_MS) continue
      // Else the time that the others are told would stay that of uploads which are done sooner.
      this.#learnDuration(now - place.servingSince)
      place.state = 'waiting'
      place.countsFrom = now
      place.credit = 0
      place.told = null
      this.events.unserved(place.peer, place.infoHash)
    }
  }

  #serving(): Place[] {
    return [...this.#places.values()].filter(({ state }) => state === 'serving')
  }

  #waiting(): Place[] {
    const turn = (place: Place) => place.countsFrom - place.credit * HEAD_START * place.waitMs
    return [...this.#places.values()]
      .filter(({ state }) => state === 'waiting')
      .sort((a, b) => turn(a) - turn(b) || a.sequence - b.sequence)
  }

  #etaMs(position: number): number {
    return Math.round(Math.ceil(position / UPLOAD_SLOTS) * this.#meanMs)
  }

  #learnDuration(durationMs: number): void {
    this.#meanMs += SMOOTHING * (durationMs - this.#meanMs)
  }

  #arm(now: number): void {
    let at = Infinity
    for (const { awaySince } of this.#places.values())
      if (awaySince !== null) at = Math.min(at, awaySince + TICKET_KEPT_MS)
    const isAnyWaiting = this.#waiting().some(({ awaySince }) => awaySince === null)
    if (isAnyWaiting) at = Math.min(at, now + POSITION_EVERY_MS)
    this.#wakeAt = Math.max(at, now + 1)
  }
}

const keyOf = (peer: PeerId, infoHash: InfoHash): string => `${peer}:${infoHash}`
