import type { PeerId } from '../../src/kernel/ids.ts'
import { LIMITS } from '../../src/kernel/limits.ts'
import { createRng, type Rng } from '../../src/kernel/rng.ts'
import { installCheckers } from '../checkers/all.ts'
import { check, CheckFailure, type Checker } from '../checkers/checker.ts'
import { planChurn, type ChurnOptions } from '../churn.ts'
import { swizzle } from '../clogs.ts'
import type { WaterMarks } from '../network.ts'
import { createSimShare, simPeerId } from '../share.ts'
import type { Behaviour, SimNode } from '../sim-node.ts'
import { randomLinks } from '../topology.ts'
import { World } from '../world.ts'
import { measure, type SwarmResult } from './swarm-figures.ts'

/** Frames that a 4-slot sender keeps queued on a link: one under way, one behind it. */
export const DEFAULT_MARKS: WaterMarks = { high: 2 * LIMITS.blockBytes, low: LIMITS.blockBytes + 32 }

export interface SwarmOptions {
  readonly seed: number
  /** Peers that come for the file and give as much as they can. */
  readonly contributors: number
  /** Peers that come for the file and give nothing, with as many links as they get. */
  readonly freeRiders: number
  readonly fileBytes: readonly number[]
  readonly pieceBytes: number
  /** Uplink of a peer, bytes per second. */
  readonly uplink: number
  /** Uplink of the source, as a multiple of `uplink`. */
  readonly sourceRatio: number
  readonly downlink: number
  readonly linksPerNode: number
  readonly latencyMs: number
  readonly marks: WaterMarks
  /** Peers start with the infohash alone. */
  readonly startsWithoutMetadata: boolean
  readonly churn: ChurnOptions | null
  /** So many peers are clogged one after the other in this time, and freed in another order within the same again. */
  readonly swizzle?: { readonly count: number; readonly spreadMs: number }
  /** The source goes for good after so many copies; `null`: it stays. */
  readonly sourceLeavesAfterCopies: number | null
  /** Behaviour and uplink of single contributors, by number. */
  readonly special: readonly {
    readonly contributor: number
    readonly behaviour: Behaviour
    readonly uplink?: number
  }[]
  /** Contributors that join later, by number. */
  readonly late: readonly { readonly contributor: number; readonly atMs: number }[]
  /** How often checkers look at everything; `Infinity`: only at the end. */
  readonly inspectEveryMs: number
  readonly limitMs: number
}

/** 50 peers with 1 MiB/s share 64 MiB from a source as fast as they are. */
export const DEFAULT_SWARM: SwarmOptions = {
  seed: 1,
  contributors: 50,
  freeRiders: 0,
  fileBytes: [64 * 1024 * 1024],
  pieceBytes: 256 * 1024,
  uplink: 1024 * 1024,
  sourceRatio: 1,
  downlink: Infinity,
  linksPerNode: LIMITS.transferLinks,
  latencyMs: 40,
  marks: DEFAULT_MARKS,
  startsWithoutMetadata: false,
  churn: null,
  sourceLeavesAfterCopies: null,
  special: [],
  late: [],
  inspectEveryMs: 5_000,
  limitMs: 3_600_000,
}

/** A finished swarm: figures and the nodes, for tests that look closer. */
export interface SwarmRun {
  readonly result: SwarmResult
  readonly source: SimNode
  readonly contributors: readonly SimNode[]
  readonly freeRiders: readonly SimNode[]
}

/** Runs one swarm to its end. @param watchers look on beside the checkers. @throws CheckFailure when a rule was broken or somebody did not finish. */
export function runSwarm(options: SwarmOptions, watchers: readonly Checker[] = []): SwarmRun {
  return new SwarmScenario(options, watchers).run()
}

class SwarmScenario {
  readonly #options: SwarmOptions
  readonly #rng: Rng
  readonly #world: World
  readonly #checkers: readonly Checker[]
  readonly #source: SimNode
  readonly #contributors: SimNode[] = []
  readonly #freeRiders: SimNode[] = []
  #clogsUntil = -Infinity

