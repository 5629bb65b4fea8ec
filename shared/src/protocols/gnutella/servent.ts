import { randomNonce } from '../../kernel/random-ids.ts'
import { assertNever, type Core } from '../../kernel/core.ts'
import type { Nonce, PeerId } from '../../kernel/ids.ts'
import type { Criteria, OverlayCore } from '../../discovery/overlay.ts'
import { CONTROL_RATE, DEFAULT_DEGREE, DEFAULT_TTL, MAX_TTL, PONGS_PER_PING, TREE_TTL } from './constants.ts'
import { noCounts, type ServentContext } from './context.ts'
import { Buckets } from './hit-routing.ts'
import { HostCache } from './host-cache.ts'
import type { GnutellaMessage, PongEntry, Query, SpreadMode } from './messages.ts'
import { Neighbours } from './neighbours.ts'
import { OwnShares } from './own-shares.ts'
import { QueryRouting } from './query-routing.ts'
import { Searches } from './searches.ts'
import type { GnutellaEffect, GnutellaInput, GnutellaView, ServentOptions } from './servent-api.ts'
import { Upkeep } from './upkeep.ts'

type Incoming = Extract<GnutellaInput, { type: 'message' }>

/** A servent of Gnutella: server and client in one, equal to all others. */
export class Servent implements Core<GnutellaInput, GnutellaEffect>, OverlayCore {
  readonly #context: ServentContext
  readonly #hosts: HostCache
  readonly #neighbours: Neighbours
  readonly #upkeep: Upkeep
  readonly #routing: QueryRouting
  readonly #searches: Searches
  readonly #shares = new OwnShares()
  readonly #control = new Buckets(CONTROL_RATE)
  readonly #wantsTally: boolean
  #mode: SpreadMode
  #ttl: number
  #state: 'running' | 'left' = 'running'
  #effects: GnutellaEffect[] = []

