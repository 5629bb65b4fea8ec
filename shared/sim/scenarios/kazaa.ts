import { randomNonce } from '../../src/kernel/random-ids.ts'
import { sha256 } from '../../src/content/sha256.ts'
import type { Listing } from '../../src/discovery/listing.ts'
import type { OverlayEffect } from '../../src/discovery/overlay.ts'
import { toHex, utf8Encode } from '../../src/kernel/bytes.ts'
import { parseFileRoot, parseInfoHash, type InfoHash, type Nonce, type PeerId } from '../../src/kernel/ids.ts'
import { defined } from '../../src/kernel/invariant.ts'
import { pick, shuffled } from '../../src/kernel/rng.ts'
import { LEADER_LINKS_TARGET } from '../../src/protocols/kazaa/constants.ts'
import type { KazaaMessage } from '../../src/protocols/kazaa/messages.ts'
import { KazaaChecker } from '../checkers/kazaa.ts'
import { inspectEvery } from '../inspection.ts'
import type { SimPeer } from '../overlay-world.ts'
import { regularLinks } from '../topology.ts'
import { kazaaWorld, tell, type KazaaWorld, type SimKazaa } from './kazaa-node.ts'
import { median, round } from './swarm-figures.ts'

export interface KazaaOptions {
  readonly seed: number
  readonly peers: number
  /** Measured searches, one after the other. */
  readonly queries: number
  readonly gapMs: number
  /** Mean session in seconds; 0: everybody stays. Those who go are replaced by newcomers. */
  readonly churnSeconds: number
  /** Share of the super nodes that die at once after the searches; orphans are timed then. */
  readonly kill: number
  /** Networks up to this size grow by joining; larger ones begin with roles given out. */
  readonly growUpTo: number
  /** How often the checkers look around; 0: at the end only. */
  readonly inspectMs: number
}

export const DEFAULT_KAZAA: KazaaOptions = {
  seed: 1,
  peers: 10_000,
  queries: 20,
  gapMs: 500,
  churnSeconds: 0,
  kill: 0.05,
  growUpTo: 200,
  inspectMs: 0,
}

/** Means over the measured searches of one run. */
export interface KazaaResult {
  readonly seed: number
  readonly peers: number
  /** Share of the live sources of a file that were found. */
  readonly recall: number
  /** Queries and hits sent for one search, for each peer of the network. */
  readonly messagesPerPeer: number
  readonly queryMessages: number
  readonly hitMessages: number
  readonly superNodes: number
  readonly maxChildren: number
  readonly maxNeighbours: number
  /** From the death of its super node until another live one has the child as its main one. */
  readonly orphanSecondsP95: number
  readonly orphanSecondsMax: number
  readonly orphans: number
  /** The same for searches after the deaths. */
  readonly recallAfterKill: number
  /** Live peers that are indexed nowhere at the end, newcomers of that second included. */
  readonly unindexed: number
  /** The longest that the checker saw a live peer without an index, when it looks around. */
  readonly unindexedSecondsMax: number
  readonly misroutedHits: number
}

/** Children, main and standby, that a super node begins with in a settled network. */
const SETTLED_CHILDREN = 24
/** Files, and how many peers have one: rare, middling and popular ones by turns. */
const FILES = 30
const COPIES = [1, 10, 100] as const
/** A search is over after this time. */
const SEARCH_MS = 6_000
/** How long orphans are watched, and how often. */
const WATCH_MS = 20_000
const WATCH_STEP_MS = 100
/** Searches after the deaths. */
const QUERIES_AFTER_KILL = 5

/** What the searcher was told. */
interface Asked {
  readonly searcher: PeerId
  readonly file: number
  readonly found: Set<PeerId>
  /** `null`: the searcher did not live to see the end. */
  recall: number | null
}

/** Runs one network and measures its searches. */
export function runKazaa(options: KazaaOptions): KazaaResult {
  return new KazaaRun(options).run()
}

class KazaaRun {
  readonly #world: KazaaWorld
  readonly #checker = new KazaaChecker()
  readonly #holders = new Map<number, Set<PeerId>>()
  readonly #asked = new Map<Nonce, Asked>()
  #number = 0

  constructor(readonly options: KazaaOptions) {
    this.#world = kazaaWorld({ seed: options.seed }, { wantsCost: false })
    this.#world.observers.push(this.#checker, { effect: (_node, effect) => void this.#onEffect(effect) })
  }

