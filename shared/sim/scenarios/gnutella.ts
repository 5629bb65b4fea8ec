import { randomNonce } from '../../src/kernel/random-ids.ts'
import type { OverlayEffect } from '../../src/discovery/overlay.ts'
import { utf8Encode, toHex } from '../../src/kernel/bytes.ts'
import { sha256 } from '../../src/content/sha256.ts'
import { parseFileRoot, parseInfoHash, type InfoHash, type Nonce, type PeerId } from '../../src/kernel/ids.ts'
import { defined } from '../../src/kernel/invariant.ts'
import { pick, shuffled } from '../../src/kernel/rng.ts'
import type { Listing } from '../../src/discovery/listing.ts'
import type { GnutellaMessage, SpreadMode } from '../../src/protocols/gnutella/messages.ts'
import { GnutellaChecker } from '../checkers/gnutella.ts'
import { inspectEvery } from '../inspection.ts'
import type { SimPeer } from '../overlay-world.ts'
import { regularLinks } from '../topology.ts'
import { gnutellaWorld, type GnutellaWorld, type SimServent } from './gnutella-servent.ts'
import { median, round } from './swarm-figures.ts'

export interface GnutellaOptions {
  readonly seed: number
  readonly peers: number
  readonly mode: SpreadMode
  readonly ttl: number
  readonly degree: number
  /** Measured searches, one after the other. */
  readonly queries: number
  /** Searches before, by which the tree of the pruned mode grows. */
  readonly warmUp: number
  readonly gapMs: number
  /** Mean session in seconds; 0: everybody stays. Those who go are replaced by newcomers. */
  readonly churnSeconds: number
  /** Share of the peers that die at once, half a second after the first measured search began. */
  readonly kill: number
  /** Networks up to this size grow by joining; larger ones begin as a random graph. */
  readonly growUpTo: number
  /** How often the checker looks around; 0: at the end only. */
  readonly inspectMs: number
}

export const DEFAULT_GNUTELLA: GnutellaOptions = {
  seed: 1,
  peers: 1_000,
  mode: 'pruned',
  ttl: 5,
  degree: 6,
  queries: 20,
  warmUp: 20,
  gapMs: 1_000,
  churnSeconds: 0,
  kill: 0,
  growUpTo: 64,
  inspectMs: 0,
}

/** Means over the measured searches of one run. */
export interface GnutellaResult {
  readonly seed: number
  readonly peers: number
  readonly mode: SpreadMode
  /** Share of the other live peers that a search reached. */
  readonly reach: number
  /** Copies of a query that were sent. */
  readonly messages: number
  /** Copies, and prunes and grafts that they caused, for each peer reached. */
  readonly messagesPerReached: number
  /** Digests sent meanwhile, for each peer reached; they carry all queries of a second together. */
  readonly digestsPerReached: number
  readonly duplicateShare: number
  /** Share of the live peers with a match whose hit came back. */
  readonly recall: number
  readonly hops: number
  readonly misroutedHits: number
  readonly meanDegree: number
}

/** Every so many peers share a file of the same topic. */
const TOPICS = 20
/** Hosts that a servent of a large network remembers at the start. */
const HOSTS_KNOWN = 12
/** A search is over after this time. */
const SEARCH_MS = 8_000

/** What the searcher was told. */
interface Asked {
  readonly id: Nonce
  readonly searcher: PeerId
  readonly topic: number
  readonly found: Set<PeerId>
  hops: number
  reach: number
  recall: number
}

/** Runs one network and measures its searches. */
export function runGnutella(options: GnutellaOptions): GnutellaResult {
  return new GnutellaRun(options).run()
}

class GnutellaRun {
  readonly #world: GnutellaWorld
  readonly #checker: GnutellaChecker
  readonly #topics = new Map<PeerId, number>()
  readonly #asked = new Map<Nonce, Asked>()
  #joined = 0

