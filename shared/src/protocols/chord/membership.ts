import { BoundedMap } from '../../kernel/bounded.ts'
import { Deadlines } from '../../kernel/deadlines.ts'
import type { PeerId } from '../../kernel/ids.ts'
import { CHORD } from './constants.ts'
import type { ChordContext } from './context.ts'
import type { Joining } from './joining.ts'
import type { Link } from './link.ts'
import type { Report } from './messages.ts'
import { clockwiseFrom, COARSE_RING } from './position.ts'
import { tell } from './reports.ts'

/** Dials of ring neighbours under way at the same time; our choice. */
const MAX_DIALS = 10
const COARSE_DIGITS = 12
const REST = '0'.repeat(28)

/** Asks the ring who owns a key, over a given link or the best; `via` is the link over which the answer came. */
export type Locate = (
  key: string,
  first: PeerId | null,
  done: (owner: PeerId | null, via: PeerId | null) => void,
) => void

/** Of those whom links name as our neighbours, so many are dialled on each side; our choice. */
const NAMED_DIALS = 2

/** Keeps a member's place on the ring: stabilize, rectify, deaths, goodbyes, and links with the neighbours. */
export class Membership {
  readonly #context: ChordContext
  readonly #joining: Joining
  readonly #locate: Locate
  readonly #clockwise: (a: string, b: string) => number
  /** Ring neighbours whose dial failed, and how often. */
  readonly #failures = new BoundedMap<PeerId, number>(CHORD.goneEntries)
  /** Peers that refused calls, and how often since there was a link. */
  readonly #refusals = new BoundedMap<PeerId, number>(CHORD.goneEntries)
  /** Peers that said goodbye or were let go: nobody calls them back. */
  readonly #parted = new BoundedMap<PeerId, true>(CHORD.goneEntries)
  readonly #releases = new Deadlines<PeerId>()
  /** Links that we let go. They may stay, should somebody else need them, and then serve as any. */
  readonly #released = new Set<PeerId>()
  #stabilizeAt: number
  #intervalMs: number = CHORD.stabilizeMinMs
  #notifyAt = Infinity
  /** Counts changes of the lists. */
  version = 0

  constructor(context: ChordContext, joining: Joining, locate: Locate) {
    this.#context = context
    this.#joining = joining
    this.#locate = locate
    this.#clockwise = clockwiseFrom(context.self)
    this.#stabilizeAt = context.now + CHORD.stabilizeMinMs
  }