  constructor(options: SwarmOptions, watchers: readonly Checker[]) {
    this.#options = options
    this.#rng = createRng(options.seed)
    const share = createSimShare(this.#rng.child('share'), options.fileBytes, options.pieceBytes)
    const { latencyMs, marks } = options
    this.#world = new World({ share, rng: this.#rng.child('world'), latencyMs, marks })
    this.#checkers = [...installCheckers(this.#world), ...watchers]
    this.#world.observers.push(...watchers)
    const ids = this.#rng.child('peers')
    this.#source = this.#addNode(simPeerId(ids), 'honest', options.uplink * options.sourceRatio, true)
    for (let i = 0; i < options.contributors; i++) {
      const special = options.special.find((one) => one.contributor === i)
      const uplink = special?.uplink ?? options.uplink
      this.#contributors.push(this.#addNode(simPeerId(ids), special?.behaviour ?? 'honest', uplink, false))
    }
    for (let i = 0; i < options.freeRiders; i++) {
      this.#freeRiders.push(this.#addNode(simPeerId(ids), 'freeRider', options.uplink, false))
    }
  }

  run(): SwarmRun {
    this.#openLinks()
    this.#planLateJoins()
    this.#planChurn()
    this.#planClogs()
    this.#planInspections()
    const world = this.#world
    while (!this.#isOver() && world.elapsedMs < this.#options.limitMs) {
      if (!world.clock.step(Infinity)) break
      this.#sourceMayLeave()
    }
    this.#checkFinished()
    // What is under way comes to rest, so that every request has had its answer.
    const restAt = Math.max(world.clock.now, this.#clogsUntil) + 2_000
    while (world.clock.step(restAt));
    for (const checker of this.#checkers) checker.finish?.(world)
    const [source, contributors, freeRiders] = [this.#source, this.#contributors, this.#freeRiders]
    const result = measure({ options: this.#options, source, contributors, freeRiders })
    return { result, source, contributors, freeRiders }
  }

  #addNode(peer: PeerId, behaviour: Behaviour, uplink: number, isSource: boolean): SimNode {
    const { downlink, startsWithoutMetadata } = this.#options
    const hasMetadata = !startsWithoutMetadata
    return this.#world.addNode({ peer, isSource, behaviour, rates: { uplink, downlink }, hasMetadata })
  }

  /** Links are opened once the sources have checked their files. */
  #openLinks(): void {
    const { late, linksPerNode } = this.#options
    const nodes = [this.#source, ...this.#contributors, ...this.#freeRiders]
    const isGreedy = (node: SimNode) => node.options.behaviour === 'freeRider'
    const topology = nodes.map((node) => ({
      peer: node.peer,
      maxLinks: isGreedy(node) ? nodes.length : linksPerNode,
      isGreedy: isGreedy(node),
    }))
    const lateAt = new Map(late.map(({ contributor, atMs }) => [this.#contributors[contributor]?.peer, atMs]))
    const startAt = this.#world.clock.now
    for (const [a, b] of randomLinks(topology, this.#rng.child('links'))) {
      const atMs = Math.max(lateAt.get(a) ?? 0, lateAt.get(b) ?? 0)
      this.#world.clock.at(startAt + atMs, () => {
        this.#world.connect(a, b)
      })
    }
  }

  /** Until its time has come, a late peer is away. */
  #planLateJoins(): void {
    for (const { contributor, atMs } of this.#options.late) {
      const node = this.#contributors[contributor]
      if (node === undefined) continue
      node.isOnline = false
      this.#world.clock.after(atMs - 1, () => {
        this.#world.comeBack(node.peer)
      })
    }
  }

  #planChurn(): void {
    const { churn, linksPerNode } = this.#options
    if (churn === null) return
    const peers = this.#contributors.map((node) => node.peer)
    const world = this.#world
    const dial = this.#rng.child('dial')
    for (const event of planChurn(peers, churn, this.#rng.child('churn'))) {
      world.clock.after(event.atMs, () => {
        if (event.type === 'leave') {
          world.leave(event.peer)
          return
        }
        world.comeBack(event.peer)
        const others = [...world.nodes.keys()].filter((peer) => peer !== event.peer)
        world.connect(event.peer, this.#source.peer)
        for (let i = 0; i < linksPerNode - 1; i++) {
          const other = others[dial.below(others.length)]
          if (other !== undefined) world.connect(event.peer, other)
        }
      })
    }
  }

  #planClogs(): void {
    const { swizzle: plan } = this.#options
    if (plan === undefined) return
    const { clock, clogs, nodes } = this.#world
    const rng = this.#rng.child('clogs')
    this.#clogsUntil = swizzle({ clock, rng, clogs, peers: [...nodes.keys()], ...plan })
  }

  #planInspections(): void {
    const { inspectEveryMs } = this.#options
    if (inspectEveryMs === Infinity) return
    const inspect = () => {
      for (const checker of this.#checkers) checker.inspect?.(this.#world)
      this.#world.clock.after(inspectEveryMs, inspect)
    }
    this.#world.clock.after(inspectEveryMs, inspect)
  }

  #sourceMayLeave(): void {
    const copies = this.#options.sourceLeavesAfterCopies
    if (copies === null || !this.#source.isOnline) return
    if (this.#source.uploadedBytes < copies * this.#world.share.info.totalBytes) return
    this.#world.leave(this.#source.peer)
  }

  #isOver(): boolean {
    return [...this.#contributors, ...this.#freeRiders].every(
      (node) => node.finishedAt !== null || !mustFinish(node),
    )
  }

  #checkFinished(): void {
    for (const node of [...this.#contributors, ...this.#freeRiders]) {
      if (!mustFinish(node)) continue
      check(node.finishedAt !== null, () => {
        const { missingCount } = node.exchange.swarm?.picker ?? {}
        return `${node.peer.slice(0, 6)} did not finish: ${String(missingCount ?? '?')} blocks missing`
      })
    }
  }
}

/** Peers that cheat may be shut out. */
function mustFinish(node: SimNode): boolean {
  return node.options.behaviour === 'honest' || node.options.behaviour === 'freeRider'
}

/** Adds to a failure how to see it again. */
export function explain(error: unknown, command: string): unknown {
  if (!(error instanceof CheckFailure)) return error
  return new CheckFailure(`${error.message}\nreplay: ${command}`)
}
