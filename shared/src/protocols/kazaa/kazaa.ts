import { randomNonce } from '../../kernel/random-ids.ts'
import { assertNever, type Core } from '../../kernel/core.ts'
import type { Nonce, PeerId } from '../../kernel/ids.ts'
import type { Criteria, OverlayCore } from '../../discovery/overlay.ts'
import type { Listing } from '../../discovery/listing.ts'
import type { InfoHash } from '../../kernel/ids.ts'
import { CONTROL_RATE, QUERY_TTL } from './constants.ts'
import { Buckets, Me, noCounts, type KazaaContext } from './context.ts'
import type { KazaaEffect, KazaaInput, KazaaOptions, KazaaView } from './kazaa-api.ts'
import type { KazaaMessage, SharePart } from './messages.ts'
import { OwnShares } from './own-shares.ts'
import { QueryRouting, type Query } from './query-routing.ts'
import { Roles } from './roles.ts'
import { Searches } from './searches.ts'
import { Trust } from './trust.ts'
import { Uploads } from './uploads.ts'

type Conditions = Extract<KazaaInput, { type: 'conditions' }>

/** A node of KaZaA: child of super nodes, or one itself. */
export class KazaaNode implements Core<KazaaInput, KazaaEffect>, OverlayCore {
  readonly #context: KazaaContext
  readonly #roles: Roles
  readonly #searches: Searches
  readonly #routing: QueryRouting
  readonly #uploads: Uploads
  readonly #trust: Trust
  readonly #shares = new OwnShares()
  readonly #control = new Buckets(CONTROL_RATE)
  readonly #wantsCost: boolean
  #state: 'running' | 'left' = 'running'
  #effects: KazaaEffect[] = []

