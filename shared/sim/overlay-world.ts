import type { Core } from '../src/kernel/core.ts'
import type { PeerId } from '../src/kernel/ids.ts'
import { parsePeerId } from '../src/kernel/ids.ts'
import { defined } from '../src/kernel/invariant.ts'
import { createRng, pick, type Rng } from '../src/kernel/rng.ts'
import { sha256 } from '../src/content/sha256.ts'
import { toHex, utf8Encode } from '../src/kernel/bytes.ts'
import type { OverlayCore, OverlayEffect, OverlayInput } from '../src/discovery/overlay.ts'
import { Clogs } from './clogs.ts'
import { VirtualClock } from './clock.ts'

/** A discovery system's core under simulation. */
export type SimCore<Message> = Core<OverlayInput<Message>, OverlayEffect<Message>> & OverlayCore

export interface OverlayWorldOptions<Message, C extends SimCore<Message>> {
  readonly seed: number
  readonly create: (peer: PeerId, rng: Rng, now: number, key: string) => C
  /** Encoded size of a message. */
  readonly sizeOf: (message: Message) => number
  /** One way, constant for a pair, in both directions. Left out: 10 to 90 ms, by pair. */
  readonly latencyMs?: (a: PeerId, b: PeerId) => number
  /** From a dial to the link, without the way of the signaling; WebRTC on a good network. */
  readonly connectMs?: number
  /** Chance that a dial fails although both ends live and have room. */
  readonly dialFailure?: number
  /** Links that a node can have. */
  readonly linkCap?: number
  /** How long the death of a closed tab, and of one that just fell silent, goes unnoticed. */
  readonly noticeMs?: { readonly closed: number; readonly silent: number }
  /** Extra delay of a message, drawn anew each time; never overtakes an earlier one of the link. */
  readonly jitterMs?: number
}

export interface LinkTrouble {
  /** The longest extra delay. */
  readonly delayMs: number
  /** Share of messages that arrive twice. */
  readonly duplicates: number
  /** Whether a message may overtake an earlier one. */
  readonly isUnordered: boolean
}

/** A node of the simulated network. */
export interface SimPeer<C> {
  readonly peer: PeerId
  readonly core: C
  state: 'alive' | 'silent' | 'dead'
  readonly links: Set<PeerId>
  /** What it sent, by message type. */
  readonly sent: Map<string, { messages: number; bytes: number }>
  bornAt: number
}

export interface OverlayObserver<Message, C> {
  effect?(node: SimPeer<C>, effect: OverlayEffect<Message>): void
  delivered?(from: PeerId, to: SimPeer<C>, message: Message): void
}

/** SCTP and DTLS header bytes are not counted: sizes are of our own messages and their 2-byte length. */
const LENGTH_BYTES = 2
const DEFAULTS = {
  connectMs: 120,
  dialFailure: 0,
  linkCap: 24,
  noticeMs: { closed: 150, silent: 6_000 },
  jitterMs: 0,
}
/** A dial that nobody answers is given up after this time. */
const DIAL_TIMEOUT_MS = 3_000

/**
 * Thousands of peers running one discovery system over simulated links: the production core of each, a
 * virtual clock, latency, link caps, dials that take time or fail, deaths that are noticed late.
 */
export class OverlayWorld<Message extends { readonly type: string }, C extends SimCore<Message>> {
  readonly clock: VirtualClock
  readonly rng: Rng
  readonly nodes = new Map<PeerId, SimPeer<C>>()
  readonly observers: OverlayObserver<Message, C>[] = []
  /** With a fraction, as browsers' clocks have. */
  readonly startedAt = 1_700_000_000_000.25
  /** Peers of one side can't reach the other side while this is set. */
  partition: ((peer: PeerId) => number) | null = null
  /** Peers whose messages are held back; they can't be dialled, and can't dial, meanwhile. */
  readonly clogs = new Clogs<PeerId>()
  /** What links do to messages while this is set, although real ones are reliable and ordered. */
  trouble: LinkTrouble | null = null
  readonly totals = { messages: 0, bytes: 0, dials: 0, failedDials: 0, events: 0 }
  readonly #options: Required<Omit<OverlayWorldOptions<Message, C>, 'latencyMs'>>
  readonly #latency: (a: PeerId, b: PeerId) => number
  readonly #armed = new Map<PeerId, number>()
  readonly #lastArrival = new Map<PeerId, Map<PeerId, number>>()
  readonly #dialling = new Set<string>()
  #count = 0

  constructor(options: OverlayWorldOptions<Message, C>) {
    this.#options = { ...DEFAULTS, ...options }
    this.#latency = options.latencyMs ?? pairLatency
    this.rng = createRng(options.seed)
    this.clock = new VirtualClock(this.startedAt)
  }

