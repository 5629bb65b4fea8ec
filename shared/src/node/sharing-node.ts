import { assertNever, type Core } from '../kernel/core.ts'
import type { InfoHash, PeerId } from '../kernel/ids.ts'
import type { Rng } from '../kernel/rng.ts'
import { burstOf, TokenBucket } from '../kernel/token-bucket.ts'
import { WallClock } from '../kernel/wall-clock.ts'
import { Introducer } from '../protocols/introduction/introducer.ts'
import { Announcer, type AnnouncerEffect, type AnnouncerInput } from '../protocols/tracker/announcer.ts'
import { Connector } from './connector.ts'
import { Dialler } from './dialler.ts'
import { Discovery, type TicketOwner } from './discovery.ts'
import { LinkManager } from './link-manager.ts'
import { Links } from './links.ts'
import { Nearby } from './nearby.ts'
import {
  CHANGES_OFFERS,
  isNearbyInput,
  type NearbyInput,
  type NodeEffect,
  type NodeInput,
} from './node-io.ts'
import { makeRelaying } from './make-relaying.ts'
import type { OverlayCores } from './overlay-cores.ts'
import type { Relaying } from './relaying.ts'
import { Shares } from './shares.ts'
import { SignalRelay } from './signal-relay.ts'
import { Tickets } from './tickets.ts'
import { UploadSlots } from './upload-slots.ts'
import { isBlockTraffic, Upkeep } from './upkeep.ts'

