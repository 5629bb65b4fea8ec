import { assertNever } from '../kernel/core.ts'
import type { InfoHash, Nonce, PeerId } from '../kernel/ids.ts'
import { LIMITS } from '../kernel/limits.ts'
import { randomNonce } from '../kernel/random-ids.ts'
import type { Rng } from '../kernel/rng.ts'
import type { WallClock } from '../kernel/wall-clock.ts'
import { queryWords } from '../discovery/words.ts'
import type { Criteria, DiscoveryAnswer } from '../discovery/overlay.ts'
import type { ServerRole } from '../wire/signaling.ts'
import { DirectorySystem } from './directory-system.ts'
import type { LinkMessage } from './link-codec.ts'
import type { Link, Links } from './links.ts'
import type { DiscoveryInput, NodeEffect } from './node-io.ts'
import { OverlayLinks } from './overlay-links.ts'
import type { CommonEffect } from './overlay-system.ts'
import type { OverlayCores, OwnEffect } from './overlay-cores.ts'
import { Overlays, type QueueEffect } from './overlays.ts'
import { Publisher, Tellings, type PublishCommand } from './publisher.ts'
import { Sampler } from './sampler.ts'
import { Locates, Searches } from './searches.ts'
import type { Shares } from './shares.ts'
import { OVERLAYS, SYSTEMS, type OverlayName, type SystemName } from './systems.ts'
import type { Tickets } from './tickets.ts'
import { Ways } from './ways.ts'

type OverlayMessage = Extract<LinkMessage, { type: 'gnutella' | 'kazaa' | 'chord' }>

export interface DiscoveryParts {
  readonly self: PeerId
  /** Public key in hex. */
  readonly key: string
  readonly rng: Rng
  readonly now: number
  readonly wall: WallClock
  /** `null` where they come later, see {@link Discovery.provide}. */
  readonly cores: OverlayCores | null
  readonly links: Links
  readonly shares: () => Shares
  readonly tickets: Tickets<TicketOwner>
  readonly emit: (effect: NodeEffect) => void
  /** Somebody has this share. */
  readonly onProvider: (infoHash: InfoHash, peer: PeerId) => void
  readonly punish: (link: Link, code: string, now: number) => void
  readonly onQueue: (effect: QueueEffect, now: number) => void
  /** Whether circuits of others are carried here. */
  readonly isRelay: () => boolean
}

/** Whose signature the host was asked for. */
export type TicketOwner = 'introducer' | OverlayName

/** The discovery systems of a node behind one interface: publish, search, locate; and the links they ask for. */
export class Discovery {
  readonly directory: DirectorySystem
  readonly overlays: Overlays
  readonly searches = new Searches()
  readonly overlayLinks: OverlayLinks
  readonly ways = new Ways()
  readonly #parts: DiscoveryParts
  readonly #locates = new Locates()
  readonly #publisher = new Publisher()
  readonly #tellings = new Tellings()
  readonly #sampler: Sampler

  constructor(parts: DiscoveryParts) {
    this.#parts = parts
    this.#sampler = new Sampler()
    this.directory = new DirectorySystem(parts.emit, (effect, now) =>
      this.#onAnswer('directory', effect, now),
    )
    this.overlays = new Overlays({
      self: parts.self,
      key: parts.key,
      cores: parts.cores,
      wall: parts.wall,
      rng: parts.rng.child('overlays'),
      send: (to, message) => parts.links.byPeer(to)?.send(message) ?? 0,
      onEffect: (name, effect, now) => this.#onEffect(name, effect, now),
      onOwnEffect: (effect, now) => this.#onOwnEffect(effect, now),
    })
    this.overlayLinks = new OverlayLinks({
      links: parts.links,
      overlays: this.overlays,
      isRelay: parts.isRelay,
    })
    for (const name of OVERLAYS) this.overlays.switchOn(name, parts.now)
  }

  /** The code of the overlays has come: they can be switched on, which nobody could do before. */
  provide(cores: OverlayCores): void {
    this.overlays.cores = cores
    this.#sampler.forget()
  }