  constructor(readonly options: GnutellaOptions) {
    const { seed, mode, ttl, degree } = options
    const most = Math.max(degree + 2, 8)
    this.#world = gnutellaWorld(
      { seed, linkCap: 32 },
      { mode, ttl, degree: { min: Math.min(4, degree), target: degree, max: most }, wantsTally: false },
    )
    this.#checker = new GnutellaChecker(most)
    this.#world.observers.push(this.#checker, { effect: (_node, effect) => void this.#onEffect(effect) })
  }

  run(): GnutellaResult {
    this.#build()
    const { options } = this
    inspectEvery(this.#world.clock, options.inspectMs, () => void this.#checker.inspect(this.#world.alive()))
    if (options.churnSeconds > 0)
      this.#world.replaceEvery((options.churnSeconds * 1_000) / options.peers, () => void this.#join())
    for (let i = 0; i < options.warmUp; i++) this.#ask()
    this.#world.run(SEARCH_MS)
    const before = this.#world.sentByType()
    const already = this.#checker.queries().length
    const measured: Asked[] = []
    for (let i = 0; i < options.queries; i++) {
      if (i === 0 && options.kill > 0) this.#world.clock.after(500, () => void this.#kill())
      measured.push(this.#ask())
    }
    this.#world.run(SEARCH_MS)
    this.#checker.inspect(this.#world.alive())
    return this.#measure(measured, already, before)
  }

  #build(): void {
    const world = this.#world
    const { peers, growUpTo } = this.options
    if (peers <= growUpTo) {
      for (let i = 0; i < peers; i++) {
        this.#join()
        world.run(200)
      }
      world.run(15_000)
      return
    }
    for (let i = 0; i < peers; i++) this.#publish(world.add())
    const everybody = [...world.nodes.keys()]
    for (const [a, b] of regularLinks(everybody, this.options.degree, world.rng)) world.connect(a, b)
    for (const peer of everybody) {
      const known = Array.from({ length: HOSTS_KNOWN }, () => defined(pick(world.rng, everybody), 'peer'))
      world.feed(peer, { type: 'candidates', peers: known })
    }
    world.run(5_000)
  }

  /** A newcomer that the server, or its memory, gives some peers to begin with. */
  #join(): void {
    const world = this.#world
    const known = shuffled(world.rng, world.alive()).slice(0, 5)
    const node = world.add()
    this.#publish(node)
    world.feed(node.peer, { type: 'candidates', peers: known.map(({ peer }) => peer) })
  }

  #publish(node: SimPeer<SimServent>): void {
    const number = this.#joined++
    const topic = number % TOPICS
    this.#topics.set(node.peer, topic)
    const { infoHash, listing } = topicShare(topic, number)
    this.#world.feed(node.peer, { type: 'publish', infoHash, listings: [listing] })
  }

  #ask(): Asked {
    const world = this.#world
    const alive = world.alive()
    const searcher = defined(pick(world.rng, alive), 'live peer').peer
    const topic = world.rng.below(TOPICS)
    const id = randomNonce(world.rng)
    const asked: Asked = { id, searcher, topic, found: new Set(), hops: 0, reach: 0, recall: 0 }
    this.#asked.set(id, asked)
    const number = this.#checker.queries().length
    world.feed(searcher, {
      type: 'search',
      id,
      criteria: { by: 'words', words: ['topic', `t${String(topic)}`] },
      limit: 500,
    })
    world.clock.after(SEARCH_MS - 1, () => void this.#close(asked, number))
    world.run(this.options.gapMs)
    return asked
  }

  /** Peers that died meanwhile count neither way. */
  #close(asked: Asked, number: number): void {
    const query = this.#checker.queries()[number]
    const others = this.#world
      .alive()
      .filter(({ peer, bornAt }) => peer !== asked.searcher && bornAt < this.#world.now - SEARCH_MS)
    const reached = others.filter(({ peer }) => query?.reached.has(peer))
    const matching = others.filter(({ peer }) => this.#topics.get(peer) === asked.topic)
    asked.reach = reached.length / Math.max(1, others.length)
    asked.recall =
      matching.length === 0
        ? 1
        : matching.filter(({ peer }) => asked.found.has(peer)).length / matching.length
  }

  #onEffect(effect: OverlayEffect<GnutellaMessage>): void {
    if (effect.type !== 'hits') return
    const asked = this.#asked.get(effect.id)
    if (asked === undefined) return
    asked.hops = Math.max(asked.hops, effect.hops)
    for (const { providers } of effect.hits) for (const peer of providers) asked.found.add(peer)
  }

  #kill(): void {
    const { rng } = this.#world
    const alive = shuffled(rng, this.#world.alive())
    for (const { peer } of alive.slice(0, Math.floor(alive.length * this.options.kill)))
      this.#world.kill(peer, rng.below(2) === 0 ? 'closed' : 'silent')
  }

  #measure(measured: readonly Asked[], already: number, before: Map<string, number>): GnutellaResult {
    const queries = this.#checker.queries().slice(already)
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
    const mean = (values: readonly number[]) => (values.length === 0 ? 0 : sum(values) / values.length)
    const after = this.#world.sentByType()
    const sent = (type: string) => Math.max(0, (after.get(type) ?? 0) - (before.get(type) ?? 0))
    const copies = sum(queries.map((query) => query.copies.size))
    const reached = sum(queries.map((query) => query.reached.size))
    const degrees = this.#world.alive().map(({ core }) => core.servent.view().neighbours.length)
    return {
      seed: this.options.seed,
      peers: this.options.peers,
      mode: this.options.mode,
      reach: round(mean(measured.map(({ reach }) => reach)), 5),
      messages: round(copies / Math.max(1, queries.length), 1),
      messagesPerReached: round((copies + sent('prune') + sent('graft')) / Math.max(1, reached)),
      digestsPerReached: round(sent('ihave') / Math.max(1, reached)),
      duplicateShare: round(sum(queries.map(({ duplicates }) => duplicates)) / Math.max(1, copies), 5),
      recall: round(mean(measured.map(({ recall }) => recall)), 5),
      hops: round(mean(measured.map(({ hops }) => hops)), 2),
      misroutedHits: this.#checker.misroutedHits,
      meanDegree: round(mean(degrees), 2),
    }
  }
}

/** Medians over runs. */
export function summariseGnutella(results: readonly GnutellaResult[]) {
  const of = (value: (result: GnutellaResult) => number, digits = 5) =>
    round(median(results.map(value)), digits)
  return {
    summary: true,
    reach: of(({ reach }) => reach),
    messages: of(({ messages }) => messages),
    messagesPerReached: of(({ messagesPerReached }) => messagesPerReached),
    digestsPerReached: of(({ digestsPerReached }) => digestsPerReached),
    duplicateShare: of(({ duplicateShare }) => duplicateShare),
    recall: of(({ recall }) => recall),
    misroutedHits: of(({ misroutedHits }) => misroutedHits),
  }
}

function topicShare(topic: number, number: number): { infoHash: InfoHash; listing: Listing } {
  const hash = toHex(sha256(utf8Encode(`share ${String(number)}`)))
  const infoHash = defined(parseInfoHash(hash), 'infohash')
  const root = defined(parseFileRoot(toHex(sha256(utf8Encode(`file ${String(topic)}`)))), 'root')
  const name = `Topic t${String(topic)}/paper ${String(number)}.pdf`
  return { infoHash, listing: { root, infoHash, name, sizeBytes: 1_000_000 } }
}
