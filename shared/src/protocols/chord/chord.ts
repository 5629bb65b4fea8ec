import { assertNever, type Core } from '../../kernel/core.ts'
import type { PeerId } from '../../kernel/ids.ts'
import type { OverlayCore } from '../../discovery/overlay.ts'
import type { ChordEffect, ChordInput, ChordOptions, ChordView } from './api.ts'
import { CHORD } from './constants.ts'
import { ChordContext } from './context.ts'
import { Disasters } from './disasters.ts'
import { Fingers } from './fingers.ts'
import { Healing } from './healing.ts'
import { Joining } from './joining.ts'
import { Keeper } from './keeper.ts'
import type { Link } from './link.ts'
import { LookAhead } from './look-ahead.ts'
import { Lookups } from './lookups.ts'
import { Membership } from './membership.ts'
import type { ChordMessage, Phase } from './messages.ts'
import { Publications } from './publications.ts'
import type { RingRecord } from './record.ts'
import { tell } from './reports.ts'
import { nextHopTo } from './routing.ts'
import { Searches } from './searches.ts'
import { viewOf } from './view.ts'

export type { ChordEffect, ChordInput, ChordOptions, ChordView } from './api.ts'

/** One node of the ring: hands inputs to its parts and sees to what follows from their changes. */
export class ChordNode implements Core<ChordInput, ChordEffect>, OverlayCore {
  readonly #context: ChordContext
  readonly #lookups: Lookups
  readonly #joining: Joining
  readonly #membership: Membership
  readonly #fingers: Fingers
  readonly #lookAhead: LookAhead
  readonly #keeper: Keeper
  readonly #publications: Publications
  readonly #searches: Searches
  readonly #healing: Healing
  readonly #disasters: Disasters
  #state: 'running' | 'left' = 'running'
  #version = 0
  #linkList: readonly Link[] | null = null