  isOn(name: SystemName): boolean {
    return name === 'directory' ? this.directory.isOn : this.overlays.isOn(name)
  }

  wakeAt(): number {
    return Math.min(
      this.directory.wakeAt(),
      this.overlays.wakeAt(),
      this.#sampler.wakeAt(),
      this.#tellings.wakeAt(),
    )
  }

  wake(now: number): void {
    this.#tellTurn(now)
    this.directory.feed({ type: 'wake' }, now)
    for (const system of this.overlays.all()) if (system.wakeAt() <= now) system.feed({ type: 'wake' }, now)
    if (this.#sampler.isDue(now, this.#parts.links.upCount))
      this.#parts.emit({ type: 'serverSample', numWant: LIMITS.announcePeers })
  }

  handle(input: DiscoveryInput, now: number): void {
    switch (input.type) {
      case 'search':
        return this.#search(input.id, input.text, input.systems, now)
      case 'cancelSearch':
        return this.#cancel(input.id, now)
      case 'switchSystem':
        return this.#switch(input.name, input.isOn, now)
      case 'directoryUpdated':
        return this.directory.feed({ type: 'updateResult', response: input.response }, now)
      case 'directoryAnswered':
        return this.directory.feed({ type: 'searchResult', id: input.id, response: input.response }, now)
      case 'candidates':
        return this.overlays.feedAll({ type: 'candidates', peers: input.peers }, now)
      case 'restored':
        this.overlays.ring?.feed({ type: 'restored', records: input.records, peers: input.peers }, now)
        this.overlays.gnutella?.feed({ type: 'hostCache', peers: input.hostCache }, now)
        return this.overlays.kazaa?.feed({ type: 'candidates', peers: input.peers }, now)
      case 'ringRouting':
        return this.overlays.ring?.feed({ type: 'routing', routing: input.routing }, now)
      case 'gnutellaMode':
        return this.overlays.gnutella?.feed({ type: 'mode', mode: input.mode }, now)
      case 'conditions':
        return this.overlays.kazaa?.feed(input, now)
      case 'leaving':
        for (const name of this.overlays.on) this.overlays.leave(name, now)
        return
      default:
        return assertNever(input)
    }
  }

  serverUp(roles: readonly ServerRole[], now: number): void {
    this.#sampler.serverUp(now)
    this.directory.feed({ type: 'serverUp', roles }, now)
  }

  serverDown(now: number): void {
    this.#sampler.serverDown()
    this.directory.feed({ type: 'serverDown' }, now)
  }

  signed(owner: OverlayName, ticket: number, signature: string, now: number): void {
    this.overlays.get(owner)?.feed({ type: 'signed', ticket, signature }, now)
  }

  verified(owner: OverlayName, ticket: number, isValid: boolean, now: number): void {
    this.overlays.get(owner)?.feed({ type: 'verified', ticket, isValid }, now)
  }

  onMessage(link: Link, { type, message }: OverlayMessage, now: number): void {
    const from = link.peer
    if (type === 'gnutella') this.overlays.gnutella?.onMessage(from, message, now)
    else if (type === 'kazaa') this.overlays.kazaa?.onMessage(from, message, now)
    else this.overlays.ring?.onMessage(from, message, now)
  }

  /** Whether a system has a use for the link. */
  needs(peer: PeerId): boolean {
    return this.overlays.needs(peer)
  }

  /** Looks for providers of a share by every system that is on. */
  locate(infoHash: InfoHash, now: number): void {
    const id = randomNonce(this.#parts.rng)
    this.#locates.start(id, infoHash)
    this.#ask(id, { by: 'infoHash', infoHash }, SYSTEMS, now)
  }

  /** Tells the systems what has changed in our shares. */
  publish(now: number): void {
    const entries = this.#parts.shares().entries()
    const commands = this.#publisher.sync(entries)
    if (commands.length === 0) return
    for (const command of commands) this.#tellings.add(SYSTEMS, command, now)
    this.#tellTurn(now)
  }

  /** Neighbours that may carry an envelope to a peer, best first. */
  carriersTo(peer: PeerId, now: number): PeerId[] {
    const ring = this.overlays.ring?.core.nextHopTo(peer) ?? null
    return [...this.ways.to(peer, now), ...(ring === null ? [] : [ring])]
  }

  #search(id: Nonce, text: string, systems: readonly SystemName[], now: number): void {
    for (const dropped of this.searches.start(id, text, systems, now)) this.#cancel(dropped, now)
    const words = queryWords(text)
    if (words.length > 0) return this.#ask(id, { by: 'words', words }, systems, now)
    for (const system of systems) this.searches.end(id, system, 'complete', now)
  }

  #ask(id: Nonce, criteria: Criteria, systems: readonly SystemName[], now: number): void {
    const command = { type: 'search', id, criteria, limit: LIMITS.hitsPerSearch } as const
    for (const name of systems) {
      if (!this.isOn(name)) this.searches.end(id, name, this.#isLoaded(name) ? 'off' : 'starting', now)
      else if (name === 'directory') this.directory.feed(command, now)
      else this.overlays.get(name)?.feed(command, now)
    }
  }

  #isLoaded(name: SystemName): boolean {
    return name === 'directory' || this.overlays.cores !== null
  }