  wakeAt(): number {
    if (this.#context.maintenance === 'paused') return Infinity
    const stabilizeAt = this.#context.phase === 'member' ? this.#stabilizeAt : Infinity
    return Math.min(stabilizeAt, this.#notifyAt, this.#releases.earliest())
  }

  wake(): void {
    const { now, maintenance } = this.#context
    if (maintenance === 'paused') return
    for (const peer of this.#releases.due(now))
      if (this.#context.links.has(peer)) this.#context.emit({ type: 'release', peer })
    if (this.#notifyAt <= now) this.#notify()
    if (this.#stabilizeAt <= now && this.#context.phase === 'member') this.#stabilize()
  }

  linkUp(link: Link): void {
    this.#failures.delete(link.peer)
    this.#refusals.delete(link.peer)
    this.#parted.delete(link.peer)
    tell(this.#context, link, 'hello')
    this.update()
  }

  /** @returns whether the link was lost against our will. */
  linkDown(peer: PeerId): boolean {
    this.#releases.clear(peer)
    this.#released.delete(peer)
    const wasNeighbour = this.#context.isRingNeighbour(peer)
    const hasParted = this.#parted.has(peer)
    if (!hasParted) this.#context.markGone(peer, 'lost')
    this.#drop(peer)
    this.update()
    // It may only have been the link: one more call, while the lists do without it.
    if (!hasParted && wasNeighbour && this.#context.phase === 'member') this.#context.dial(peer)
    return !hasParted
  }

  /** We close a link that is of no use, when the other side had time to hear of it. */
  release(peer: PeerId): void {
    if (this.isReleased(peer)) return
    this.#released.add(peer)
    this.letGo(peer)
    this.#context.send(peer, { type: 'letGo' })
    this.#releases.set(peer, this.#context.now + CHORD.letGoMs)
  }

  isReleased(peer: PeerId): boolean {
    return this.#released.has(peer)
  }

  /** Links that are the ring's own: those let go may be there for others, and take nobody's place. */
  get keptCount(): number {
    return this.#context.links.size - this.#released.size
  }

  /** One of us has no use for the link any longer: its end is no death. */
  letGo(peer: PeerId): void {
    this.#parted.set(peer, true)
  }

  /** @param tookMs how long the call took. */
  dialFailed(peer: PeerId, tookMs: number): void {
    const failures = (this.#failures.get(peer) ?? 0) + 1
    this.#failures.set(peer, failures)
    if (this.#context.isGone(peer) || failures >= 2) {
      this.#failures.delete(peer)
      if (!this.#context.isGone(peer))
        this.#context.markGone(peer, 'unreachable', this.#absenceMs(peer, tookMs))
      this.#drop(peer)
    }
    this.update()
  }

  /** A peer that refuses is alive: there was no room, at its side or ours, and soon there may be. */
  #absenceMs(peer: PeerId, tookMs: number): number {
    if (tookMs >= CHORD.refusedMs) return CHORD.goneMs
    const refusals = (this.#refusals.get(peer) ?? 0) + 1
    this.#refusals.set(peer, refusals)
    return refusals <= CHORD.refusals ? CHORD.refusedMs : CHORD.goneMs
  }

  report(link: Link, report: Report, isAnswer: boolean): void {
    const { now } = this.#context
    if (isAnswer && link.askedAt !== null) {
      link.roundTrip.sample(now - link.askedAt)
      link.askedAt = null
    }
    const before = link.phase
    link.hear(report)
    if (link.phase !== before) this.#context.phaseChanged()
    if (before === 'member' && link.phase !== 'member') this.#drop(link.peer)
    if (this.#context.phase !== 'member') this.#joining.heard(link)
    this.update()
  }

  goodbye(peer: PeerId, lists: { predecessors: readonly PeerId[]; successors: readonly PeerId[] }): void {
    const link = this.#context.links.get(peer)
    if (link === undefined) return
    this.#parted.set(peer, true)
    link.phase = 'alone'
    this.#context.phaseChanged()
    this.#context.markGone(peer, 'lost')
    this.#drop(peer)
    this.update()
    for (const each of [...lists.successors, ...lists.predecessors]) this.#dialIfNeighbour(each, [])
  }

  /** The join is through: we are a member from now on. */
  joined(): void {
    this.changed()
    this.#notifyAt = this.#context.now
    this.update()
  }

  /** Lists, phase or links have changed: what follows from it. */
  update(): void {
    const context = this.#context
    if (context.phase !== 'member') return
    const { successors, predecessors } = context
    const before = [successors.peers, predecessors.peers, successors.horizon]
    const links = context.memberLinks()
    successors.stabilize(links, context.isGone)
    predecessors.stabilize(links, context.isGone)
    if (successors.peers.length === 0 && predecessors.peers.length === 0) {
      context.phase = 'alone'
      this.#joining.restart()
      return this.changed()
    }
    if (!isSame(before[0], successors.peers) || !isSame(before[1], predecessors.peers)) this.changed()
    if (successors.horizon === 'lost' && before[2] === 'known') this.#findSuccessor()
    this.#dialNeighbours()
  }

  /** Stabilize soon and often, and tell the neighbours. */
  changed(): void {
    const { now } = this.#context
    this.version++
    this.#intervalMs = CHORD.stabilizeMinMs
    this.#stabilizeAt = Math.min(this.#stabilizeAt, now + this.#intervalMs)
    this.#notifyAt = Math.min(this.#notifyAt, now + CHORD.notifyDelayMs)
  }

  #drop(peer: PeerId): void {
    this.#context.successors.drop(peer)
    this.#context.predecessors.drop(peer)
  }

  #notify(): void {
    this.#notifyAt = Infinity
    for (const link of this.#context.links.values()) tell(this.#context, link, 'change')
  }

  #stabilize(): void {
    const { successors, predecessors, links, now, rng } = this.#context
    this.#stabilizeAt = now + Math.round(this.#intervalMs * (0.9 + 0.2 * rng.float()))
    this.#intervalMs = Math.min(CHORD.stabilizeMaxMs, this.#intervalMs * CHORD.stabilizeGrowth)
    // While the last ones of a list are called that may be dead, too, the ring is asked already.
    if (successors.horizon === 'lost' || !successors.peers.some((peer) => links.has(peer)))
      this.#findSuccessor()
    this.#findPlace()
    for (const peer of new Set([successors.head, predecessors.head])) {
      const link = peer === undefined ? undefined : links.get(peer)
      if (link === undefined) continue
      if (link.askedAt === null) {
        link.askedAt = now
        this.#context.send(link.peer, { type: 'stabilize' })
      } else if (now - link.askedAt >= CHORD.silentMs) this.#giveUp(link)
    }
    this.update()
  }

  /** A neighbour is silent although its link stands: it is treated as dead. */
  #giveUp(link: Link): void {
    link.phase = 'alone'
    this.#context.phaseChanged()
    this.#context.markGone(link.peer, 'lost')
    this.#drop(link.peer)
    this.release(link.peer)
  }

  #dialNeighbours(): void {
    const { successors, predecessors, ringLinks, links } = this.#context
    for (const list of [successors, predecessors]) {
      // What stands after a head that is only the nearest by chance would take the places of those before it.
      const count = list.horizon === 'lost' ? 1 : ringLinks
      for (const peer of list.peers.slice(0, count)) this.#dialIfNeighbour(peer, [])
    }
    // Who stands between us and a neighbour by that neighbour's word: stabilizeFromPredecessor begins with a dial.
    const named = new Map<PeerId, PeerId>()
    for (const link of links.values())
      for (const peer of [...link.predecessors, ...link.successors])
        if (!links.has(peer) && this.#context.isRingNeighbour(peer)) named.set(peer, link.peer)
    const ordered = [...named].sort(([a], [b]) => this.#clockwise(a, b))
    for (const [peer, by] of [...ordered.slice(0, NAMED_DIALS), ...ordered.slice(-NAMED_DIALS)])
      this.#dialIfNeighbour(peer, [by])
  }

  #dialIfNeighbour(peer: PeerId, via: readonly PeerId[]): void {
    const context = this.#context
    if (context.links.has(peer) || context.isDialling(peer) || context.isGone(peer)) return
    if (context.dialCount < MAX_DIALS && peer !== context.self && context.isRingNeighbour(peer))
      context.dial(peer, via.length > 0 ? via : this.#whoNames(peer))
  }

  #whoNames(peer: PeerId): PeerId[] {
    const named: PeerId[] = []
    for (const link of this.#context.links.values())
      if (link.successors.includes(peer) || link.predecessors.includes(peer)) named.push(link.peer)
    return named
  }

  /**
   * Our successor names others between us and it that we are not linked with: we may be far from our place, as
   * after two rings met, so the ring is asked for it.
   */
  #findPlace(): void {
    const { self, successors, links } = this.#context
    const head = links.get(successors.head ?? self)
    const [between] = head?.predecessors ?? []
    if (head === undefined || between === undefined || links.has(between)) return
    if (!successors.isNearer(between, head.peer)) return
    this.#locate(self, head.peer, (owner, via) => {
      if (owner !== null && owner !== self) this.#dialIfNeighbour(owner, via === null ? [] : [via])
    })
  }

  /** All successors died: the ring is asked who stands right after us. */
  #findSuccessor(): void {
    if (this.#context.maintenance === 'paused') return
    const next = ((this.#context.at + 1) % COARSE_RING).toString(16).padStart(COARSE_DIGITS, '0') + REST
    this.#locate(next, null, (owner, via) => {
      if (owner !== null && owner !== this.#context.self)
        this.#dialIfNeighbour(owner, via === null ? [] : [via])
    })
  }
}

function isSame(a: unknown, b: readonly PeerId[]): boolean {
  return Array.isArray(a) && a.length === b.length && b.every((peer, index) => peer === a[index])
}