  constructor(options: ChordOptions) {
    const context = new ChordContext(options)
    this.#context = context
    this.#keeper = new Keeper(context)
    this.#lookups = new Lookups(context, (ask, reply) => {
      this.#keeper.answer(ask, reply)
    })
    const locate = { type: 'locate' } as const
    this.#joining = new Joining(
      context,
      (key, first, done) => {
        this.#lookups.start({ key, ask: locate, first, done: ({ owner }) => done(owner) })
      },
      () => this.#joined(),
    )
    this.#membership = new Membership(context, this.#joining, (key, first, done) => {
      const by = first === null ? {} : { first }
      this.#lookups.start({ key, ask: locate, ...by, done: ({ owner, via }) => done(owner, via) })
    })
    this.#fingers = new Fingers(context, this.#membership)
    this.#lookAhead = new LookAhead(context)
    this.#publications = new Publications(context, this.#lookups)
    this.#searches = new Searches(context, this.#lookups)
    this.#healing = new Healing(context, this.#lookups)
    this.#disasters = new Disasters(context, this.#publications)
  }

  handle(input: ChordInput, now: number): ChordEffect[] {
    this.#context.now = now
    if (this.#state === 'left') return []
    this.#dispatch(input)
    this.#follow()
    return this.#context.takeEffects()
  }

  wakeAt(): number {
    if (this.#state === 'left') return Infinity
    return Math.min(...this.#parts().map((part) => part.wakeAt()))
  }

  needs(peer: PeerId): boolean {
    const { links } = this.#context
    return links.has(peer) && (!this.#membership.isReleased(peer) || this.#context.isRingNeighbour(peer))
  }

  accepts(peer: PeerId): boolean {
    const { links, linkCap, phase } = this.#context
    if (this.#state === 'left') return false
    if (links.has(peer)) return true
    const isWelcome = phase !== 'member' || this.#context.isRingNeighbour(peer)
    return this.#membership.keptCount < (isWelcome ? linkCap : linkCap - CHORD.ringSlack)
  }

  view(): ChordView {
    return viewOf(this.#context, this.#keeper.store.size)
  }

  /** Records to keep over a reload. */
  snapshotRecords(): RingRecord[] {
    return this.#keeper.snapshot()
  }

  /** Peers to begin with after a reload, and to look for when the ring fell apart. */
  pastPeers(): PeerId[] {
    return this.#healing.peers()
  }

  /** The linked peer over which another one can be reached: strictly nearer to it than we are. */
  nextHopTo(peer: PeerId): PeerId | null {
    return nextHopTo(this.#context, peer)
  }

  /** Whether it is part of a ring; cheaper than {@link view}. */
  get phase(): Phase {
    return this.#context.phase
  }

  /** Whether a record of this provider is kept here, in force, under the key. */
  holds(key: string, provider: PeerId): boolean {
    return this.#keeper.store.at(key, this.#context.date).some(({ record }) => record.provider === provider)
  }

  /**
   * For simulations and tests: puts a node into a ring as if it had been in it for long. Links follow.
   * @param successors clockwise, nearest first; @param predecessors the other way round.
   */
  settle(successors: readonly PeerId[], predecessors: readonly PeerId[]): void {
    this.#context.successors.install(successors)
    this.#context.predecessors.install(predecessors)
    this.#context.phase = 'member'
  }

  /** For measurements: stops and resumes all repair, so that routing alone can be seen. */
  setMaintenance(maintenance: 'running' | 'paused'): void {
    this.#context.maintenance = maintenance
  }

  #parts() {
    return [
      this.#lookups,
      this.#joining,
      this.#membership,
      this.#fingers,
      this.#lookAhead,
      this.#keeper,
      this.#publications,
      this.#searches,
      this.#healing,
    ]
  }

  #dispatch(input: ChordInput): void {
    switch (input.type) {
      case 'linkUp':
        return this.#linkUp(input.peer)
      case 'linkDown':
        return this.#linkDown(input.peer)
      case 'dialFailed':
        if (this.#context.isRingNeighbour(input.peer)) this.#fingers.makeRoom()
        return this.#membership.dialFailed(input.peer, this.#context.dialEnded(input.peer))
      case 'message':
        return this.#message(input.from, input.message)
      case 'candidates':
        for (const peer of input.peers) if (this.#context.phase === 'member') this.#healing.remember(peer)
        return this.#joining.candidates(input.peers)
      case 'restored':
        for (const peer of input.peers) this.#healing.remember(peer)
        this.#keeper.restored(input.records)
        return this.#joining.candidates(input.peers)
      case 'signed':
        return this.#publications.signed(input.ticket, input.signature)
      case 'verified':
        return this.#context.checked(input.ticket, input.isValid)
      case 'publish':
        return this.#publications.publish(input.infoHash, input.listings)
      case 'withdraw':
        return this.#publications.withdraw(input.infoHash)
      case 'search':
        return this.#searches.begin(input.id, input.criteria, input.limit)
      case 'cancelSearch':
        return this.#searches.cancel(input.id)
      case 'routing':
        this.#context.routing = input.routing
        return
      case 'leaving':
        return this.#leave()
      case 'lookup':
        return this.#lookup(input)
      case 'wake':
        for (const part of this.#parts()) part.wake()
        return
      default:
        return assertNever(input)
    }
  }

  #message(from: PeerId, message: ChordMessage): void {
    const link = this.#context.links.get(from)
    if (link?.takes(message.type, this.#context.now) !== true) return
    switch (message.type) {
      case 'stabilize':
        return tell(this.#context, link, 'answer')
      case 'neighbours':
      case 'notify':
        this.#membership.report(link, message, message.type === 'neighbours')
        if (link.phase === 'member') this.#healing.heard(from)
        return
      case 'links':
        return link.hearLinks(message.added, message.removed)
      case 'whois':
        return this.#fingers.whois(from, message.position)
      case 'contact':
        return this.#fingers.contact(from, message.position, message.peer)
      case 'find':
      case 'hopAck':
      case 'back':
      case 'found':
      case 'seek':
      case 'sighted':
        return this.#lookups.message(from, message)
      case 'leave':
        return this.#membership.goodbye(from, message)
      case 'letGo':
        return this.#membership.letGo(from)
      case 'offer':
        return this.#keeper.offered(from, message.tags)
      case 'want':
        return this.#keeper.wanted(from, message.tags)
      case 'store':
        return this.#keeper.received(from, message.records)
      default:
        return assertNever(message)
    }
  }

  #linkUp(peer: PeerId): void {
    if (this.#context.links.has(peer)) return
    this.#membership.linkUp(this.#context.addLink(peer))
  }

  #linkDown(peer: PeerId): void {
    if (!this.#context.links.has(peer)) return
    this.#context.removeLink(peer)
    this.#lookups.relay.linkDown(peer)
    this.#keeper.linkDown(peer)
    if (!this.#membership.linkDown(peer)) return
    this.#healing.remember(peer)
    this.#joining.remember(peer)
    this.#disasters.lost()
  }

  #lookup({ id, key }: Extract<ChordInput, { type: 'lookup' }>): void {
    this.#lookups.start({
      key,
      ask: { type: 'locate' },
      done: ({ owner, hops, attempts }) => {
        this.#context.emit({ type: 'lookedUp', id, owner, hops, attempts })
      },
    })
  }

  #joined(): void {
    this.#membership.joined()
    this.#publications.putAllWithin(CHORD.joinSpreadMs)
  }

  #leave(): void {
    const { successors, predecessors, links, phase } = this.#context
    if (phase === 'member') this.#keeper.handOver()
    for (const peer of links.keys())
      this.#context.send(peer, {
        type: 'leave',
        predecessors: predecessors.peers,
        successors: successors.peers,
      })
    this.#state = 'left'
  }

  /** What changes of lists and links entail. */
  #follow(): void {
    if (this.#version !== this.#membership.version) {
      this.#version = this.#membership.version
      this.#keeper.holdersChanged()
      this.#disasters.listsChanged()
    }
    const list = this.#context.memberLinks()
    if (list === this.#linkList) return
    this.#linkList = list
    // Whom the lists named already may only now be there to take copies.
    this.#keeper.holdersChanged()
    this.#lookAhead.changed()
    this.#fingers.changed()
  }
}
