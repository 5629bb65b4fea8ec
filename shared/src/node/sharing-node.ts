import { assertNever, type Core } from '../kernel/core.ts'
import type { InfoHash, PeerId, SessionId } from '../kernel/ids.ts'
import { LIMITS } from '../kernel/limits.ts'
import type { Rng } from '../kernel/rng.ts'
import { TokenBucket } from '../kernel/token-bucket.ts'
import type { Carrier, IntroductionEffect, IntroductionInput } from '../protocols/introduction/effects.ts'
import { Introducer } from '../protocols/introduction/introducer.ts'
import { Announcer, type AnnouncerEffect, type AnnouncerInput } from '../protocols/tracker/announcer.ts'
import type { SignalEnvelope } from '../wire/envelope.ts'
import { Dialler } from './dialler.ts'
import { Discovery, type TicketOwner } from './discovery.ts'
import { LinkKeeper, type IncomingMessage } from './link-keeper.ts'
import { Links, type Link } from './links.ts'
import type { NodeEffect, NodeInput } from './node-io.ts'
import { Shares } from './shares.ts'
import { SignalRelay } from './signal-relay.ts'
import { Tickets } from './tickets.ts'

export interface SharingNodeOptions {
  readonly self: PeerId
  /** Public key in hex. */
  readonly key: string
  readonly rng: Rng
  readonly now: number
}

/** Ways that are tried to one peer, each for 3 s. */
const CARRIERS = 4

/** Inputs after which a share may be offered in another way than before. */
const CHANGES_OFFERS: ReadonlySet<NodeInput['type']> = new Set<NodeInput['type']>([
  'addShare',
  'removeShare',
  'command',
  'storeResults',
  'setUnlisted',
  'wake',
])

/** One second of traffic is the burst of a bandwidth limit: background tabs get one timer a second. */
const burstOf = (rate: number): number => Math.max(LIMITS.blockBytes, rate)

/**
 * The core of cores: one node with its links, its shares and the ways it finds peers. It owns no protocol
 * itself, it carries messages between those that do.
 */
export class SharingNode implements Core<NodeInput, NodeEffect> {
  readonly self: PeerId
  readonly links = new Links()
  readonly shares: Shares
  readonly dialler: Dialler
  readonly relay: SignalRelay
  readonly introducer: Introducer
  readonly announcer: Announcer
  readonly discovery: Discovery
  readonly #tickets = new Tickets<TicketOwner>()
  readonly #keeper: LinkKeeper
  readonly #uploadBucket: TokenBucket
  readonly #downloadBucket: TokenBucket
  readonly #effects: NodeEffect[] = []
  #server: 'up' | 'down' = 'down'
  #linkFailures = new Map<PeerId, string>()

  constructor(options: SharingNodeOptions) {
    const { self, key, rng, now } = options
    this.self = self
    this.dialler = new Dialler(self)
    this.introducer = new Introducer({ self, key, rng: rng.child('introducer') })
    this.announcer = new Announcer(rng.child('announcer'))
    this.relay = new SignalRelay(self)
    this.#uploadBucket = new TokenBucket(Infinity, Infinity, now)
    this.#downloadBucket = new TokenBucket(Infinity, Infinity, now)
    this.#keeper = new LinkKeeper(now)
    this.shares = new Shares({
      links: this.links,
      dialler: this.dialler,
      rng: rng.child('shares'),
      uploadBucket: this.#uploadBucket,
      downloadBucket: this.#downloadBucket,
      emit: (effect) => this.#effects.push(effect),
      announce: (input, at) => this.#feedAnnouncer(input, at),
      punish: (link, code, at) => this.#punish(link, code, at),
    })
    this.discovery = new Discovery({
      self,
      key,
      now,
      rng: rng.child('discovery'),
      links: this.links,
      shares: () => this.shares,
      tickets: this.#tickets,
      emit: (effect) => this.#effects.push(effect),
      onProvider: (infoHash, peer) => this.dialler.learn(infoHash, peer, null),
      onQueue: () => undefined,
      punish: (link, code, at) => this.#punish(link, code, at),
    })
  }

  get isServerUp(): boolean {
    return this.#server === 'up'
  }

  /** Why the last attempt to link with each peer failed. */
  get linkFailures(): ReadonlyMap<PeerId, string> {
    return this.#linkFailures
  }