  get now(): number {
    return this.clock.now
  }

  /** Nodes that run, silent ones excluded. */
  alive(): SimPeer<C>[] {
    return [...this.nodes.values()].filter((node) => node.state === 'alive')
  }

  node(peer: PeerId): SimPeer<C> {
    return defined(this.nodes.get(peer), 'node')
  }

  isAlive(peer: PeerId): boolean {
    return this.nodes.get(peer)?.state === 'alive'
  }

  /**
   * Starts a node. Its id is the hash of its number, as a real one is the hash of its key.
   * @param ground the id of one who made keys until one fell where it wants to stand.
   */
  add(ground?: PeerId): SimPeer<C> {
    const number = this.#count++
    const name = `${String(this.#options.seed)}:${String(number)}`
    const peer = ground ?? defined(parsePeerId(toHex(sha256(utf8Encode(name)))), 'peer id')
    const core = this.#options.create(peer, this.rng.child(name), this.now, simKey(peer))
    const node: SimPeer<C> = {
      peer,
      core,
      state: 'alive',
      links: new Set(),
      sent: new Map(),
      bornAt: this.now,
    }
    this.nodes.set(peer, node)
    this.#arm(node)
    return node
  }

  /** The tab is closed, or (silent) frozen: links stay up for the others until they notice. */
  kill(peer: PeerId, how: 'closed' | 'silent' = 'closed'): void {
    const node = this.node(peer)
    node.state = how === 'silent' ? 'silent' : 'dead'
    const links = [...node.links]
    this.clock.after(this.#options.noticeMs[how], () => {
      node.state = 'dead'
      for (const other of links) this.disconnect(peer, other)
      this.nodes.delete(peer)
      this.#armed.delete(peer)
      this.#lastArrival.delete(peer)
    })
  }

  /** Breaks one link; both ends that live are told. */
  disconnect(a: PeerId, b: PeerId): void {
    this.clogs.drop(a, b)
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const node = this.nodes.get(from)
      if (node?.links.delete(to) === true && node.state === 'alive')
        this.feed(from, { type: 'linkDown', peer: to })
    }
  }

  /** Makes a link at once, as a scenario's start; false when a cap forbids it. */
  connect(a: PeerId, b: PeerId): boolean {
    const [first, second] = [this.node(a), this.node(b)]
    if (a === b || first.links.has(b)) return false
    if (first.links.size >= this.#options.linkCap || second.links.size >= this.#options.linkCap) return false
    first.links.add(b)
    second.links.add(a)
    this.feed(a, { type: 'linkUp', peer: b })
    this.feed(b, { type: 'linkUp', peer: a })
    return true
  }

  feed(peer: PeerId, input: OverlayInput<Message>): void {
    const node = this.nodes.get(peer)
    if (node?.state !== 'alive') return
    for (const effect of node.core.handle(input, this.now)) this.#apply(node, effect)
    this.#arm(node)
  }

  /** Messages of each type that the nodes that are there have sent so far. */
  sentByType(): Map<string, number> {
    const sums = new Map<string, number>()
    for (const { sent } of this.nodes.values())
      for (const [type, { messages }] of sent) sums.set(type, (sums.get(type) ?? 0) + messages)
    return sums
  }

  /** From now on somebody dies every `gapMs` in the mean (exponential), and `join` puts a newcomer in its place. */
  replaceEvery(gapMs: number, join: () => void): void {
    this.clock.after(-Math.log(1 - this.rng.float()) * gapMs, () => {
      const leaving = pick(this.rng, this.alive())
      if (leaving !== undefined) this.kill(leaving.peer)
      join()
      this.replaceEvery(gapMs, join)
    })
  }

  /** Runs until the condition holds or so much virtual time has passed. @returns whether it holds. */
  runUntil(condition: () => boolean, limitMs: number): boolean {
    const end = this.now + limitMs
    while (!condition()) {
      if (!this.clock.step(end)) return condition()
      this.totals.events++
    }
    return true
  }

  run(ms: number): void {
    const end = this.now + ms
    while (this.clock.step(end)) this.totals.events++
  }

  #apply(node: SimPeer<C>, effect: OverlayEffect<Message>): void {
    for (const observer of this.observers) observer.effect?.(node, effect)
    switch (effect.type) {
      case 'send':
        return this.#send(node, effect.to, effect.message)
      case 'dial':
        return this.#dial(node, effect.peer)
      case 'release':
      case 'violation':
        return this.clock.after(0, () => {
          this.disconnect(node.peer, effect.peer)
        })
      case 'sign':
        return this.clock.after(1, () => {
          const signature = simSignature(simKey(node.peer), effect.text)
          this.feed(node.peer, { type: 'signed', ticket: effect.ticket, signature })
        })
      case 'verify':
        return this.clock.after(1, () => {
          const isValid = effect.signature === simSignature(effect.key, effect.text)
          this.feed(node.peer, { type: 'verified', ticket: effect.ticket, isValid })
        })
      default:
        return undefined
    }
  }

  #send(node: SimPeer<C>, to: PeerId, message: Message): void {
    if (!node.links.has(to)) return
    const bytes = this.#options.sizeOf(message) + LENGTH_BYTES
    const tally = node.sent.get(message.type) ?? { messages: 0, bytes: 0 }
    node.sent.set(message.type, tally)
    tally.messages++
    tally.bytes += bytes
    this.totals.messages++
    this.totals.bytes += bytes
    if (this.#isCut(node.peer, to)) return
    const copies = this.trouble !== null && this.rng.float() < this.trouble.duplicates ? 2 : 1
    for (let i = 0; i < copies; i++) this.#deliver(node, to, message)
  }

  #deliver(node: SimPeer<C>, to: PeerId, message: Message): void {
    const arrive = () => {
      const target = this.nodes.get(to)
      if (target?.state !== 'alive' || !target.links.has(node.peer)) return
      for (const observer of this.observers) observer.delivered?.(node.peer, target, message)
      this.feed(to, { type: 'message', from: node.peer, message })
    }
    this.clock.at(this.#arrivalAt(node.peer, to), () => {
      this.clogs.pass(node.peer, to, arrive)
    })
  }

  /** Links are ordered: nothing arrives before what was sent earlier. */
  #arrivalAt(from: PeerId, to: PeerId): number {
    const delay = this.#latency(from, to)
    const jitterMs = this.trouble?.delayMs ?? this.#options.jitterMs
    if (this.trouble?.isUnordered === true) return this.now + delay + this.rng.float() * jitterMs
    if (jitterMs === 0 && !this.#lastArrival.has(from)) return this.now + delay
    const lanes = this.#lastArrival.get(from) ?? new Map<PeerId, number>()
    this.#lastArrival.set(from, lanes)
    const at = Math.max(this.now + delay + this.rng.float() * jitterMs, lanes.get(to) ?? 0)
    lanes.set(to, at)
    return at
  }

  #dial(node: SimPeer<C>, peer: PeerId): void {
    const key = `${node.peer}:${peer}`
    if (this.#dialling.has(key) || peer === node.peer) return
    this.#dialling.add(key)
    this.totals.dials++
    const isReachable = () => {
      const isClogged = this.clogs.has(node.peer) || this.clogs.has(peer)
      return this.isAlive(peer) && !isClogged && !this.#isCut(node.peer, peer)
    }
    const isLucky = this.rng.float() >= this.#options.dialFailure
    const connectMs = this.#options.connectMs + 4 * this.#latency(node.peer, peer)
    this.clock.after(isReachable() ? connectMs : DIAL_TIMEOUT_MS, () => {
      this.#dialling.delete(key)
      if (node.state !== 'alive') return
      // Both may have called each other.
      if (node.links.has(peer)) return
      const isWelcome = isLucky && isReachable() && this.node(peer).core.accepts(node.peer)
      if (isWelcome && this.connect(node.peer, peer)) return
      this.totals.failedDials++
      this.feed(node.peer, { type: 'dialFailed', peer })
    })
  }

  #isCut(a: PeerId, b: PeerId): boolean {
    return this.partition !== null && this.partition(a) !== this.partition(b)
  }

  #arm(node: SimPeer<C>): void {
    const at = node.core.wakeAt()
    if (at === Infinity || at === this.#armed.get(node.peer)) return
    this.#armed.set(node.peer, at)
    this.clock.at(at, () => {
      // Only the newest alarm counts.
      if (this.#armed.get(node.peer) !== at) return
      this.#armed.delete(node.peer)
      this.feed(node.peer, { type: 'wake' })
    })
  }
}

/** Stands for a public key: hex of the right length from which the id follows. */
export function simKey(peer: PeerId): string {
  return `04${peer}${peer}`
}

/** Stands for a signature: right length, right for one key and text only. */
export function simSignature(key: string, text: string): string {
  const half = toHex(sha256(utf8Encode(`${key}:${text}`)))
  return half + half
}

/** Constant for a pair, 10 to 90 ms: what peers of one continent see. */
function pairLatency(a: PeerId, b: PeerId): number {
  const mixed = Number.parseInt(a.slice(0, 6), 16) ^ Number.parseInt(b.slice(0, 6), 16)
  return 10 + (mixed % 81)
}
