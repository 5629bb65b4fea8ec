import { randomNonce } from '../../src/kernel/random-ids.ts'
import type { PeerId } from '../../src/kernel/ids.ts'
import { toHex } from '../../src/kernel/bytes.ts'
import { defined } from '../../src/kernel/invariant.ts'
import type { Rng } from '../../src/kernel/rng.ts'
import type { OverlayEffect, OverlayInput } from '../../src/discovery/overlay.ts'
import type { ChordEffect, ChordInput, ChordOptions, ChordView } from '../../src/protocols/chord/api.ts'
import { ChordNode } from '../../src/protocols/chord/chord.ts'
import { chordFormat } from '../../src/protocols/chord/codec.ts'
import type { ChordMessage, Routing } from '../../src/protocols/chord/messages.ts'
import {
  OverlayWorld,
  simKey,
  type OverlayWorldOptions,
  type SimCore,
  type SimPeer,
} from '../overlay-world.ts'

/** Effects that only the ring has. */
type OwnEffect = Extract<ChordEffect, { type: 'recordsChanged' | 'lookedUp' }>

/** A ring node in the simulator: lets scenarios give it the ring's own inputs, and keeps the ring's own effects. */
export class SimRingNode implements SimCore<ChordMessage> {
  readonly node: ChordNode
  /** What a node that does not keep to the protocol does with an input instead; `null`: nothing else. */
  intercept: (input: OverlayInput<ChordMessage>) => OverlayEffect<ChordMessage>[] | null = () => null
  /** What it makes of what it would send. */
  tamper: (effect: OverlayEffect<ChordMessage>) => OverlayEffect<ChordMessage>[] = (effect) => [effect]
  readonly #queued: ChordInput[] = []
  readonly #own: (effect: OwnEffect) => void

  constructor(options: ChordOptions, own: (effect: OwnEffect) => void) {
    this.node = new ChordNode({ ...options, isKeyOf: (peer, key) => key === simKey(peer) })
    this.#own = own
  }

  /** Handed to the node with the next input. */
  queue(input: ChordInput): void {
    this.#queued.push(input)
  }

  handle(input: OverlayInput<ChordMessage>, now: number): OverlayEffect<ChordMessage>[] {
    const effects = this.#queued.splice(0).flatMap((each) => this.node.handle(each, now))
    const instead = this.intercept(input)
    const all: OverlayEffect<ChordMessage>[] = []
    for (const effect of [...effects, ...(instead === null ? this.node.handle(input, now) : [])]) {
      if (effect.type === 'recordsChanged' || effect.type === 'lookedUp') this.#own(effect)
      else all.push(...this.tamper(effect))
    }
    return [...all, ...(instead ?? [])]
  }

  wakeAt = (): number => this.node.wakeAt()
  needs = (peer: PeerId): boolean => this.node.needs(peer)
  accepts = (peer: PeerId): boolean => this.node.accepts(peer)
}

export interface RingOptions {
  readonly seed: number
  readonly linkCap: number
  readonly routing: Routing
  readonly listLength?: number
  readonly world?: Partial<OverlayWorldOptions<ChordMessage, SimRingNode>>
}

/** What became of one lookup. */
export interface LookupResult {
  readonly origin: PeerId
  readonly key: string
  readonly owner: PeerId | null
  readonly hops: number
  readonly attempts: number
  /** Right by the oracle when it was asked, or when it was answered. */
  readonly isRight: boolean
  readonly ms: number
}

interface Pending {
  readonly origin: PeerId
  readonly key: string
  readonly owner: PeerId
  readonly at: number
}

/** Lookups that take longer than this have failed. */
const ANSWERS_MS = 6_000

/** A ring under simulation, with an oracle that knows who is alive. */
export class RingWorld {
  readonly world: OverlayWorld<ChordMessage, SimRingNode>
  readonly results: LookupResult[] = []
  /** Told of each lookup that ends. */
  readonly watchers: ((result: LookupResult) => void)[] = []
  /** Times at which nodes told that their records changed. */
  readonly changes = new Map<PeerId, number[]>()
  readonly options: RingOptions
  readonly #pending = new Map<string, Pending>()
  #sorted: PeerId[] | null = null

  constructor(options: RingOptions) {
    this.options = options
    const { linkCap, routing, listLength } = options
    this.world = new OverlayWorld<ChordMessage, SimRingNode>({
      seed: options.seed,
      linkCap,
      sizeOf: (message) => chordFormat.size(message),
      create: (self, rng, now, key) =>
        new SimRingNode(
          { self, rng, now, key, linkCap, routing, ...(listLength === undefined ? {} : { listLength }) },
          (effect) => {
            this.#own(self, effect)
          },
        ),
      ...options.world,
    })
  }

  get rng(): Rng {
    return this.world.rng
  }

  get open(): number {
    return this.#pending.size
  }

