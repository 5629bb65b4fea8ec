import { randomNonce } from '../../kernel/random-ids.ts'
import type { Nonce, PeerId } from '../../kernel/ids.ts'
import { BoundedMap } from '../../kernel/bounded.ts'
import type { Rng } from '../../kernel/rng.ts'
import { WallClock } from '../../kernel/wall-clock.ts'
import type { ChordEffect, ChordOptions } from './api.ts'
import { CHORD } from './constants.ts'
import { Link } from './link.ts'
import { NeighbourList } from './lists.ts'
import type { ChordMessage, Phase, Routing } from './messages.ts'
import { coarse, isUpTo } from './position.ts'
import { isKeyOf, type IsKeyOf } from './record.ts'

const MAX_RING_LINKS = 8
const MIN_RING_LINKS = 2

/** `lost`: its link broke, or it said goodbye; `unreachable`: no link came about. */
interface Gone {
  readonly because: 'lost' | 'unreachable'
  readonly until: number
}

interface LastLinked {
  readonly peers: readonly PeerId[]
  readonly links: readonly Link[]
  readonly last: PeerId | undefined
}

/** What the parts of a node share: who it is, its links and lists, and the effects of the input at hand. */
export class ChordContext {
  readonly self: PeerId
  readonly at: number
  readonly key: string
  readonly rng: Rng
  readonly linkCap: number
  readonly listLength: number
  /** Neighbours on each side with which a link is kept; the rest of the lists is known by name only. */
  readonly ringLinks: number
  readonly isKeyOf: IsKeyOf
  readonly links = new Map<PeerId, Link>()
  readonly successors: NeighbourList
  readonly predecessors: NeighbourList
  phase: Phase = 'alone'
  /** Until when it is worth asking around for peers that lists name: many links were lost at once. */
  seeksUntil = -Infinity
  routing: Routing
  now: number
  readonly #wall: WallClock
  /** `paused`: lists only lose who dies; nothing is repaired. For measurements of what bare routing can bear. */
  maintenance: 'running' | 'paused' = 'running'
  readonly #gone = new BoundedMap<PeerId, Gone>(CHORD.goneEntries)
  readonly #dials = new Map<PeerId, number>()
  readonly #checks = new Map<number, (isValid: boolean) => void>()
  #effects: ChordEffect[] = []
  #ticket = 0
  #linkList: readonly Link[] | null = null
  /** The last answers of `#lastToLink`, and what they were made from. */
  readonly #lastLinked = new Map<NeighbourList, LastLinked>()

  constructor(options: ChordOptions) {
    this.self = options.self
    this.at = coarse(options.self)
    this.key = options.key
    this.rng = options.rng
    this.now = options.now
    this.#wall = options.wall ?? new WallClock()
    this.linkCap = options.linkCap ?? CHORD.linkCap
    this.listLength = options.listLength ?? CHORD.listLength
    // Half of the links, less eight for fingers: 4 a side of 24, all 8 of 32. Our choice, by simulation.
    const share = Math.floor(this.linkCap / 2) - MAX_RING_LINKS
    this.ringLinks = Math.min(this.listLength, Math.max(MIN_RING_LINKS, Math.min(MAX_RING_LINKS, share)))
    this.isKeyOf = options.isKeyOf ?? isKeyOf
    this.routing = options.routing ?? 'full'
    this.successors = new NeighbourList(this.self, 'clockwise', this.listLength)
    this.predecessors = new NeighbourList(this.self, 'counterClockwise', this.listLength)
  }

  /** Now, by the clock that records are dated with. */
  get date(): number {
    return this.#wall.at(this.now)
  }

  emit(effect: ChordEffect): void {
    this.#effects.push(effect)
  }