  handle(input: NodeInput, now: number): NodeEffect[] {
    this.#dispatch(input, now)
    if (input.type === 'wake') this.#onWake(now)
    if (CHANGES_OFFERS.has(input.type)) this.discovery.publish(now)
    this.#dial(now)
    this.links.flushAll((effect) => this.#effects.push(effect))
    return this.#effects.splice(0)
  }

  wakeAt(): number {
    return Math.min(
      this.introducer.wakeAt(),
      this.announcer.wakeAt(),
      this.#keeper.wakeAt(this.links.upCount),
      this.shares.wakeAt(),
      this.discovery.wakeAt(),
    )
  }

  #dispatch(input: NodeInput, now: number): void {
    switch (input.type) {
      case 'addShare':
        return this.shares.add(input.share, now)
      case 'openLink':
        return this.#openLink(input.infoHash, now)
      case 'removeShare':
        return this.shares.remove(input.infoHash, now)
      case 'command':
        return this.shares.feed(input.infoHash, input.command, now)
      case 'storeResults':
        for (const result of input.results) this.shares.feed(input.infoHash, result, now)
        return
      case 'limits':
        this.#uploadBucket.configure(input.uploadRate, burstOf(input.uploadRate), now)
        this.#downloadBucket.configure(input.downloadRate, burstOf(input.downloadRate), now)
        return
      case 'serverUp':
        this.#server = 'up'
        this.discovery.serverUp(input.roles, now)
        return this.#feedAnnouncer(input, now)
      case 'serverDown':
        this.#server = 'down'
        this.#introduce({ type: 'carrierLost', carrier: 'server' }, now)
        this.discovery.serverDown(now)
        return this.#feedAnnouncer(input, now)
      case 'announceResult':
        return this.#feedAnnouncer(input, now)
      case 'serverEnvelope':
        return this.#introduce({ type: 'envelope', envelope: input.envelope, carrier: 'server' }, now)
      case 'frame':
        return this.#onFrame(input.sid, input.channel, input.bytes, now)
      case 'congested':
      case 'writable':
        return this.#onCongestion(input.sid, input.type, now)
      case 'link':
        return this.#introduce(
          { type: 'connect', peer: input.peer, carriers: this.#carriersTo(input.peer, new Set(), now) },
          now,
        )
      case 'signed':
      case 'verified':
        return this.#onTicket(input, now)
      case 'setUnlisted':
        return this.shares.setUnlisted(input.infoHash, input.isUnlisted)
      case 'pasted':
        return this.#introduce({ type: 'envelope', envelope: input.envelope, carrier: 'manual' }, now)
      case 'invite':
      case 'localSignal':
      case 'channelOpen':
      case 'channelClosed':
        return this.#introduce(input, now)
      case 'wake':
        return
      default:
        return this.discovery.handle(input, now)
    }
  }

