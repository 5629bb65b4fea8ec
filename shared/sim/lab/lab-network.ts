import { randomNonce } from '../../src/kernel/random-ids.ts'
import type { OverlayEffect } from '../../src/discovery/overlay.ts'
import type { Listing } from '../../src/discovery/listing.ts'
import { sha256 } from '../../src/content/sha256.ts'
import { toHex, utf8Encode } from '../../src/kernel/bytes.ts'
import { parseFileRoot, parseInfoHash, type Nonce, type PeerId } from '../../src/kernel/ids.ts'
import { defined } from '../../src/kernel/invariant.ts'
import { pick, shuffled } from '../../src/kernel/rng.ts'
import type { OverlayWorld, SimCore, SimPeer } from '../overlay-world.ts'
import type { LabFlight, LabFrame, LabRole } from './lab-frame.ts'

/** What a system adds to the network that is watched. */
export interface LabSystem<Message extends { readonly type: string }, C extends SimCore<Message>> {
  readonly world: OverlayWorld<Message, C>
  /** One way, in milliseconds; the one that the world uses. */
  readonly latencyMs: (a: PeerId, b: PeerId) => number
  /** Brings so many peers into a settled network; each is published by the callback. */
  build(peers: number, published: (node: SimPeer<C>) => void): void
  roleOf(node: SimPeer<C>): LabRole
  /** Whether a message carries a question or its answer; all others are upkeep. */
  kindOf(message: Message): LabFlight['kind'] | null
}

/** Every peer shares one file of one of so many topics. */
const TOPICS = 12
/** Hits beyond these are as good as these. */
const HIT_LIMIT = 500

interface Search {
  readonly id: Nonce
  readonly searcher: PeerId
  readonly topic: number
  readonly at: number
  readonly found: Set<PeerId>
  hops: number
  firstHitMs: number | null
  messages: number
}

/** A network of production cores that somebody watches and pokes. */
export class LabNetwork<Message extends { readonly type: string }, C extends SimCore<Message>> {
  readonly #system: LabSystem<Message, C>
  /** Small numbers for peers, in order of arrival: what crosses to the page. */
  readonly #numbers = new Map<PeerId, number>()
  readonly #topics = new Map<PeerId, number>()
  #arrived = 0
  #flights: LabFlight[] = []
  #search: Search | null = null
  #upkeep = 0
  #churnMs = 0