  run(): KazaaResult {
    const { options } = this
    if (options.peers <= options.growUpTo) this.#grow()
    else this.#settle()
    inspectEvery(this.#world.clock, options.inspectMs, () => void this.#inspect())
    if (options.churnSeconds > 0)
      this.#world.replaceEvery((options.churnSeconds * 1_000) / options.peers, () => void this.#join())
    const before = this.#world.sentByType()
    const measured = this.#askMany(options.queries)
    const sent = this.#world.sentByType()
    const share = this.#shape()
    const orphanSeconds = this.#killSuperNodes()
    const after = this.#askMany(options.kill > 0 ? QUERIES_AFTER_KILL : 0)
    this.#inspect()
    const perSearch = (type: string) => ((sent.get(type) ?? 0) - (before.get(type) ?? 0)) / options.queries
    const [queries, hits] = [perSearch('query'), perSearch('hits')]
    return {
      seed: options.seed,
      peers: options.peers,
      recall: round(meanRecall(measured), 5),
      messagesPerPeer: round((queries + hits) / options.peers, 4),
      queryMessages: round(queries, 1),
      hitMessages: round(hits, 1),
      ...share,
      orphanSecondsP95: round(quantile(orphanSeconds, 0.95), 2),
      orphanSecondsMax: round(quantile(orphanSeconds, 1), 2),
      orphans: orphanSeconds.length,
      recallAfterKill: round(meanRecall(after), 5),
      unindexed: this.#checker.unindexed(this.#world.alive()).length,
      unindexedSecondsMax: round(this.#checker.longestUnindexedMs / 1_000, 2),
      misroutedHits: this.#checker.misroutedHits,
    }
  }

  #inspect(): void {
    // The last one of all has nobody to be indexed by.
    if (this.#world.alive().length > 1) this.#checker.inspect(this.#world.alive(), this.#world.now)
  }

  /** Everybody comes one after the other, knowing a few who are there. */
  #grow(): void {
    for (let i = 0; i < this.options.peers; i++) {
      this.#join()
      this.#world.run(300)
    }
    this.#world.run(60_000)
  }

  /** Super nodes, links between them, and two of them for every child, as if it had long been so. */
  #settle(): void {
    const world = this.#world
    const { peers } = this.options
    const leaders = Math.ceil((2 * peers) / (SETTLED_CHILDREN + 2))
    const nodes = Array.from({ length: peers }, () => this.#publish(world.add()).peer)
    const everybody = shuffled(world.rng, nodes)
    const superNodes = everybody.slice(0, leaders)
    for (const peer of superNodes) tell(world, peer, { type: 'lead' })
    for (const [a, b] of regularLinks(superNodes, LEADER_LINKS_TARGET, world.rng)) world.connect(a, b)
    world.run(3_000)
    const order = shuffled(world.rng, superNodes)
    everybody.slice(leaders).forEach((child, index) => {
      world.connect(child, defined(order[index % leaders], 'super node'))
      // The second one is another for each child of the first.
      const offset = 1 + Math.floor(index / leaders) * 7
      world.connect(child, defined(order[(index + offset) % leaders], 'super node'))
    })
    world.run(20_000)
  }

  #join(): void {
    const world = this.#world
    const known = shuffled(world.rng, world.alive()).slice(0, 5)
    const node = this.#publish(world.add())
    world.feed(node.peer, { type: 'candidates', peers: known.map(({ peer }) => peer) })
  }