  /** Gives a signature, or the result of a check, back to the core that asked. */
  #onTicket(input: Extract<NodeInput, { type: 'signed' | 'verified' }>, now: number): void {
    const found = this.#tickets.take(input.ticket)
    if (found === undefined) return
    const { owner, ticket } = found
    if (owner === 'introducer') this.#introduce({ ...input, ticket }, now)
    else if (input.type === 'signed') this.discovery.signed(owner, ticket, input.signature, now)
    else this.discovery.verified(owner, ticket, input.isValid, now)
  }

  #openLink(infoHash: InfoHash, now: number): void {
    this.shares.open(infoHash, now)
    for (const peer of this.discovery.searches.providersOf(infoHash)) this.dialler.learn(infoHash, peer, null)
    this.#askNeighbours(infoHash)
  }

  #onWake(now: number): void {
    this.#introduce({ type: 'wake' }, now)
    this.#feedAnnouncer({ type: 'wake' }, now)
    this.shares.wake(now)
    this.discovery.wake(now)
    const needs = (peer: PeerId) => this.discovery.needs(peer)
    for (const [link, verdict] of this.#keeper.inspect(this.links, needs, now)) {
      if (verdict === 'close') this.#closeLink(link, now)
      else link.send({ type: 'ping' })
      if (verdict !== 'silent') continue
      link.isSilent = true
      this.discovery.onSilent(link, now)
    }
    for (const infoHash of this.shares.lonely(now)) this.discovery.locate(infoHash, now)
  }

  #onFrame(sid: SessionId, channel: 'control' | 'bulk', bytes: Uint8Array<ArrayBuffer>, now: number): void {
    const link = this.links.bySid(sid)
    if (link === undefined) return
    link.lastHeardAt = now
    link.receivedBytes += bytes.length
    if (link.isSilent) {
      link.isSilent = false
      this.discovery.onHeardAgain(link, now)
    }
    const read = this.#keeper.read(link, channel, bytes)
    if (!read.ok) return this.#punish(link, read.code, now)
    for (const message of read.value) {
      this.#onMessage(link, message, bytes.length, now)
      if (this.links.bySid(sid) !== link) return
    }
  }

  #onMessage(link: Link, message: IncomingMessage, frameBytes: number, now: number): void {
    switch (message.type) {
      case 'proof':
        return this.#introduce({ type: 'proof', sid: link.sid, signature: message.signature }, now)
      case 'ping':
        link.send({ type: 'pong' })
        return
      case 'pong':
        return
      case 'signal':
        return this.#onSignal(link, message.envelope, now)
      case 'hello':
        return this.discovery.onHello(link, message.systems, now)
      case 'gnutella':
      case 'kazaa':
      case 'chord':
        return this.discovery.onMessage(link, message, frameBytes, now)
      default:
        return this.shares.onMessage(link, message, now)
    }
  }

  #onSignal(link: Link, envelope: SignalEnvelope, now: number): void {
    if (envelope.to === this.self)
      return this.#introduce({ type: 'envelope', envelope, carrier: link.peer }, now)
    const isLinked = (peer: PeerId) => this.links.byPeer(peer) !== undefined
    const waysTo = (peer: PeerId) => this.discovery.carriersTo(peer, now)
    const next = this.relay.pass(link.peer, envelope, isLinked, waysTo, now)
    if (next !== null) this.links.byPeer(next.to)?.send({ type: 'signal', envelope: next.envelope })
  }

  /** Without a tracker, whoever we have a link with is asked; with one, neighbours need not know what we open. */
  #askNeighbours(infoHash: InfoHash): void {
    if (this.#server === 'up') return
    for (const link of this.links.up()) this.shares.join(link, infoHash)
  }

  #onCongestion(sid: SessionId, type: 'congested' | 'writable', now: number): void {
    const link = this.links.bySid(sid)
    if (link === undefined) return
    link.isCongested = type === 'congested'
    this.shares.onCongestion(link, type, now)
  }

  #introduce(input: IntroductionInput, now: number): void {
    for (const effect of this.introducer.handle(input, now)) this.#applyIntroduction(effect, now)
  }

  #applyIntroduction(effect: IntroductionEffect, now: number): void {
    switch (effect.type) {
      case 'route':
        return this.#route(effect.envelope, effect.carrier)
      case 'openConnection':
        this.links.open(effect.sid, effect.peer, now)
        this.#effects.push(effect)
        return
      case 'sendProof':
        this.links.bySid(effect.sid)?.send({ type: 'proof', signature: effect.signature })
        return
      case 'linkUp':
        return this.#onLinkUp(effect.sid, effect.peer, now)
      case 'linkDown':
        return this.#onLinkDown(effect.sid, now)
      case 'linkFailed':
        this.#linkFailures.set(effect.peer, effect.code)
        this.dialler.onFailed(effect.peer, now)
        return this.discovery.onLinkFailed(effect.peer, now)
      case 'closeConnection':
        this.#onLinkDown(effect.sid, now)
        this.#effects.push(effect)
        return
      case 'sign':
      case 'verify':
        this.#effects.push({ ...effect, ticket: this.#tickets.issue('introducer', effect.ticket) })
        return
      case 'applySignal':
      case 'manualRefused':
        this.#effects.push(effect)
        return
      default:
        return assertNever(effect)
    }
  }

  #route(envelope: SignalEnvelope, carrier: Carrier): void {
    if (carrier === 'server') this.#effects.push({ type: 'serverSignal', envelope })
    else if (carrier === 'manual') this.#effects.push({ type: 'manualEnvelope', envelope })
    else this.links.byPeer(carrier)?.send({ type: 'signal', envelope })
  }

  #onLinkUp(sid: SessionId, peer: PeerId, now: number): void {
    const link = this.links.bySid(sid)
    if (link === undefined) return
    // Who took an invite shows only now.
    link.peer = peer
    this.links.markUp(link)
    this.#linkFailures.delete(peer)
    this.dialler.onLinked(peer)
    this.shares.onLinkUp(link, now)
    this.discovery.onLinkUp(link, now)
    this.#updateCapacity(now)
    for (const { channel, bytes } of link.held.splice(0)) this.#onFrame(sid, channel, bytes, now)
  }

  #onLinkDown(sid: SessionId, now: number): void {
    const link = this.links.remove(sid)
    if (link === undefined) return
    this.shares.onLinkDown(link, now)
    this.discovery.onLinkDown(link, now)
    this.dialler.onLinkLost(link.peer, now)
    this.#introduce({ type: 'carrierLost', carrier: link.peer }, now)
    this.#updateCapacity(now)
  }

  #closeLink(link: Link, now: number): void {
    // The introducer owns the connection; telling it that the channel is closed takes the usual way down.
    this.#introduce({ type: 'channelClosed', sid: link.sid }, now)
  }

  /** The peer broke the rules: no more links with it while this node lives. */
  #punish(link: Link, code: string, now: number): void {
    this.#effects.push({ type: 'violation', peer: link.peer, code })
    this.dialler.forgetPeer(link.peer)
    this.#introduce({ type: 'ban', peer: link.peer }, now)
    this.#closeLink(link, now)
  }

  #updateCapacity(now: number): void {
    const isOpen = this.links.upCount < LIMITS.transferLinks + LIMITS.overlayLinks
    this.#introduce({ type: 'capacity', isOpen }, now)
  }

  /** Ways to a peer, best first: the server, those who told us of it, and where the systems would look. */
  #carriersTo(peer: PeerId, via: ReadonlySet<PeerId>, now: number): Carrier[] {
    const ways = [...[...via].reverse(), ...this.discovery.carriersTo(peer, now)]
    const linked = ways.filter((way) => this.links.byPeer(way) !== undefined)
    const carriers = new Set<Carrier>([...(this.#server === 'up' ? ['server' as const] : []), ...linked])
    return [...carriers].slice(0, CARRIERS)
  }

  /** Dials peers of shares that want more, and those that systems ask for, within the budgets. */
  #dial(now: number): void {
    for (const infoHash of this.shares.wanting()) {
      for (const { peer, via } of this.dialler.due(infoHash, now)) {
        const link = this.links.byPeer(peer)
        if (link !== undefined) this.shares.join(link, infoHash)
        else if (!this.#connect(peer, via, LIMITS.transferLinks, now)) return
      }
    }
    if (this.discovery.dialler.isIdle) return
    for (const { peer, via } of this.discovery.due()) {
      if (this.links.byPeer(peer) !== undefined) this.discovery.dialler.settle(peer)
      else if (!this.#connect(peer, via, LIMITS.overlayLinks, now)) return
    }
  }

  /** @returns false when there is no room for more links or negotiations now. */
  #connect(peer: PeerId, via: ReadonlySet<PeerId>, budget: number, now: number): boolean {
    const { pendingCount } = this.introducer
    if (budget - this.links.upCount - pendingCount <= 0) return false
    if (pendingCount >= LIMITS.pendingNegotiations) return false
    const carriers = this.#carriersTo(peer, via, now)
    if (this.introducer.stageOf(peer) !== null) return true
    if (carriers.length > 0) {
      this.discovery.dialler.started(peer)
      this.#introduce({ type: 'connect', peer, carriers }, now)
    } else {
      this.discovery.onLinkFailed(peer, now)
    }
    return true
  }

  #feedAnnouncer(input: AnnouncerInput, now: number): void {
    for (const effect of this.announcer.handle(input, now)) this.#applyAnnouncer(effect, now)
  }

  #applyAnnouncer(effect: AnnouncerEffect, now: number): void {
    switch (effect.type) {
      case 'announce':
        this.#effects.push({ type: 'serverAnnounce', request: effect.request })
        return
      case 'peersFound':
        for (const peer of effect.peers) this.dialler.learn(effect.infoHash, peer, null)
        return
      case 'swarmStatus':
      case 'trackerState':
        this.shares.onTracker(effect, now)
        return
      default:
        assertNever(effect)
    }
  }
}