  constructor(system: LabSystem<Message, C>, peers: number) {
    this.#system = system
    system.build(peers, (node) => this.#publish(node))
    system.world.observers.push({ effect: (node, effect) => this.#onEffect(node, effect) })
  }

  /** Lets virtual time pass. */
  run(ms: number): void {
    this.#system.world.run(ms)
  }

  /** A random peer asks for a random topic that others have. */
  ask(): void {
    const { world } = this.#system
    const searcher = pick(world.rng, world.alive())
    if (searcher === undefined) return
    const topic = world.rng.below(TOPICS)
    const id = randomNonce(world.rng)
    this.#search = {
      ...{ id, searcher: searcher.peer, topic, at: world.now },
      ...{ found: new Set(), hops: 0, firstHitMs: null, messages: 0 },
    }
    const words = ['topic', `t${String(topic)}`]
    world.feed(searcher.peer, { type: 'search', id, criteria: { by: 'words', words }, limit: HIT_LIMIT })
  }

  /** So many peers, by share, close their tabs at this moment. */
  kill(share: number): void {
    const { world } = this.#system
    const alive = shuffled(world.rng, world.alive())
    for (const { peer } of alive.slice(0, Math.floor(alive.length * share))) this.#kill(peer)
  }

  /** Newcomers that know a few who are there. */
  join(count: number): void {
    const { world } = this.#system
    for (let i = 0; i < count; i++) {
      const known = shuffled(world.rng, world.alive()).slice(0, 5)
      const node = world.add()
      this.#publish(node)
      world.feed(node.peer, { type: 'candidates', peers: known.map(({ peer }) => peer) })
    }
  }

  /** From now on peers come and go, with this mean session; 0: nobody does any more. */
  setChurn(meanSessionMs: number): void {
    const isRunning = this.#churnMs > 0
    this.#churnMs = meanSessionMs
    if (!isRunning && meanSessionMs > 0) this.#churnOnce()
  }

  /** What there is to see now, with the messages sent since the last frame. */
  frame(): LabFrame {
    const { world } = this.#system
    const nodes = world.alive()
    const alive = new Set(nodes.map(({ peer }) => peer))
    const flights = this.#flights
    this.#flights = []
    const upkeep = this.#upkeep
    this.#upkeep = 0
    const links: [number, number][] = []
    for (const { peer, links: others } of nodes)
      for (const other of others)
        if (peer < other && alive.has(other)) links.push([this.#number(peer), this.#number(other)])
    return {
      now: world.now,
      nodes: nodes.map((node) => ({
        id: this.#number(node.peer),
        turn: Number.parseInt(node.peer.slice(0, 8), 16) / 0x1_0000_0000,
        role: this.#system.roleOf(node),
        hasTopic: this.#search !== null && this.#topics.get(node.peer) === this.#search.topic,
      })),
      links,
      flights,
      upkeep,
      search: this.#searchView(alive),
    }
  }

  #searchView(alive: ReadonlySet<PeerId>): LabFrame['search'] {
    const search = this.#search
    if (search === null) return null
    const sources = [...this.#topics].filter(
      ([peer, topic]) => topic === search.topic && alive.has(peer) && peer !== search.searcher,
    )
    return {
      searcher: this.#number(search.searcher),
      topic: search.topic,
      messages: search.messages,
      found: sources.filter(([peer]) => search.found.has(peer)).length,
      sources: sources.length,
      hops: search.hops,
      firstHitMs: search.firstHitMs,
    }
  }

  #churnOnce(): void {
    const { world } = this.#system
    const gapMs = this.#churnMs / Math.max(1, world.alive().length)
    world.clock.after(-Math.log(1 - world.rng.float()) * gapMs, () => {
      if (this.#churnMs === 0) return
      const leaving = pick(world.rng, world.alive())
      if (leaving !== undefined) this.#kill(leaving.peer)
      this.join(1)
      this.#churnOnce()
    })
  }

  /** Whoever is dead is not remembered: a network that lives for an hour has had thousands. */
  #kill(peer: PeerId): void {
    this.#system.world.kill(peer)
    this.#topics.delete(peer)
    this.#numbers.delete(peer)
  }

  #publish(node: SimPeer<C>): void {
    const topic = this.#number(node.peer) % TOPICS
    this.#topics.set(node.peer, topic)
    const { infoHash, listing } = topicShare(topic, this.#number(node.peer))
    this.#system.world.feed(node.peer, { type: 'publish', infoHash, listings: [listing] })
  }

  #number(peer: PeerId): number {
    const known = this.#numbers.get(peer)
    if (known !== undefined) return known
    this.#numbers.set(peer, this.#arrived)
    return this.#arrived++
  }

  #onEffect(node: SimPeer<C>, effect: OverlayEffect<Message>): void {
    const search = this.#search
    if (effect.type === 'hits' && effect.id === search?.id) {
      search.firstHitMs ??= this.#system.world.now - search.at
      search.hops = Math.max(search.hops, effect.hops)
      for (const { providers } of effect.hits) for (const peer of providers) search.found.add(peer)
    }
    if (effect.type !== 'send' || !node.links.has(effect.to)) return
    const kind = this.#system.kindOf(effect.message)
    if (kind === null) {
      this.#upkeep++
      return
    }
    if (search !== null) search.messages++
    const at = this.#system.world.now
    const arrivesAt = at + this.#system.latencyMs(node.peer, effect.to)
    // What is sent to the dead is drawn to nowhere.
    const to = this.#numbers.get(effect.to)
    if (to === undefined) return
    this.#flights.push({ from: this.#number(node.peer), to, kind, at, arrivesAt })
  }
}

function topicShare(topic: number, number: number) {
  const root = defined(parseFileRoot(toHex(sha256(utf8Encode(`root${String(topic)}`)))), 'root')
  const infoHash = defined(parseInfoHash(toHex(sha256(utf8Encode(`share${String(number)}`)))), 'infohash')
  const listing: Listing = { root, infoHash, name: `topic t${String(topic)}.bin`, sizeBytes: 1_000 }
  return { infoHash, listing }
}
