import type { PeerId } from '../../src/kernel/ids.ts'
import { parseNonce } from '../../src/kernel/ids.ts'
import { toHex } from '../../src/kernel/bytes.ts'
import { defined } from '../../src/kernel/invariant.ts'
import { shuffled, type Rng } from '../../src/kernel/rng.ts'
import type { OverlayEffect, OverlayInput } from '../../src/discovery/overlay.ts'
import type { ChordEffect, ChordInput, ChordOptions } from '../../src/protocols/chord/api.ts'
import { ChordNode } from '../../src/protocols/chord/chord.ts'
import { chordFormat } from '../../src/protocols/chord/codec.ts'
import type { ChordMessage, Routing } from '../../src/protocols/chord/messages.ts'
import {
  clockwiseFrom,
  coarse,
  COARSE_RING,
  distanceOfLevel,
  levelOf,
  clockwise,
} from '../../src/protocols/chord/position.ts'
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
    const all: OverlayEffect<ChordMessage>[] = []
    for (const effect of [...effects, ...this.node.handle(input, now)]) {
      if (effect.type === 'recordsChanged' || effect.type === 'lookedUp') this.#own(effect)
      else all.push(effect)
    }
    return all
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

/** A ring under simulation, with an oracle that knows who is alive. */
export class RingWorld {
  readonly world: OverlayWorld<ChordMessage, SimRingNode>
  readonly results: LookupResult[] = []
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

  add(): SimPeer<SimRingNode> {
    this.#sorted = null
    return this.world.add()
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

  tell(peer: PeerId, input: ChordInput): void {
    this.world.node(peer).core.queue(input)
    this.world.feed(peer, { type: 'wake' })
  }

  lookup(origin: PeerId, key: string): void {
    const id = defined(parseNonce(toHex(this.rng.bytes(16))), 'nonce')
    this.#pending.set(id, { origin, key, owner: this.memberOwnerOf(key), at: this.world.now })
    this.tell(origin, { type: 'lookup', id, key })
  }

  /** So many lookups of random keys by random nodes, spread over a time, and the time for their answers. */
  lookups(count: number, spreadMs: number, restMs = 6_000): LookupResult[] {
    const before = this.results.length
    for (let i = 0; i < count; i++) {
      this.world.clock.after(Math.floor(this.rng.float() * spreadMs), () => {
        const origin = this.someMember()
        if (origin !== null) this.lookup(origin, toHex(this.rng.bytes(20)))
      })
    }
    this.world.run(spreadMs)
    this.world.runUntil(() => this.#pending.size === 0, restMs)
    this.#giveUp()
    return this.results.slice(before)
  }

  /** Lookups that never came back; those of nodes that died since don't count. */
  #giveUp(): void {
    for (const { origin, key, at } of this.#pending.values())
      if (this.world.isAlive(origin))
        this.results.push({
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
    this.results.push({ origin, key, owner, hops, attempts, isRight, ms: this.world.now - at })
  }
}

/** Puts so many nodes into a perfect ring at once, with fingers like those that they would find themselves. */
export function settle(ring: RingWorld, count: number): void {
  for (let i = 0; i < count; i++) ring.add()
  const sorted = ring.sorted()
  const length = ring.options.listLength ?? 8
  const at = (index: number) => defined(sorted[((index % count) + count) % count], 'peer')
  const others = (index: number, step: number) =>
    Array.from({ length: Math.min(length, count - 1) }, (_, i) => at(index + step * (i + 1)))
  sorted.forEach((peer, index) => {
    ring.world.node(peer).core.node.settle(others(index, 1), others(index, -1))
  })
  const perSide = Math.min(length, Math.max(2, Math.min(8, Math.floor(ring.options.linkCap / 2) - 8)))
  sorted.forEach((peer, index) => {
    for (let i = 1; i <= Math.min(perSide, count - 1); i++) {
      const other = at(index + i)
      if (!ring.world.node(peer).links.has(other)) ring.world.connect(peer, other)
    }
  })
  const room = ring.options.linkCap - 6
  for (const once of [true, false])
    for (const peer of shuffled(ring.rng, sorted)) addFingers(ring, peer, room, once)
}

/** Random peers of each level, the highest first: one where there is none, then wherever there is room. */
function addFingers(ring: RingWorld, peer: PeerId, room: number, onlyMissing: boolean): void {
  const { world, rng } = ring
  const sorted = ring.sorted()
  const order = clockwiseFrom(peer)
  const node = world.node(peer)
  const self = coarse(peer)
  const nearest = levelOf(COARSE_RING / sorted.length) + 2
  const taken = new Set([...node.links].map((each) => levelOf(clockwise(self, coarse(each)))))
  for (let level = 159; level >= nearest; level--) {
    if (onlyMissing && taken.has(level)) continue
    for (let tries = 0; tries < 4 && node.links.size < room; tries++) {
      const distance = distanceOfLevel(level) * (1 + rng.float())
      const other = ring.ownerOf(((self + Math.floor(distance)) % COARSE_RING).toString(16).padStart(12, '0'))
      if (other === peer || order(other, peer) === 0 || world.node(other).links.size >= room) continue
      if (world.connect(peer, other)) break
    }
  }
}

/** Lets so many nodes join one after another. */
export function grow(ring: RingWorld, count: number, pauseMs: number): void {
  for (let i = 0; i < count; i++) {
    ring.join()
    ring.world.run(pauseMs)
  }
}