  constructor(options: KazaaOptions) {
    const { self, rng, now } = options
    this.#wantsCost = options.wantsCost ?? true
    const emit = (effect: KazaaEffect) => void this.#effects.push(effect)
    this.#context = {
      self,
      rng,
      counters: noCounts(),
      me: new Me(now, options.isWilling ?? true),
      emit,
      send: (to, message) => {
        emit({ type: 'send', to, message })
      },
    }
    this.#uploads = new Uploads(this.#context, options, (infoHash) => this.#shares.has(infoHash))
    const isBusyWith = (peer: PeerId) => this.#isOtherwiseNeeded(peer)
    this.#roles = new Roles(this.#context, this.#shares, isBusyWith, now)
    const { index, children, leaders, ties } = this.#roles
    this.#trust = new Trust(this.#context, this.#roles.links, {
      ask: (query, superNode, at) => {
        this.#routing.ask(query, [superNode], at)
      },
      dial: (peer, at) => {
        this.#roles.book.dial(peer, at)
      },
      mistrust: (superNode, at) => {
        this.#roles.book.mistrust(superNode, at)
        ties.quit(superNode, at)
      },
    })
    this.#searches = new Searches(this.#context, (cases, at) => {
      this.#trust.consider(cases, (peer) => ties.joined().includes(peer), at)
    })
    this.#routing = new QueryRouting(this.#context, index, children, leaders, this.#searches, (peer) =>
      ties.needs(peer),
    )
  }

  handle(input: KazaaInput, now: number): KazaaEffect[] {
    if (this.#state === 'running') {
      this.#dispatch(input, now)
      this.#roles.settle(now)
      this.#askWaiting(now)
    }
    return this.#effects.splice(0)
  }

  wakeAt(): number {
    if (this.#state === 'left') return Infinity
    return Math.min(
      this.#roles.wakeAt(),
      this.#routing.wakeAt(),
      this.#searches.wakeAt(),
      this.#uploads.wakeAt(),
      this.#trust.wakeAt(),
      this.#shares.wakeAt(),
    )
  }

  needs(peer: PeerId): boolean {
    return this.#state === 'running' && (this.#roles.needs(peer) || this.#isOtherwiseNeeded(peer))
  }

  #isOtherwiseNeeded(peer: PeerId): boolean {
    return this.#uploads.needs(peer) || this.#trust.needs(peer)
  }

  accepts(peer: PeerId): boolean {
    return this.#state === 'running' && (this.needs(peer) || this.#roles.hasRoom())
  }

  view(): KazaaView {
    const { ties, children, leaders, index } = this.#roles
    return {
      role: this.#context.me.role,
      leader: ties.main,
      standby: ties.standby,
      children: children.peers(),
      superNodes: leaders.peers(),
      indexSize: index.size,
      uploadQueue: this.#uploads.view(),
      counters: { ...this.#context.counters },
    }
  }

  #dispatch(input: KazaaInput, now: number): void {
    switch (input.type) {
      case 'linkUp':
        this.#uploads.linkUp(input.peer, now)
        this.#roles.linkUp(input.peer, now)
        return this.#trust.linkUp(input.peer)
      case 'linkDown':
        return this.#onLinkDown(input.peer, now)
      case 'dialFailed':
        this.#roles.book.dialFailed(input.peer, now)
        this.#trust.lost(input.peer, now)
        return this.#roles.seek(now)
      case 'message':
        if (input.message.type === 'query') return this.#routing.onQuery(input.message, input.from, now)
        if (this.#control.take(input.from, now)) this.#onMessage(input.from, input.message, now)
        return
      case 'candidates':
        for (const peer of input.peers) this.#roles.book.addCandidate(peer)
        return this.#roles.seek(now)
      case 'publish':
        return this.#publish(input.infoHash, input.listings, now)
      case 'withdraw':
        return this.#withdraw(input.infoHash, now)
      case 'search':
        return this.#search(input.id, input.criteria, input.limit, now)
      case 'cancelSearch':
        return this.#searches.cancel(input.id)
      case 'conditions':
        return this.#onConditions(input)
      case 'room':
        this.#context.me.freeLinks = input.freeLinks
        return
      case 'lead':
        return this.#roles.lead(now)
      case 'leaving':
        this.#roles.leave(now)
        this.#uploads.leave()
        this.#state = 'left'
        return
      case 'wake':
        return this.#wake(now)
      case 'signed':
      case 'verified':
      case 'received':
      case 'enqueue':
      case 'dequeue':
      case 'uploadDone':
        return this.#uploads.handle(input, now)
      default:
        return assertNever(input)
    }
  }

  #onMessage(from: PeerId, message: Exclude<KazaaMessage, { type: 'query' }>, now: number): void {
    switch (message.type) {
      case 'nodeInfo':
        return this.#roles.onInfo(from, message, now)
      case 'join':
        return this.#roles.onJoin(from, message, now)
      case 'welcome':
        return this.#roles.onWelcome(from, message, now)
      case 'refuse':
        return this.#roles.onRefuse(from, message, now)
      case 'leave':
        return this.#roles.onLeave(from, message, now)
      case 'shareDiff':
        return this.#roles.children.onDiff(from, message)
      case 'digest':
        return this.#roles.children.onDigest(from, message.epoch, message.digest, message.standing)
      case 'resend':
        return this.#roles.ties.onResend(from, message.epoch)
      case 'hits':
        this.#trust.onHits(message, from)
        return this.#routing.onHits(message, from, now)
      case 'confirm':
        return this.#confirm(from, message)
      case 'confirmed':
        return this.#trust.onConfirmed(from, message, now)
      case 'cost':
        return this.#routing.onCost(message, from, now)
      case 'filter':
        return this.#roles.leaders.onFilter(from, message.bits)
      case 'promote':
        return this.#roles.onPromote(from, now)
      case 'decline':
        return this.#roles.onDecline(from, now)
      case 'handover':
        if (this.#roles.leaders.has(from)) this.#roles.children.onHandover(from, message, now)
        return
      default:
        return this.#uploads.onMessage(from, message, now)
    }
  }

  #onLinkDown(peer: PeerId, now: number): void {
    this.#control.forget(peer)
    this.#routing.forget(peer)
    this.#uploads.linkDown(peer, now)
    this.#trust.lost(peer, now)
    this.#roles.linkDown(peer, now)
  }

  #confirm(from: PeerId, { infoHash, root }: Extract<KazaaMessage, { type: 'confirm' }>): void {
    const isShared = this.#shares.lists(infoHash, root)
    this.#context.send(from, { type: 'confirmed', infoHash, root, isShared })
  }

  #publish(infoHash: InfoHash, listings: readonly Listing[], now: number): void {
    const taken = this.#shares.publish({ infoHash, listings }, now)
    if (taken !== null) this.#tell(infoHash, taken)
  }

  #withdraw(infoHash: InfoHash, now: number): void {
    if (!this.#shares.has(infoHash)) return
    this.#shares.withdraw(infoHash, now)
    this.#uploads.withdraw(infoHash, now)
    this.#tell(infoHash, null)
  }

  /** Whoever indexes us is told of a share anew, or that it is gone. */
  #tell(infoHash: InfoHash, part: SharePart | null): void {
    if (!this.#roles.isLeading) return this.#roles.ties.onShare(infoHash, part)
    this.#roles.index.removeShare(this.#context.self, infoHash)
    if (part !== null) this.#roles.index.add(this.#context.self, [part])
  }

  #search(id: Nonce, criteria: Criteria, limit: number, now: number): void {
    if (this.#searches.has(id)) return
    const query: Query = {
      type: 'query',
      guid: randomNonce(this.#context.rng),
      ttl: QUERY_TTL,
      hops: 0,
      limit: Math.min(limit, 0xffff),
      wantsCost: this.#wantsCost,
      criteria,
    }
    this.#searches.start(id, query, limit, now)
  }

  /** Searches that were waiting for somebody to ask: at once, as a rule. */
  #askWaiting(now: number): void {
    const { self, me } = this.#context
    const ties = this.#roles.ties.joined()
    if (me.role !== 'superNode' && ties.length === 0) return
    for (const query of this.#searches.takeWaiting(ties, now)) {
      this.#routing.ask(query, ties, now)
      if (me.role !== 'superNode') continue
      const own = this.#roles.index.find(query.criteria, self)
      this.#searches.onHits({ guid: query.guid, hops: 0, ...own }, self, now)
    }
  }

  #onConditions({ isVisible, uploadBytesPerSecond, isWilling }: Conditions): void {
    const { me } = this.#context
    me.isVisible = isVisible
    me.uploadBytesPerSecond = uploadBytesPerSecond
    me.isWilling = isWilling
  }

  #wake(now: number): void {
    this.#roles.wake(now)
    this.#routing.wake(now)
    this.#searches.wake(now)
    this.#uploads.wake(now)
    this.#trust.wake(now)
    for (const part of this.#shares.wake(now)) this.#tell(part.infoHash, part)
  }
}