  /** Every peer has one file of its own, and by turns copies of the files that are searched for. */
  #publish(node: SimPeer<SimKazaa>): SimPeer<SimKazaa> {
    const number = this.#number++
    const { peers } = this.options
    this.#feedShare(node.peer, -1 - number)
    for (let file = 0; file < FILES; file++) {
      const copies = Math.max(1, Math.min(peers / 4, COPIES[file % COPIES.length] ?? 1))
      const stride = Math.floor(peers / copies)
      if (number % stride !== (file * 37) % stride || number >= stride * copies) continue
      this.#feedShare(node.peer, file)
      const holders = this.#holders.get(file) ?? new Set<PeerId>()
      this.#holders.set(file, holders)
      holders.add(node.peer)
    }
    return node
  }

  #feedShare(peer: PeerId, file: number): void {
    const { infoHash, listing } = shareOf(file)
    this.#world.feed(peer, { type: 'publish', infoHash, listings: [listing] })
  }

  #askMany(count: number): Asked[] {
    const asked: Asked[] = []
    for (let i = 0; i < count; i++) asked.push(this.#ask(i % FILES))
    this.#world.run(SEARCH_MS)
    return asked
  }

  #ask(file: number): Asked {
    const world = this.#world
    const holders = this.#holders.get(file)
    const others = world.alive().filter(({ peer }) => holders?.has(peer) !== true)
    const searcher = defined(pick(world.rng, others.length > 0 ? others : world.alive()), 'live peer').peer
    const id = randomNonce(world.rng)
    const asked: Asked = { searcher, file, found: new Set(), recall: null }
    this.#asked.set(id, asked)
    const words = ['wanted', `file${String(file)}x`]
    world.feed(searcher, { type: 'search', id, criteria: { by: 'words', words }, limit: 500 })
    // Who comes or goes meanwhile counts neither way.
    const sources = [...(holders ?? [])].filter((peer) => world.isAlive(peer) && peer !== searcher)
    world.clock.after(SEARCH_MS - 1, () => {
      const alive = sources.filter((peer) => world.isAlive(peer))
      const found = alive.filter((peer) => asked.found.has(peer))
      if (world.isAlive(searcher)) asked.recall = alive.length === 0 ? 1 : found.length / alive.length
    })
    world.run(this.options.gapMs)
    return asked
  }

  #onEffect(effect: OverlayEffect<KazaaMessage>): void {
    if (effect.type !== 'hits') return
    const found = this.#asked.get(effect.id)?.found
    for (const { providers } of effect.hits) for (const peer of providers) found?.add(peer)
  }

  /** @returns seconds that each child of a dead super node was without a main one. */
  #killSuperNodes(): number[] {
    const world = this.#world
    const superNodes = shuffled(
      world.rng,
      world.alive().filter(({ core }) => core.node.view().role === 'superNode'),
    )
    const { kill } = this.options
    if (kill <= 0) return []
    const dead = new Set(
      superNodes.slice(0, Math.max(1, Math.round(superNodes.length * kill))).map(({ peer }) => peer),
    )
    const orphans = new Set(
      world
        .alive()
        .filter(({ peer, core }) => !dead.has(peer) && dead.has(core.node.view().leader ?? peer))
        .map(({ peer }) => peer),
    )
    for (const peer of dead) world.kill(peer, 'closed')
    // The last one of all has nobody to be led by.
    if (world.alive().length < 2) return []
    const diedAt = world.now
    const seconds: number[] = []
    while (orphans.size > 0 && world.now < diedAt + WATCH_MS) {
      world.run(WATCH_STEP_MS)
      for (const peer of orphans) {
        if (world.isAlive(peer) && !this.#isLed(peer)) continue
        orphans.delete(peer)
        if (world.isAlive(peer)) seconds.push((world.now - diedAt) / 1_000)
      }
    }
    for (const _ of orphans) seconds.push(WATCH_MS / 1_000)
    world.run(SEARCH_MS)
    return seconds
  }

  #isLed(peer: PeerId): boolean {
    const { role, leader } = this.#world.node(peer).core.node.view()
    if (role === 'superNode') return true
    if (leader === null || !this.#world.isAlive(leader)) return false
    return this.#world.node(leader).core.node.view().children.includes(peer)
  }

  #shape(): Pick<KazaaResult, 'superNodes' | 'maxChildren' | 'maxNeighbours'> {
    const views = this.#world.alive().map(({ core }) => core.node.view())
    const superNodes = views.filter(({ role }) => role === 'superNode')
    return {
      superNodes: superNodes.length,
      maxChildren: Math.max(0, ...superNodes.map(({ children }) => children.length)),
      maxNeighbours: Math.max(0, ...superNodes.map((view) => view.superNodes.length)),
    }
  }
}

/** Medians over runs. */
export function summariseKazaa(results: readonly KazaaResult[]) {
  const of = (value: (result: KazaaResult) => number) => round(median(results.map(value)), 5)
  return {
    summary: true,
    recall: of(({ recall }) => recall),
    messagesPerPeer: of(({ messagesPerPeer }) => messagesPerPeer),
    superNodes: of(({ superNodes }) => superNodes),
    maxChildren: of(({ maxChildren }) => maxChildren),
    orphanSecondsP95: of(({ orphanSecondsP95 }) => orphanSecondsP95),
    recallAfterKill: of(({ recallAfterKill }) => recallAfterKill),
    unindexedSecondsMax: of(({ unindexedSecondsMax }) => unindexedSecondsMax),
    unindexed: of(({ unindexed }) => unindexed),
    misroutedHits: of(({ misroutedHits }) => misroutedHits),
  }
}

/** Share of one file; equal numbers are equal files. Negative ones are a peer's own. */
function shareOf(file: number): { infoHash: InfoHash; listing: Listing } {
  const hash = toHex(sha256(utf8Encode(`file ${String(file)}`)))
  const infoHash = defined(parseInfoHash(hash), 'infohash')
  const root = defined(parseFileRoot(hash), 'root')
  const name = file < 0 ? `Private notes ${String(-file)}.txt` : `Wanted file${String(file)}x.bin`
  return { infoHash, listing: { root, infoHash, name, sizeBytes: 1_000_000 } }
}

function meanRecall(searches: readonly Asked[]): number {
  const values = searches.map(({ recall }) => recall).filter((recall) => recall !== null)
  return values.length === 0 ? 1 : values.reduce((sum, value) => sum + value, 0) / values.length
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}
