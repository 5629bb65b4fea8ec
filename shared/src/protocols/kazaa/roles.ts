import type { PeerId } from '../../kernel/ids.ts'
import { ChildIndex } from './child-index.ts'
import { Children } from './children.ts'
import { CHILDREN_CAP, IDLE_MS, INFO_EVERY_MS, TICK_MS } from './constants.ts'
import { jittered, type KazaaContext } from './context.ts'
import { Election } from './election.ts'
import { LeaderBook } from './leader-book.ts'
import { LeaderLinks } from './leader-links.ts'
import { Links } from './links.ts'
import type { KazaaMessage } from './messages.ts'
import type { OwnShares } from './own-shares.ts'
import { Staffing } from './staffing.ts'
import { Ties } from './ties.ts'

type Message<Type extends KazaaMessage['type']> = Extract<KazaaMessage, { type: Type }>

/** Who leads and who follows: what this node is, and how it comes to be something else. */
export class Roles {
  readonly links = new Links()
  readonly index = new ChildIndex()
  readonly book: LeaderBook
  readonly ties: Ties
  readonly children: Children
  readonly leaders: LeaderLinks
  readonly #election: Election
  readonly #staffing: Staffing
  #tickAt: number
  #infoAt: number
  #wokeAt: number

  constructor(
    readonly context: KazaaContext,
    readonly shares: OwnShares,
    /** Whether the link has another use than these. */
    readonly isBusyWith: (peer: PeerId) => boolean,
    now: number,
  ) {
    this.book = new LeaderBook(context, this.links)
    this.ties = new Ties(context, this.links, this.book, shares)
    this.children = new Children(context, this.book, this.index)
    this.leaders = new LeaderLinks(context, this.links, this.book, this.index, now)
    this.#election = new Election(context, this.links, this.book, this.ties)
    this.#staffing = new Staffing(context, this.links, this.book, this.children, this.leaders)
    this.#tickAt = now + jittered(context.rng, TICK_MS)
    this.#infoAt = now + jittered(context.rng, INFO_EVERY_MS)
    this.#wokeAt = now
    this.#election.begin(now)
  }

  get isLeading(): boolean {
    return this.context.me.role === 'superNode'
  }

  needs(peer: PeerId): boolean {
    return (
      this.ties.needs(peer) ||
      this.children.has(peer) ||
      this.leaders.has(peer) ||
      this.leaders.isAsked(peer) ||
      this.book.isDialling(peer)
    )
  }

  /** A super node takes links as long as it has room for children or neighbours; an orphan is glad of any. */
  hasRoom(): boolean {
    if (!this.isLeading) return this.context.me.role === 'orphan' || this.links.size < CHILDREN_CAP
    return this.children.isRoomy || this.leaders.isRoomy || this.#hasSpare()
  }

  linkUp(peer: PeerId, now: number): void {
    this.book.linkUp(peer)
    if (this.links.has(peer)) return
    this.links.add(peer)
    this.#tell(peer, now)
  }

  linkDown(peer: PeerId, now: number): void {
    this.links.remove(peer)
    this.book.forget(peer)
    this.children.remove(peer)
    const wasNeighbour = this.leaders.remove(peer)
    if (this.isLeading) {
      if (wasNeighbour) this.leaders.seek(now)
    } else {
      this.ties.onLost(peer, now)
      this.seek(now)
    }
  }

  /** Follows up whatever may have changed: a child without ties is an orphan, and so on. */
  settle(now: number): void {
    const { me } = this.context
    this.leaders.watch(now)
    if (me.role === 'superNode') return
    const role = this.ties.joined().length > 0 ? 'child' : 'orphan'
    if (role === 'orphan' && !this.ties.isAsking) this.#election.begin(now)
    if (role === 'child') this.#election.end()
    if (role === me.role) return
    me.role = role
    this.#tellAll(now)
  }

  seek(now: number): void {
    if (this.isLeading) this.leaders.seek(now)
    else this.#election.seek(now)
  }

  onInfo(from: PeerId, info: Message<'nodeInfo'>, now: number): void {
    const before = this.links.get(from)?.role
    this.links.onInfo(from, info)
    for (const leader of info.leaders) this.book.learn(leader, from)
    if (info.role === 'superNode') {
      this.book.learn(from, null)
      this.children.remove(from)
      if (this.isLeading && before !== 'superNode') {
        this.#staffing.onNewSuperNode(from, now)
        this.leaders.seek(now)
        // Children without a standby hear of it at once.
        if (before !== null) this.#tellChildren(now)
      }
    } else {
      this.book.forget(from)
      this.leaders.remove(from)
      if (!this.isLeading) this.ties.onLost(from, now)
    }
    if (!this.isLeading) this.seek(now)
  }

  onJoin(from: PeerId, { as, standing }: Message<'join'>, now: number): void {
    if (!this.isLeading) {
      this.context.send(from, { type: 'refuse', as, leaders: this.book.list(from) })
    } else if (as === 'leader') {
      this.children.remove(from)
      this.leaders.onJoin(from, now)
    } else if (this.leaders.has(from) || !this.children.onJoin(from, as, standing, now)) {
      this.context.send(from, { type: 'refuse', as, leaders: this.book.list(from) })
    } else this.#staffing.invite(now)
  }

