import { assertNever, type Core } from '../kernel/core.ts'
import type { InfoHash, PeerId, SessionId } from '../kernel/ids.ts'
import { LIMITS } from '../kernel/limits.ts'
import type { Rng } from '../kernel/rng.ts'
import { TokenBucket } from '../kernel/token-bucket.ts'
import type { IntroductionEffect, IntroductionInput } from '../protocols/introduction/effects.ts'
import { Introducer } from '../protocols/introduction/introducer.ts'
import { Announcer, type AnnouncerEffect, type AnnouncerInput } from '../protocols/tracker/announcer.ts'
import type { SignalEnvelope } from '../wire/envelope.ts'
import { Dialler } from './dialler.ts'
import { LinkKeeper } from './link-keeper.ts'
import { Links, type Link } from './links.ts'
import type { NodeEffect, NodeInput } from './node-io.ts'
import { Shares } from './shares.ts'
import { SignalRelay } from './signal-relay.ts'

export interface SharingNodeOptions {
  readonly self: PeerId
  /** Public key in hex. */
  readonly key: string
  readonly rng: Rng
  readonly now: number
}

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
    )
  }

  #dispatch(input: NodeInput, now: number): void {
    switch (input.type) {
      case 'addShare':
        return this.shares.add(input.share, now)
      case 'openLink':
        this.shares.open(input.infoHash, now)
        return this.#askNeighbours(input.infoHash)
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
      case 'serverDown':
        this.#server = input.type === 'serverUp' ? 'up' : 'down'
        if (input.type === 'serverDown') this.#introduce({ type: 'carrierLost', carrier: 'server' }, now)
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
          { type: 'connect', peer: input.peer, carriers: this.#carriersTo(new Set()) },
          now,
        )
      case 'signed':
      case 'verified':
      case 'localSignal':
      case 'channelOpen':
      case 'channelClosed':
        return this.#introduce(input, now)
      case 'wake':
        return
      default:
        return assertNever(input)
    }
  }

  #onWake(now: number): void {
    this.#introduce({ type: 'wake' }, now)
    this.#feedAnnouncer({ type: 'wake' }, now)
    this.shares.wake(now)
    for (const [link, verdict] of this.#keeper.inspect(this.links, now)) {
      if (verdict === 'ping') link.send({ type: 'ping' })
      else this.#closeLink(link, now)
    }
  }

  #onFrame(sid: SessionId, channel: 'control' | 'bulk', bytes: Uint8Array<ArrayBuffer>, now: number): void {
    const link = this.links.bySid(sid)
    if (link === undefined) return
    link.lastHeardAt = now
    link.receivedBytes += bytes.length
    const read = this.#keeper.read(link, channel, bytes)
    if (!read.ok) return this.#punish(link, read.code, now)
    for (const message of read.value) {
      if (message.type === 'proof') this.#introduce({ type: 'proof', sid, signature: message.signature }, now)
      else if (message.type === 'ping') link.send({ type: 'pong' })
      else if (message.type === 'signal') this.#onSignal(link, message.envelope, now)
      else if (message.type !== 'pong') this.shares.onMessage(link, message, now)
      if (this.links.bySid(sid) !== link) return
    }
  }

  #onSignal(link: Link, envelope: SignalEnvelope, now: number): void {
    if (envelope.to === this.self)
      return this.#introduce({ type: 'envelope', envelope, carrier: link.peer }, now)
    const isLinked = (peer: PeerId) => this.links.byPeer(peer) !== undefined
    const next = this.relay.pass(link.peer, envelope, isLinked, now)
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
        return
      case 'closeConnection':
        this.#onLinkDown(effect.sid, now)
        this.#effects.push(effect)
        return
      case 'sign':
      case 'verify':
      case 'applySignal':
        this.#effects.push(effect)
        return
      default:
        return assertNever(effect)
    }
  }

  #route(envelope: SignalEnvelope, carrier: 'server' | PeerId): void {
    if (carrier === 'server') this.#effects.push({ type: 'serverSignal', envelope })
    else this.links.byPeer(carrier)?.send({ type: 'signal', envelope })
  }

  #onLinkUp(sid: SessionId, peer: PeerId, now: number): void {
    const link = this.links.bySid(sid)
    if (link === undefined) return
    this.links.markUp(link)
    this.#linkFailures.delete(peer)
    this.dialler.onLinked(peer)
    this.shares.onLinkUp(link, now)
    this.#updateCapacity(now)
    for (const { channel, bytes } of link.held.splice(0)) this.#onFrame(sid, channel, bytes, now)
  }

  #onLinkDown(sid: SessionId, now: number): void {
    const link = this.links.remove(sid)
    if (link === undefined) return
    this.shares.onLinkDown(link, now)
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

  #carriersTo(via: ReadonlySet<PeerId>): ('server' | PeerId)[] {
    const carriers: ('server' | PeerId)[] = this.#server === 'up' ? ['server'] : []
    for (const peer of [...via].reverse()) {
      if (carriers.length >= 4) break
      if (this.links.byPeer(peer) !== undefined) carriers.push(peer)
    }
    return carriers
  }

  /** Dials peers of shares that want more, within the budget of links and negotiations. */
  #dial(now: number): void {
    for (const infoHash of this.shares.wanting()) {
      for (const { peer, via } of this.dialler.due(infoHash, now)) {
        const link = this.links.byPeer(peer)
        if (link !== undefined) {
          this.shares.join(link, infoHash)
          continue
        }
        const room = LIMITS.transferLinks - this.links.upCount - this.introducer.pendingCount
        if (room <= 0 || this.introducer.pendingCount >= LIMITS.pendingNegotiations) return
        const carriers = this.#carriersTo(via)
        if (this.introducer.stageOf(peer) !== null || carriers.length === 0) continue
        this.#introduce({ type: 'connect', peer, carriers }, now)
      }
    }
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