  constructor(options: ServentOptions) {
    const { self, rng, now } = options
    this.#mode = options.mode ?? 'pruned'
    this.#ttl = boundedTtl(options.ttl ?? DEFAULT_TTL)
    this.#wantsTally = options.wantsTally ?? true
    const emit = (effect: GnutellaEffect) => void this.#effects.push(effect)
    this.#context = {
      self,
      rng,
      counters: noCounts(),
      emit,
      send: (to, message) => {
        emit({ type: 'send', to, message })
      },
    }
    this.#hosts = new HostCache(self)
    this.#neighbours = new Neighbours(this.#context, this.#hosts, options.degree ?? DEFAULT_DEGREE, {
      joined: (peer, at) => {
        this.#onJoined(peer, at)
      },
      left: (peer, at) => {
        this.#onLeft(peer, at)
      },
    })
    this.#searches = new Searches(this.#context)
    this.#routing = new QueryRouting(this.#context, this.#neighbours, this.#shares, this.#searches, now)
    const isLazy = (peer: PeerId) => this.#routing.tree.isLazy(peer)
    this.#upkeep = new Upkeep(this.#context, this.#neighbours, this.#hosts, isLazy, now)
  }

  handle(input: GnutellaInput, now: number): GnutellaEffect[] {
    if (this.#state === 'running') this.#dispatch(input, now)
    return this.#effects.splice(0)
  }

  wakeAt(): number {
    if (this.#state === 'left') return Infinity
    return Math.min(
      this.#upkeep.wakeAt(),
      this.#neighbours.wakeAt(),
      this.#routing.wakeAt(),
      this.#searches.wakeAt(),
    )
  }

  needs(peer: PeerId): boolean {
    return this.#state === 'running' && this.#neighbours.needs(peer)
  }

  accepts(peer: PeerId): boolean {
    return this.#state === 'running' && (this.#neighbours.needs(peer) || this.#neighbours.accepts())
  }

  /** Peers worth remembering over sessions, best first. */
  hostCache(): PeerId[] {
    return this.#hosts.peers()
  }

  view(): GnutellaView {
    const neighbours = [...this.#neighbours.entries()].map(([peer]) => ({
      peer,
      lazy: this.#routing.tree.isLazy(peer),
    }))
    return {
      mode: this.#mode,
      ttl: this.#ttl,
      neighbours,
      hostCacheSize: this.#hosts.size,
      counters: { ...this.#context.counters },
    }
  }

  #dispatch(input: GnutellaInput, now: number): void {
    switch (input.type) {
      case 'linkUp':
        return this.#neighbours.linkUp(input.peer, now)
      case 'linkDown':
        this.#control.forget(input.peer)
        return this.#neighbours.linkDown(input.peer, now)
      case 'dialFailed':
        this.#neighbours.dialFailed(input.peer, now)
        return this.#upkeep.seek(now)
      case 'message':
        return this.#onMessage(input, now)
      case 'candidates':
      case 'hostCache':
        for (const peer of [...input.peers].reverse()) this.#hosts.learn(peer, null)
        return this.#upkeep.seek(now)
      case 'publish':
        return this.#shares.publish(input.infoHash, input.listings)
      case 'withdraw':
        return this.#shares.withdraw(input.infoHash)
      case 'search':
        return this.#search(input.id, input.criteria, input.limit, now)
      case 'cancelSearch':
        this.#searches.cancel(input.id)
        return
      case 'mode':
        this.#mode = input.mode
        return
      case 'ttl':
        this.#ttl = boundedTtl(input.ttl)
        return
      case 'leaving':
        return this.#leave()
      case 'wake':
        return this.#wake(now)
      case 'signed':
      case 'verified':
        return
      default:
        return assertNever(input)
    }
  }

  #onMessage({ from, message }: Incoming, now: number): void {
    if (message.type === 'query') {
      if (this.#neighbours.get(from) !== undefined) this.#routing.onQuery(message, from, now)
    } else if (message.type === 'queryHit') {
      if (this.#neighbours.get(from) !== undefined) this.#routing.onHit(message, from, now)
    } else if (this.#control.take(from, now)) this.#onControl(from, message, now)
  }

  #onControl(
    from: PeerId,
    message: Exclude<GnutellaMessage, { type: 'query' | 'queryHit' }>,
    now: number,
  ): void {
    switch (message.type) {
      case 'connect':
        return this.#neighbours.onConnect(from, message.degree, now)
      case 'ok':
        this.#named(from, message.peers, now)
        return this.#neighbours.onOk(from, message.degree, now)
      case 'refused':
        this.#named(from, message.peers, now)
        this.#neighbours.onRefused(from, now)
        return this.#upkeep.seek(now)
      case 'bye':
        this.#named(from, message.peers, now)
        return this.#neighbours.onBye(from, now)
      case 'ping':
        return this.#onPing(from, message.guid, message.ttl, now)
      case 'pong':
        return this.#upkeep.onPong(from, message.guid, message.pongs, now)
      case 'prune':
        return this.#routing.tree.onPrune(from)
      case 'graft':
        return this.#routing.onGraft(from, message.guid, now)
      case 'ihave':
        if (this.#neighbours.get(from) === undefined) return
        return this.#routing.onAnnounced(message.guids, from, now)
      case 'tally':
        if (this.#neighbours.get(from) === undefined) return
        return this.#routing.onTally(message, now)
      default:
        return assertNever(message)
    }
  }

  #onPing(from: PeerId, guid: Nonce, ttl: number, now: number): void {
    // It takes us for a neighbour and we do not: it is told, so that it looks for another.
    if (this.#neighbours.get(from) === undefined) {
      this.#neighbours.leave(from, 'trimmed', [], now)
      return
    }
    const own: PongEntry = {
      peer: this.#context.self,
      hops: 0,
      degree: this.#neighbours.count,
      shares: this.#shares.count,
    }
    this.#context.send(from, { type: 'pong', guid, pongs: this.#upkeep.onPing(from, ttl, own, now) })
  }

  #named(from: PeerId, peers: readonly PeerId[], now: number): void {
    if (this.#neighbours.isTalking(from)) this.#upkeep.onNamed(from, peers, now)
  }

  #onJoined(peer: PeerId, now: number): void {
    this.#routing.joined(peer)
    this.#upkeep.joined(peer, now)
    for (const search of this.#searches.young(now)) {
      const isFirst = search.askedPeers.size === 0
      search.askedPeers.add(peer)
      if (isFirst) {
        this.#routing.ask(search.query, now)
        this.#searches.onAsked(search, null, now)
      } else this.#routing.askAlso(search.query, peer, now)
    }
  }

  #onLeft(peer: PeerId, now: number): void {
    this.#routing.left(peer, now)
    this.#upkeep.left(peer, now)
  }

  #search(id: Nonce, criteria: Criteria, limit: number, now: number): void {
    if (this.#searches.has(id)) return
    const query: Query = {
      type: 'query',
      guid: randomNonce(this.#context.rng),
      ttl: this.#mode === 'pruned' && this.#ttl >= DEFAULT_TTL ? TREE_TTL : this.#ttl,
      hops: 0,
      mode: this.#mode,
      wantsTally: this.#wantsTally,
      criteria,
    }
    const search = this.#searches.start(id, query, limit, now)
    let rttMs: number | null = null
    for (const [peer, neighbour] of this.#neighbours.entries()) {
      search.askedPeers.add(peer)
      if (neighbour.rttMs !== null) rttMs = Math.max(rttMs ?? 0, neighbour.rttMs)
    }
    if (search.askedPeers.size === 0) return this.#upkeep.seek(now)
    this.#routing.ask(query, now)
    this.#searches.onAsked(search, rttMs, now)
  }

  #leave(): void {
    const peers = [...this.#neighbours.entries()].map(([peer]) => peer)
    for (const peer of peers) {
      const others = peers.filter((other) => other !== peer)
      this.#context.send(peer, { type: 'bye', reason: 'leaving', peers: others.slice(0, PONGS_PER_PING) })
    }
    this.#context.emit({ type: 'hostCacheChanged' })
    this.#state = 'left'
  }

  #wake(now: number): void {
    this.#neighbours.wake(now)
    this.#routing.wake(now)
    this.#upkeep.wake(now)
    this.#searches.wake(now)
  }
}

function boundedTtl(ttl: number): number {
  return Math.min(MAX_TTL, Math.max(1, Math.floor(ttl)))
}