  onWelcome(from: PeerId, { as, epoch, leaders }: Message<'welcome'>, now: number): void {
    for (const leader of leaders) this.book.learn(leader, from)
    if (as !== 'leader') this.ties.onWelcome(from, as, epoch, now)
    else if (this.isLeading) {
      this.leaders.onWelcome(from, now)
      this.leaders.seek(now)
    }
  }

  onRefuse(from: PeerId, { as, leaders }: Message<'refuse'>, now: number): void {
    for (const leader of leaders) this.book.learn(leader, from)
    if (as === 'leader') this.leaders.onRefuse(from, now)
    else this.ties.onRefuse(from, now)
    this.seek(now)
  }

  onLeave(from: PeerId, { leaders }: Message<'leave'>, now: number): void {
    for (const leader of leaders) this.book.learn(leader, from)
    if (this.isLeading) {
      this.children.remove(from)
      this.leaders.remove(from)
    } else {
      this.ties.onLeave(from, leaders, now)
      this.seek(now)
    }
  }

  onPromote(from: PeerId, now: number): void {
    const { me } = this.context
    const isOurs = this.ties.needs(from)
    if (isOurs && !this.isLeading && me.isWilling && me.isVisible) this.lead(now)
    else this.context.send(from, { type: 'decline' })
  }

  onDecline(from: PeerId, now: number): void {
    if (this.isLeading) this.#staffing.onDecline(from, now)
  }

  /** Become a super node. */
  lead(now: number): void {
    if (this.isLeading) return
    this.context.counters.promotions++
    this.context.me.role = 'superNode'
    this.#election.end()
    this.ties.clear()
    this.index.add(this.context.self, this.shares.parts())
    this.#staffing.begin(now)
    this.#tellAll(now)
    this.leaders.seek(now)
  }

  /** The tab is closing: children are handed over, and everybody is told. */
  leave(now: number): void {
    if (this.isLeading) this.#dismissEverybody(this.leaders.peers()[0] ?? null, now)
    this.ties.leave()
  }

  /** Without any super node we don't wait for dials that are silent. */
  #hedgeAt(): number {
    return this.context.me.role === 'orphan' ? this.book.hedgeAt(this.#wokeAt) : Infinity
  }

  wakeAt(): number {
    return Math.min(
      this.#tickAt,
      this.#hedgeAt(),
      this.#infoAt,
      this.#election.wakeAt(),
      this.ties.wakeAt(),
      this.children.wakeAt(),
      this.leaders.wakeAt(),
    )
  }

  wake(now: number): void {
    const isHedging = this.#hedgeAt() <= now
    this.#wokeAt = now
    if (isHedging) this.seek(now)
    this.ties.wake(now)
    this.children.wake(now)
    this.leaders.wake(now)
    if (this.#election.wake(now)) this.lead(now)
    if (now >= this.#infoAt) {
      this.#infoAt = now + jittered(this.context.rng, INFO_EVERY_MS)
      if (this.isLeading) this.#tellChildren(now)
    }
    if (now < this.#tickAt) return
    this.#tickAt = now + jittered(this.context.rng, TICK_MS)
    this.seek(now)
    this.#releaseIdle(now)
    if (!this.isLeading) return
    this.#staffing.invite(now)
    const heir = this.#staffing.successor(now)
    if (heir !== null) this.#stepDown(heir, now)
  }

  /** Links that nobody needs make room for those that somebody does. Orphans keep them: for an election. */
  #releaseIdle(now: number): void {
    for (const [peer, link] of this.links.entries()) {
      if (this.context.me.role === 'orphan' || this.isBusyWith(peer) || this.needs(peer))
        link.idleSince = null
      else if (link.idleSince === null) link.idleSince = now
      else if (now >= link.idleSince + IDLE_MS) {
        link.idleSince = now
        this.context.emit({ type: 'release', peer })
      }
    }
  }

  #stepDown(heir: PeerId, now: number): void {
    this.context.counters.demotions++
    this.#dismissEverybody(heir, now)
    this.leaders.clear()
    this.children.clear()
    this.index.removeOwner(this.context.self)
    this.context.me.role = 'orphan'
    this.#tellAll(now)
    this.ties.seek(now)
  }

  #dismissEverybody(heir: PeerId | null, now: number): void {
    if (heir !== null) for (const child of this.children.peers()) this.children.handOver(child, heir, now)
    this.children.dismissAll([], now)
    for (const peer of this.leaders.peers()) this.context.send(peer, { type: 'leave', leaders: [] })
  }

  #hasSpare(): boolean {
    return this.children.entries().some(([, { as }]) => as === 'standbyChild')
  }

  #tellAll(now: number): void {
    for (const peer of this.links.peers()) this.#tell(peer, now)
  }

  #tellChildren(now: number): void {
    for (const peer of this.children.peers()) this.#tell(peer, now)
    for (const peer of this.leaders.peers()) this.#tell(peer, now)
  }

  #tell(peer: PeerId, now: number): void {
    const { me } = this.context
    this.context.send(peer, {
      type: 'nodeInfo',
      role: me.role,
      children: this.children.load,
      neighbours: this.leaders.count,
      standing: me.standing(now),
      leaders: this.book.list(peer),
    })
  }
}