  takeEffects(): ChordEffect[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  send(to: PeerId, message: ChordMessage): void {
    this.#effects.push({ type: 'send', to, message })
  }

  nonce(): Nonce {
    return randomNonce(this.rng)
  }

  ticket(): number {
    return this.#ticket++
  }

  addLink(peer: PeerId): Link {
    const link = new Link(peer, this.now)
    this.links.set(peer, link)
    this.#linkList = null
    this.#dials.delete(peer)
    this.#gone.delete(peer)
    return link
  }

  removeLink(peer: PeerId): void {
    this.links.delete(peer)
    this.#linkList = null
  }

  /** A link's phase has changed. */
  phaseChanged(): void {
    this.#linkList = null
  }

  /** Links with members, in the order in which they were made. */
  memberLinks(): readonly Link[] {
    this.#linkList ??= [...this.links.values()].filter(({ phase }) => phase === 'member')
    return this.#linkList
  }

  /** Asks for a link; nothing happens while one is there or being made. */
  dial(peer: PeerId, via: readonly PeerId[] = []): void {
    if (peer === this.self || this.links.has(peer) || this.#dials.has(peer)) return
    if (this.maintenance === 'paused') return
    this.#dials.set(peer, this.now)
    const known = [...this.links.values()].filter((link) => link.beyond.includes(coarse(peer)))
    const ways = new Set([...via.filter((each) => this.links.has(each)), ...known.map((link) => link.peer)])
    this.emit({ type: 'dial', peer, via: [...ways].slice(0, 3) })
  }

  isDialling(peer: PeerId): boolean {
    return this.#dials.has(peer)
  }
  get dialCount(): number {
    return this.#dials.size
  }
  /** @returns how long it took, in milliseconds. */
  dialEnded(peer: PeerId): number {
    const startedAt = this.#dials.get(peer) ?? this.now
    this.#dials.delete(peer)
    return this.now - startedAt
  }

  /** The peer is left out of lists for a while, and nobody's word brings it back. */
  markGone(peer: PeerId, because: Gone['because'], forMs: number = CHORD.goneMs): void {
    this.#gone.set(peer, { because, until: this.now + forMs })
  }
  readonly isGone = (peer: PeerId): boolean => {
    const gone = this.#gone.get(peer)
    return gone !== undefined && gone.until > this.now && !this.links.has(peer)
  }

  /** Places of peers that most likely died: one that can't be reached may only be full. */
  deadPlaces(): number[] {
    const dead: number[] = []
    for (const [peer, { because }] of this.#gone.entries())
      if (because === 'lost' && this.isGone(peer)) dead.push(coarse(peer))
    return dead
  }

  /** By place, is this peer among the nearest, with which links are kept? */
  isRingNeighbour(peer: PeerId): boolean {
    return [this.successors, this.predecessors].some((list) => {
      const last = this.#lastToLink(list)
      return peer === last || list.isNearer(peer, last)
    })
  }

  /**
   * The farthest on one side with whom a link is kept. Where a list is short of members, because they died or have
   * no room for us, linked ones stand in: were all links kept as neighbours' then, none would ever make room.
   */
  #lastToLink(list: NeighbourList): PeerId | undefined {
    const last = list.peers[this.ringLinks - 1]
    if (last !== undefined) return last
    const [links, known] = [this.memberLinks(), this.#lastLinked.get(list)]
    if (known?.peers === list.peers && known.links === links) return known.last
    const nearest = list.nearest([...list.peers, ...links.map(({ peer }) => peer)])
    const found = nearest[this.ringLinks - 1]
    this.#lastLinked.set(list, { peers: list.peers, links, last: found })
    return found
  }

  /** Whether we own a key: it lies after our predecessor, up to us. `avoid`: peers to be taken for absent. */
  owns(key: string, avoid: readonly PeerId[] = []): boolean {
    if (this.phase !== 'member') return this.phase === 'alone'
    if (avoid.includes(this.self)) return false
    const predecessor = this.predecessors.peers.find((peer) => !avoid.includes(peer))
    return predecessor === undefined || isUpTo(key, predecessor, this.self)
  }

  /** The same by what others know: of our nearest predecessors those without a link that are `dead` don't count. */
  ownsBut(key: string, avoid: readonly PeerId[], dead: ReadonlySet<number>): boolean {
    if (this.phase !== 'member' || avoid.includes(this.self)) return false
    const isOut = (peer: PeerId) => avoid.includes(peer) || (!this.links.has(peer) && dead.has(coarse(peer)))
    const predecessor = this.predecessors.peers.find((peer) => !isOut(peer))
    return predecessor !== undefined && isUpTo(key, predecessor, this.self)
  }

  /** Whether a key may be ours, should those between us and the nearest linked peer before us be dead. */
  mayOwn(key: string, avoid: readonly PeerId[]): boolean {
    if (this.phase !== 'member' || avoid.includes(this.self)) return false
    let nearest: PeerId | undefined
    for (const { peer } of this.memberLinks())
      if (!avoid.includes(peer) && this.predecessors.isNearer(peer, nearest)) nearest = peer
    return nearest === undefined || isUpTo(key, nearest, this.self)
  }

  /** Whether a key is ours to keep, as owner or as one of the owner's successors. */
  keeps(key: string): boolean {
    const { peers } = this.predecessors
    if (peers.length < this.listLength) return true
    const first = peers[CHORD.replicas - 1]
    return first === undefined || isUpTo(key, first, this.self)
  }

  /** Has a signature checked; refuses when too many are under way. */
  check(key: string, text: string, signature: string, done: (isValid: boolean) => void): boolean {
    if (this.#checks.size >= CHORD.pendingChecks) return false
    const ticket = this.ticket()
    this.#checks.set(ticket, done)
    this.emit({ type: 'verify', ticket, key, text, signature })
    return true
  }

  get checksUnderWay(): number {
    return this.#checks.size
  }

  checked(ticket: number, isValid: boolean): void {
    const done = this.#checks.get(ticket)
    this.#checks.delete(ticket)
    done?.(isValid)
  }

  /** Members of the ring: exact when the lists overlap, else from the arc that they cover. */
  sizeEstimate(): number {
    const known = new Set([...this.successors.peers, ...this.predecessors.peers])
    const listed = this.successors.peers.length + this.predecessors.peers.length
    const [first, last] = [this.predecessors.peers.at(-1), this.successors.peers.at(-1)]
    if (known.size < listed || first === undefined || last === undefined || first === last)
      return known.size + 1
    const arc = arcThrough(coarse(first), this.at, coarse(last))
    return arc >= 1 ? known.size + 1 : Math.max(known.size + 1, Math.round(listed / Math.max(arc, 1e-9)))
  }
}

/** Share of the ring between two places, going clockwise through a third. */
function arcThrough(from: number, through: number, to: number): number {
  const ring = 2 ** 48
  const first = (through - from + ring) % ring
  const second = (to - through + ring) % ring
  return (first + second) / ring
}