  /** Living nodes in the order of the ring. */
  sorted(): readonly PeerId[] {
    this.#sorted ??= this.world
      .alive()
      .map(({ peer }) => peer)
      .sort()
    return this.#sorted
  }

  /** The right owner of a key: the first living node at or after it. */
  ownerOf(key: string): PeerId {
    const sorted = this.sorted()
    let [low, high] = [0, sorted.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((sorted[middle] ?? '') < key) low = middle + 1
      else high = middle
    }
    return defined(sorted[low % sorted.length], 'owner')
  }

  /** The same among those that are members by now: who is still joining owns nothing. */
  memberOwnerOf(key: string): PeerId {
    const sorted = this.sorted()
    let index = sorted.indexOf(this.ownerOf(key))
    for (let i = 0; i < sorted.length; i++, index++) {
      const peer = defined(sorted[index % sorted.length], 'owner')
      if (this.world.node(peer).core.node.phase === 'member') return peer
    }
    return this.ownerOf(key)
  }

  /** @param ground see {@link OverlayWorld.add}. */
  add(ground?: PeerId): SimPeer<SimRingNode> {
    this.#sorted = null
    return this.world.add(ground)
  }

  /** A node that knows some living ones. */
  join(known = 3): SimPeer<SimRingNode> {
    const others = this.world.alive().map(({ peer }) => peer)
    const node = this.add()
    const peers = Array.from({ length: Math.min(known, others.length) }, () =>
      defined(others[this.rng.below(others.length)], 'peer'),
    )
    this.world.feed(node.peer, { type: 'candidates', peers })
    return node
  }

  kill(peer: PeerId, how: 'closed' | 'silent' = 'closed'): void {
    this.#sorted = null
    this.world.kill(peer, how)
  }

  /** Says goodbye; the last messages are delivered before the links close. */
  leave(peer: PeerId): void {
    this.tell(peer, { type: 'leaving' })
    this.#sorted = null
    this.world.clock.after(100, () => {
      if (this.world.nodes.has(peer)) this.kill(peer)
    })
  }

  isMember(peer: PeerId): boolean {
    return this.world.isAlive(peer) && this.world.node(peer).core.node.phase === 'member'
  }

  /** A random living node that is part of a ring; `null` when a few tries found none. */
  someMember(): PeerId | null {
    const alive = this.sorted()
    for (let tries = 0; tries < 20; tries++) {
      const peer = alive[this.rng.below(Math.max(1, alive.length))]
      if (peer !== undefined && (this.isMember(peer) || alive.length === 1)) return peer
    }
    return null
  }

  viewOf(peer: PeerId): ChordView {
    return this.world.node(peer).core.node.view()
  }

  tell(peer: PeerId, input: ChordInput): void {
    this.world.node(peer).core.queue(input)
    this.world.feed(peer, { type: 'wake' })
  }

  lookup(origin: PeerId, key: string): void {
    const id = randomNonce(this.rng)
    this.#pending.set(id, { origin, key, owner: this.memberOwnerOf(key), at: this.world.now })
    this.tell(origin, { type: 'lookup', id, key })
  }

  /** So many lookups by random nodes, spread over a time, and the time for their answers. Left out: any keys. */
  lookups(
    count: number,
    spreadMs: number,
    keyOf: () => string = () => toHex(this.rng.bytes(20)),
  ): LookupResult[] {
    const before = this.results.length
    for (let i = 0; i < count; i++) {
      this.world.clock.after(Math.floor(this.rng.float() * spreadMs), () => {
        const origin = this.someMember()
        if (origin !== null) this.lookup(origin, keyOf())
      })
    }
    this.world.run(spreadMs)
    this.world.runUntil(() => this.#pending.size === 0, ANSWERS_MS)
    this.#giveUp()
    return this.results.slice(before)
  }

  /** Lookups that never came back; those of nodes that died since don't count. */
  #giveUp(): void {
    for (const { origin, key, at } of this.#pending.values())
      if (this.world.isAlive(origin))
        this.#ended({
          origin,
          key,
          owner: null,
          hops: 0,
          attempts: 3,
          isRight: false,
          ms: this.world.now - at,
        })
    this.#pending.clear()
  }

  #own(self: PeerId, effect: OwnEffect): void {
    if (effect.type === 'recordsChanged') {
      const times = this.changes.get(self) ?? []
      this.changes.set(self, times)
      times.push(this.world.now)
      return
    }
    const pending = this.#pending.get(effect.id)
    if (pending === undefined) return
    this.#pending.delete(effect.id)
    const { origin, key, at } = pending
    const { owner, hops, attempts } = effect
    const isRight = owner === pending.owner || (owner !== null && owner === this.memberOwnerOf(key))
    this.#ended({ origin, key, owner, hops, attempts, isRight, ms: this.world.now - at })
  }

  #ended(result: LookupResult): void {
    this.results.push(result)
    for (const watch of this.watchers) watch(result)
  }
}
