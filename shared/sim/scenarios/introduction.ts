import { createRng, pick, shuffled, type Rng } from '../../src/kernel/rng.ts'
import { defined } from '../../src/kernel/invariant.ts'
import type { SignalEnvelope } from '../../src/wire/envelope.ts'
import { snapshotOf } from '../../src/node/snapshot.ts'
import { CheckFailure } from '../checkers/checker.ts'
import type { Identity } from '../nodes/identity.ts'
import { NodeWorld, type TestNode } from '../nodes/node-world.ts'
import { median, round } from './swarm-figures.ts'

export interface IntroductionOptions {
  readonly seed: number
  readonly peers: number
  /** Pairs of strangers that are introduced after the server died. */
  readonly pairs: number
  /** Peers that come by an invite after that. */
  readonly newcomers: number
  /** Share of the peers that leave at once, before the pairs are introduced. */
  readonly kill: number
}

export const DEFAULT_INTRODUCTION: IntroductionOptions = {
  seed: 1,
  peers: 60,
  pairs: 60,
  newcomers: 5,
  kill: 0,
}

export interface IntroductionResult {
  readonly seed: number
  readonly peers: number
  readonly pairs: number
  /** Share of the pairs between which a link came about. */
  readonly linked: number
  readonly millisecondsP50: number
  readonly millisecondsP95: number
  /** Peers that passed an envelope on, mean over the probes that arrived. */
  readonly relaysMean: number
  /** Share of the invited newcomers that became members of the ring. */
  readonly newcomersJoined: number
}

/** ICE and DTLS between two browsers of one continent take about so long once the answer is there. Our choice. */
const CONNECT_MS = 150
/** Time that a network gets to take shape, and that one introduction may take. */
const SETTLE_MS = 60_000
const LINK_MS = 15_000

/** Whole nodes: they meet through a server, lose it, and introduce strangers to each other through the mesh. */
export function runIntroduction(options: IntroductionOptions): IntroductionResult {
  return new IntroductionRun(options).run()
}

class IntroductionRun {
  readonly #world: NodeWorld
  readonly #rng: Rng

  constructor(readonly options: IntroductionOptions) {
    this.#rng = createRng(options.seed)
    this.#world = new NodeWorld({
      seed: options.seed,
      latencyMs: pairLatency,
      connectMs: CONNECT_MS,
      keepsEffects: false,
    })
  }

  run(): IntroductionResult {
    const world = this.#world
    const { seed, peers, kill } = this.options
    for (let i = 0; i < peers; i++) {
      world.add(`peer ${String(i)}`)
      world.pass(300)
    }
    world.pass(SETTLE_MS)
    world.killServer()
    for (const node of shuffled(this.#rng, world.nodes).slice(0, Math.round(peers * kill))) world.kill(node)
    world.pass(kill > 0 ? SETTLE_MS : 1_000)
    const times = this.#introducePairs()
    const linked = times.filter((ms) => ms !== null)
    const sorted = linked.toSorted((a, b) => a - b)
    return {
      seed,
      peers,
      pairs: times.length,
      linked: round(linked.length / Math.max(1, times.length)),
      millisecondsP50: round(median(sorted)),
      millisecondsP95: round(sorted[Math.floor(sorted.length * 0.95)] ?? 0),
      relaysMean: round(this.#relaysMean()),
      newcomersJoined: round(this.#invite()),
    }
  }

  #alive(): TestNode[] {
    return this.#world.nodes.filter(({ isAlive }) => isAlive)
  }

  /** Milliseconds until each link; `null` where none came about. */
  #introducePairs(): (number | null)[] {
    const times: (number | null)[] = []
    for (let i = 0; i < this.options.pairs; i++) {
      const pair = this.#strangers()
      if (pair === null) break
      const [from, to] = pair
      const startedAt = this.#world.now
      this.#world.feed(from, { type: 'link', peer: to.key.peerId })
      const isLinked = () => from.node.links.byPeer(to.key.peerId) !== undefined
      while (!isLinked() && this.#world.now < startedAt + LINK_MS) this.#world.pass(10)
      times.push(isLinked() ? this.#world.now - startedAt : null)
    }
    return times
  }

  /** Two live peers that have no link; `null` when everybody is linked with everybody. */
  #strangers(): [TestNode, TestNode] | null {
    for (let tries = 0; tries < 200; tries++) {
      const from = defined(pick(this.#rng, this.#alive()), 'live peer')
      const to = defined(pick(this.#rng, this.#alive()), 'live peer')
      if (from !== to && from.node.links.byPeer(to.key.peerId) === undefined) return [from, to]
    }
    return null
  }

  /** Each introduction takes about ten envelopes; what matters is how many relays share the work. */
  #relaysMean(): number {
    const relayed = this.#alive().map(({ node }) => node.relay.relayedCount)
    return relayed.reduce((sum, count) => sum + count, 0) / Math.max(1, this.options.pairs)
  }

  #invite(): number {
    const { newcomers } = this.options
    let joined = 0
    for (let i = 0; i < newcomers; i++) {
      const host = defined(pick(this.#rng, this.#alive()), 'live peer')
      const guest = this.#world.add(`newcomer ${String(i)}`)
      this.#carry(host, guest, { type: 'invite' })
      this.#world.pass(SETTLE_MS)
      const { ring } = snapshotOf(guest.node, this.#world.now).systems
      const isIn = ring !== null && ring.state !== 'alone' && ring.state !== 'joining'
      if (isIn && guest.node.links.upCount > 1) joined++
    }
    if (joined < newcomers / 2) throw new CheckFailure(`only ${String(joined)} newcomers joined by invite`)
    return joined / Math.max(1, newcomers)
  }

  /** A person carries the invite to the guest, and the reply back. */
  #carry(host: TestNode, guest: TestNode, input: { readonly type: 'invite' }): void {
    const world = this.#world
    const written = (node: TestNode): SignalEnvelope => {
      world.until(() => node.manual.length > 0)
      return defined(node.manual.pop(), 'envelope')
    }
    world.feed(host, input)
    world.feed(guest, { type: 'pasted', envelope: written(host) })
    world.feed(host, { type: 'pasted', envelope: written(guest) })
    world.until(() => guest.node.links.upCount > 0)
  }
}

/** Constant for a pair, 10 to 90 ms: what peers of one continent see. */
function pairLatency(a: Identity, b: Identity): number {
  return 10 + ((Number.parseInt(a.peerId.slice(0, 6), 16) ^ Number.parseInt(b.peerId.slice(0, 6), 16)) % 81)
}
