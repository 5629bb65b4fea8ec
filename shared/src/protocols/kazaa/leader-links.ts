import { shuffled } from '../../kernel/rng.ts'
import type { Bytes } from '../../kernel/bytes.ts'
import type { PeerId } from '../../kernel/ids.ts'
import type { Criteria } from '../../discovery/overlay.ts'
import type { ChildIndex } from './child-index.ts'
import {
  ANSWER_TIMEOUT_MS,
  FILTER_EVERY_MS,
  ISLAND_EVERY_MS,
  LEADER_LINKS_CAP,
  LEADER_LINKS_TARGET,
} from './constants.ts'
import { jittered, type KazaaContext } from './context.ts'
import { equalFilters, mayMatch } from './filter.ts'
import type { LeaderBook } from './leader-book.ts'
import type { Links } from './links.ts'

/** From so many neighbours on a super node no longer looks for islands. */
const WELL_CONNECTED = 4

/** Links of a super node with others, over which queries travel, each with the other's filter. */
export class LeaderLinks {
  /** Neighbours and their filters; `null`: not told yet. */
  readonly #neighbours = new Map<PeerId, Bytes | null>()
  readonly #asked = new Map<PeerId, number>()
  #filter: Bytes | null = null
  #filterAt = Infinity
  #islandAt: number

  constructor(
    readonly context: KazaaContext,
    readonly links: Links,
    readonly book: LeaderBook,
    readonly index: ChildIndex,
    now: number,
  ) {
    this.#islandAt = now + ISLAND_EVERY_MS * context.rng.float()
  }

  get count(): number {
    return this.#neighbours.size
  }

  has(peer: PeerId): boolean {
    return this.#neighbours.has(peer)
  }

  isAsked(peer: PeerId): boolean {
    return this.#asked.has(peer)
  }

  peers(): PeerId[] {
    return [...this.#neighbours.keys()]
  }

  mayMatch(neighbour: PeerId, criteria: Criteria): boolean {
    return mayMatch(this.#neighbours.get(neighbour) ?? null, criteria)
  }

  /** Looks for more neighbours, and for islands. */
  seek(now: number): void {
    for (const [peer, until] of this.#asked) if (until <= now) this.#asked.delete(peer)
    let lacking = LEADER_LINKS_TARGET - this.#neighbours.size - this.#asked.size
    const linked = this.links
      .superNodes()
      .filter((peer) => !this.has(peer) && !this.#asked.has(peer) && this.book.isRipe(peer, now))
    for (const peer of shuffled(this.context.rng, linked)) {
      if (lacking-- <= 0) return
      this.#ask(peer, now)
    }
    const [peer] =
      lacking > 0 && !this.book.isBusy(now) ? shuffled(this.context.rng, this.book.dialable(now)) : []
    if (peer !== undefined) this.book.dial(peer, now)
    else if (now >= this.#islandAt && this.#neighbours.size < WELL_CONNECTED) this.#askStranger(now)
  }

  /** Whether one more super node can be a neighbour, even where there is no room for children: without any, both are islands. */
  get isRoomy(): boolean {
    return this.#neighbours.size < LEADER_LINKS_CAP
  }

  onJoin(peer: PeerId, now: number): void {
    const hasRoom = this.has(peer) || this.isRoomy
    const leaders = this.book.list(peer)
    if (!hasRoom) {
      this.context.send(peer, { type: 'refuse', as: 'leader', leaders })
      return
    }
    this.context.send(peer, { type: 'welcome', as: 'leader', epoch: 0, leaders })
    this.#add(peer, now)
  }

  onWelcome(peer: PeerId, now: number): void {
    if (!this.#asked.delete(peer) || this.has(peer)) return
    if (this.#neighbours.size < LEADER_LINKS_CAP) this.#add(peer, now)
    else this.context.send(peer, { type: 'leave', leaders: [] })
  }

  onRefuse(peer: PeerId, now: number): void {
    if (this.#asked.delete(peer)) this.book.refused(peer, now)
  }

  onFilter(peer: PeerId, bits: Bytes): void {
    // What was decoded is a view into a message; a copy does not keep the message alive.
    if (this.has(peer)) this.#neighbours.set(peer, bits.slice())
  }

  /** @returns whether it was one. */
  remove(peer: PeerId): boolean {
    this.#asked.delete(peer)
    return this.#neighbours.delete(peer)
  }

  clear(): void {
    this.#neighbours.clear()
    this.#asked.clear()
    this.#filterAt = Infinity
    this.#filter = null
  }

  /** After every input: a changed index makes a new filter, after a moment. */
  watch(now: number): void {
    if (this.index.isDirty && this.#filterAt === Infinity && this.#neighbours.size > 0)
      this.#filterAt = now + FILTER_EVERY_MS
  }

  wakeAt(): number {
    return this.#filterAt
  }

  wake(now: number): void {
    if (now < this.#filterAt) return
    this.#filterAt = Infinity
    const bits = this.index.filter()
    if (this.#filter !== null && equalFilters(this.#filter, bits)) return
    this.#filter = bits
    for (const peer of this.#neighbours.keys()) this.context.send(peer, { type: 'filter', bits })
  }

  #ask(peer: PeerId, now: number): void {
    this.#asked.set(peer, now + ANSWER_TIMEOUT_MS)
    this.context.send(peer, { type: 'join', as: 'leader', standing: this.context.me.standing(now) })
  }

  #add(peer: PeerId, now: number): void {
    this.#asked.delete(peer)
    if (!this.#neighbours.has(peer)) this.#neighbours.set(peer, null)
    // The one that the others have; a change since then goes to all together.
    this.#filter ??= this.index.filter()
    this.context.send(peer, { type: 'filter', bits: this.#filter })
    this.watch(now)
  }

  /** Somebody whom we know nothing of may belong to others. */
  #askStranger(now: number): void {
    this.#islandAt = now + jittered(this.context.rng, ISLAND_EVERY_MS)
    const [peer] = shuffled(this.context.rng, this.book.strangers(now))
    if (peer !== undefined && !this.book.isBusy(now)) this.book.dial(peer, now)
  }
}