  #cancel(id: Nonce, now: number): void {
    this.searches.forget(id)
    this.directory.feed({ type: 'cancelSearch', id }, now)
    this.overlays.feedAll({ type: 'cancelSearch', id }, now)
  }

  #switch(name: SystemName, isOn: boolean, now: number): void {
    if (isOn === this.isOn(name) || !this.#isLoaded(name)) return
    this.#tellings.drop(name)
    // Nobody answers for it any more.
    if (!isOn) this.searches.endAll(name, 'off', now)
    const published = this.#publisher.all(this.#parts.shares().entries())
    if (name === 'directory') return this.directory.switch(isOn, published, now)
    if (!isOn) this.overlays.switchOff(name, now)
    else this.overlays.switchOn(name, now)
    for (const link of this.#parts.links.up()) {
      this.overlayLinks.greet(link)
      if (isOn) this.overlayLinks.onHeardAgain(link, now)
    }
    this.#parts.tickets.drop(name)
    const system = this.overlays.get(name)
    for (const command of published) system?.feed(command, now)
  }

  #tellTurn(now: number): void {
    this.#tellings.turn((name, command) => this.#tell(name, command, now))
  }

  #tell(name: SystemName, command: PublishCommand, now: number): void {
    if (name === 'directory') this.directory.tell(command, now)
    else this.overlays.get(name)?.feed(command, now)
  }

  #onEffect(name: OverlayName, effect: CommonEffect, now: number): void {
    const { links, tickets, emit, punish } = this.#parts
    switch (effect.type) {
      case 'dial':
        return this.overlayLinks.dial(effect.peer, name, effect.via, now)
      case 'release':
        return this.overlayLinks.release(effect.peer, name)
      case 'way':
        return this.ways.learn(effect.peer, effect.via, now)
      case 'sign':
      case 'verify':
        return emit({ ...effect, ticket: tickets.issue(name, effect.ticket) })
      case 'violation': {
        const link = links.byPeer(effect.peer)
        return link === undefined ? undefined : punish(link, effect.code, now)
      }
      default:
        return this.#onAnswer(name, effect, now)
    }
  }

  #onOwnEffect(effect: OwnEffect, now: number): void {
    if (effect.type === 'recordsChanged') this.#parts.emit({ type: 'persist', what: 'ring' })
    else if (effect.type === 'hostCacheChanged') this.#parts.emit({ type: 'persist', what: 'hostCache' })
    else if (effect.type !== 'lookedUp') this.#parts.onQueue(effect, now)
  }

  #onAnswer(system: SystemName, effect: DiscoveryAnswer, now: number): void {
    const located = this.#locates.infoHashOf(effect.id)
    if (located !== undefined && effect.type === 'providers')
      for (const peer of effect.peers) this.#parts.onProvider(located, peer)
    this.searches.onAnswer(system, effect, now)
  }
}