export interface SharingNodeOptions {
  readonly self: PeerId
  /** Public key in hex. */
  readonly key: string
  readonly rng: Rng
  readonly now: number
  /** Code of the overlays; `null` where it comes later, by {@link Discovery.provide}. */
  readonly cores: OverlayCores | null
}

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
  readonly relaying: Relaying
  readonly introducer: Introducer
  readonly announcer: Announcer
  readonly discovery: Discovery
  readonly nearby: Nearby
  readonly linking: LinkManager
  readonly slots: UploadSlots
  readonly #connector: Connector
  readonly #upkeep: Upkeep
  readonly #wall = new WallClock()
  readonly #tickets = new Tickets<TicketOwner>()
  readonly #uploadBucket: TokenBucket
  readonly #downloadBucket: TokenBucket
  readonly #effects: NodeEffect[] = []
  #server: 'up' | 'down' = 'down'

  constructor(options: SharingNodeOptions) {
    const { self, key, rng, now } = options
    this.self = self
    this.dialler = new Dialler(self)
    const accepts = (peer: PeerId, systems: readonly string[]) =>
      this.dialler.wants(peer) || this.discovery.overlayLinks.accepts(peer, systems)
    this.introducer = new Introducer({ self, key, rng: rng.child('introducer'), wall: this.#wall, accepts })
    this.announcer = new Announcer(rng.child('announcer'))
    this.relay = new SignalRelay(self)
    this.#uploadBucket = new TokenBucket(Infinity, Infinity, now)
    this.#downloadBucket = new TokenBucket(Infinity, Infinity, now)
    this.shares = new Shares({
      links: this.links,
      dialler: this.dialler,
      rng: rng.child('shares'),
      uploadBucket: this.#uploadBucket,
      downloadBucket: this.#downloadBucket,
      emit: (effect) => this.#effects.push(effect),
      announce: (input, at) => this.#feedAnnouncer(input, at),
      punish: (link, code, at) => this.linking.punish(link, code, at),
    })
    this.discovery = new Discovery({
      ...options,
      wall: this.#wall,
      rng: rng.child('discovery'),
      links: this.links,
      shares: () => this.shares,
      tickets: this.#tickets,
      emit: (effect) => this.#effects.push(effect),
      onProvider: (infoHash, peer) => this.shares.learn(infoHash, peer, null),
      onQueue: (effect, at) => this.slots.onEffect(effect, at),
      punish: (link, code, at) => this.linking.punish(link, code, at),
      isRelay: () => this.relaying.desk.isWilling,
    })
    this.slots = new UploadSlots(
      () => this.shares,
      (input, at) => this.discovery.overlays.kazaa?.feed(input, at),
    )
    const { links, shares, dialler, introducer, discovery, relay } = this
    const emit = (effect: NodeEffect) => this.#effects.push(effect)
    const link = (peer: PeerId, at: number) => this.#link(peer, at)
    this.nearby = new Nearby({ self, links, shares, emit, link })
    const late = { linking: () => this.linking, connector: () => this.#connector }
    const isWanted = (peer: PeerId) => dialler.wants(peer) || this.nearby.needs(peer)
    const around = { self, now, links, uploadBucket: this.#uploadBucket, emit, discovery, isWanted, ...late }
    this.relaying = makeRelaying({ ...around, rng: rng.child('relaying') })
    const { nearby, relaying } = this
    const parts = { links, shares, dialler, introducer, discovery, nearby, relaying }
    this.linking = new LinkManager({ ...parts, self, now, relay, tickets: this.#tickets, emit })
    this.#connector = new Connector({
      ...parts,
      isServerUp: () => this.isServerUp,
      introduce: (input, at) => this.linking.introduce(input, at),
    })
    const others = [introducer, this.announcer, this.linking, discovery, nearby, relaying]
    this.#upkeep = new Upkeep(() => Math.min(...others.map((each) => each.wakeAt())))
  }

  get isServerUp(): boolean {
    return this.#server === 'up'
  }

  handle(input: NodeInput, now: number): NodeEffect[] {
    if (isNearbyInput(input)) this.nearby.handle(input, now)
    else if (input.type === 'wallClock') this.#wall.set(input.aheadMs)
    else this.#dispatch(input, now)
    if (input.type === 'wake') this.#onWake(now)
    const isTraffic = isBlockTraffic(input) && !this.#mayChangeOffers(input)
    if (!isTraffic || !this.#upkeep.mayWait(now)) this.#settle(input, now)
    this.links.flushAll((effect) => this.#effects.push(effect))
    return this.#effects.splice(0)
  }

  /** What may have become possible, whatever the input was. */
  #settle(input: NodeInput, now: number): void {
    this.nearby.startAccepted(now)
    if (this.#mayChangeOffers(input)) this.discovery.publish(now)
    this.#connector.dial(now)
    this.#upkeep.done()
  }

  /** Blocks come and go by the thousand; of what the store says only the rest changes how a share is offered. */
  #mayChangeOffers(input: NodeInput): boolean {
    if (input.type !== 'storeResults') return CHANGES_OFFERS.has(input.type)
    const isUsual = input.results.every(({ type }) => type === 'blockStored' || type === 'blockRead')
    return !isUsual || this.#effects.some(({ type }) => type === 'shareCompleted')
  }

  wakeAt(): number {
    return Math.min(this.shares.wakeAt(), this.#upkeep.wakeAt())
  }

  #dispatch(input: Exclude<NodeInput, NearbyInput | { readonly type: 'wallClock' }>, now: number): void {
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
        return this.shares.feedAll(input.infoHash, input.results, now)
      case 'limits':
        this.#uploadBucket.configure(input.uploadRate, burstOf(input.uploadRate), now)
        this.#downloadBucket.configure(input.downloadRate, burstOf(input.downloadRate), now)
        return this.relaying.setLimit(input.uploadRate, now)
      case 'serverUp':
      case 'serverDown':
        this.#onServer(input, now)
        return this.#feedAnnouncer(input, now)
      case 'announceResult':
        return this.#feedAnnouncer(input, now)
      case 'serverEnvelope':
        return this.linking.introduce({ type: 'envelope', envelope: input.envelope, carrier: 'server' }, now)
      case 'frame':
        return this.linking.onFrame(input.sid, input.channel, input.bytes, now)
      case 'congested':
      case 'writable':
        return this.linking.onCongestion(input.sid, input.type, now)
      case 'sealed':
        return this.relaying.feedEnds(input, now)
      case 'faltering':
        return this.#connector.restart(input.sid, now)
      case 'woke':
        return this.linking.pingAll(now)
      case 'networkChanged':
        return this.relaying.onNetworkChange(now)
      case 'link':
        return this.#link(input.peer, now)
      case 'signed':
      case 'verified':
        return this.#onTicket(input, now)
      case 'setUnlisted':
        return this.shares.setUnlisted(input.infoHash, input.isUnlisted)
      case 'pasted':
        return this.linking.introduce({ type: 'envelope', envelope: input.envelope, carrier: 'manual' }, now)
      case 'invite':
      case 'localSignal':
      case 'channelOpen':
      case 'channelClosed':
        return this.linking.introduce(input, now)
      case 'wake':
        return
      case 'conditions':
        this.#setRelay(input.isWilling, now)
        return this.discovery.handle(input, now)
      default:
        return this.discovery.handle(input, now)
    }
  }

  #onServer(input: Extract<NodeInput, { type: 'serverUp' | 'serverDown' }>, now: number): void {
    if (input.type === 'serverUp') {
      this.#server = 'up'
      this.discovery.serverUp(input.roles, now)
      return this.nearby.serverUp(input.roles, now)
    }
    this.#server = 'down'
    this.linking.introduce({ type: 'carrierLost', carrier: 'server' }, now)
    this.discovery.serverDown(now)
    this.nearby.serverDown(now)
  }

  /** Whoever may become a super node also carries circuits; neighbours are told when that changes. */
  #setRelay(isWilling: boolean, now: number): void {
    if (isWilling === this.relaying.desk.isWilling) return
    this.relaying.setWilling(isWilling, now)
    for (const link of this.links.up()) this.discovery.overlayLinks.greet(link)
  }

  #link(peer: PeerId, now: number): void {
    const carriers = this.#connector.carriersTo(peer, new Set(), now)
    this.linking.introduce({ type: 'connect', peer, carriers }, now)
  }

  /** Gives a signature, or the result of a check, back to the core that asked. */
  #onTicket(input: Extract<NodeInput, { type: 'signed' | 'verified' }>, now: number): void {
    const found = this.#tickets.take(input.ticket)
    if (found === undefined) return
    const { owner, ticket } = found
    if (owner === 'introducer') this.linking.introduce({ ...input, ticket }, now)
    else if (input.type === 'signed') this.discovery.signed(owner, ticket, input.signature, now)
    else this.discovery.verified(owner, ticket, input.isValid, now)
  }

  #openLink(infoHash: InfoHash, now: number): void {
    this.shares.open(infoHash, now)
    const { providers, systems } = this.discovery.searches.sourcesOf(infoHash)
    for (const peer of providers) this.shares.learn(infoHash, peer, null)
    // What only KaZaA found is fetched as KaZaA does.
    if (systems.size === 1 && systems.has('kazaa')) this.shares.setViaQueue(infoHash)
    this.#askNeighbours(infoHash)
  }

  #onWake(now: number): void {
    this.linking.wake(now)
    this.#feedAnnouncer({ type: 'wake' }, now)
    this.shares.wake(now)
    this.discovery.wake(now)
    this.nearby.wake(now)
    this.relaying.wake(now)
    this.slots.tick(now)
    for (const infoHash of this.shares.starving(now)) this.discovery.locate(infoHash, now)
  }

  /** Without a tracker, whoever we have a link with is asked; with one, neighbours need not know what we open. */
  #askNeighbours(infoHash: InfoHash): void {
    if (this.#server === 'up') return
    for (const link of this.links.up()) this.shares.join(link, infoHash)
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
        for (const peer of effect.peers) this.shares.learn(effect.infoHash, peer, null)
        return
      case 'swarmStatus':
      case 'trackerState':
        return this.shares.onTracker(effect, now)
      default:
        assertNever(effect)
    }
  }
}
