import { assertNever } from '../src/kernel/core.ts'
import type { PeerId } from '../src/kernel/ids.ts'
import { defined } from '../src/kernel/invariant.ts'
import type { Rng } from '../src/kernel/rng.ts'
import type { ExchangeEffect, ExchangeInput } from '../src/protocols/bittorrent/effects.ts'
import type { ExchangeMessage } from '../src/protocols/bittorrent/messages.ts'
import { Clogs } from './clogs.ts'
import { VirtualClock } from './clock.ts'
import { CONTROL_PREFIX_BYTES, sizeOf } from './message-size.ts'
import { Network, type WaterMarks } from './network.ts'
import { badBlock, goodBlock, type SimShare } from './share.ts'
import { SimNode, type SimNodeOptions } from './sim-node.ts'

/** Reading a block from OPFS, hashing and writing it; our estimate for a small device. */
const READ_MS = 2
const STORE_MS = 4
/** Time from opening the share to the end of the check of what the store holds. */
const CHECK_MS = 5
/** Virtual time starts here: near the Unix epoch, as the contract of a core says. */
const START_AT = 1_000_000

export interface WorldOptions {
  readonly share: SimShare
  readonly rng: Rng
  /** One way, on average. Pairs differ by half of it either way. */
  readonly latencyMs: number
  readonly marks: WaterMarks
}

/** Sees everything that crosses the boundary of a core. Checkers and figures are made of these. */
export interface WorldObserver {
  readonly name: string
  sent?(from: SimNode, to: PeerId, message: ExchangeMessage): void
  delivered?(from: PeerId, to: SimNode, message: ExchangeMessage): void
  effect?(node: SimNode, effect: ExchangeEffect): void
  disconnected?(a: PeerId, b: PeerId): void
}

/** Nodes that run the production exchange on a virtual network, disk and clock. */
export class World {
  readonly clock = new VirtualClock(START_AT)
  readonly nodes = new Map<PeerId, SimNode>()
  readonly share: SimShare
  readonly observers: WorldObserver[] = []
  /** Peers whose frames are held back. */
  readonly clogs = new Clogs<PeerId>()
  readonly #network: Network<ExchangeMessage>
  readonly #rng: Rng

  constructor(options: WorldOptions) {
    this.share = options.share
    this.#rng = options.rng
    const spread = options.rng.child('latency')
    this.#network = new Network({
      clock: this.clock,
      latencyMs: () => options.latencyMs * (0.5 + spread.float()),
      marks: options.marks,
      clogs: this.clogs,
      deliver: (from, to, messages) => {
        this.#deliver(from, to, messages)
      },
      backPressure: (from, to, type) => {
        this.feed(this.node(from), { type, peer: to })
      },
    })
  }

  /** Milliseconds since the start. */
  get elapsedMs(): number {
    return this.clock.now - START_AT
  }

  node(peer: PeerId): SimNode {
    return defined(this.nodes.get(peer), 'node')
  }

  addNode(options: SimNodeOptions): SimNode {
    this.#network.addNode(options.peer, options.rates)
    const node = new SimNode(options, this.share, this.#rng.child(options.peer), this.clock.now)
    this.nodes.set(options.peer, node)
    this.feed(node, { type: 'wake' })
    return node
  }

  isConnected(a: PeerId, b: PeerId): boolean {
    return this.#network.isConnected(a, b)
  }

  /** Opens a link, unless one is open, an end is away or one has banned the other. @returns whether it did. */
  connect(a: PeerId, b: PeerId): boolean {
    const [first, second] = [this.node(a), this.node(b)]
    if (!first.isOnline || !second.isOnline || this.isConnected(a, b)) return false
    if (first.banned.has(b) || second.banned.has(a)) return false
    this.#network.connect(a, b)
    const knows = (node: SimNode) => node.exchange.swarm !== null
    const [firstKnows, secondKnows] = [knows(first), knows(second)]
    this.feed(first, { type: 'peerJoined', peer: b, hasMetadata: secondKnows })
    this.feed(second, { type: 'peerJoined', peer: a, hasMetadata: firstKnows })
    return true
  }

  disconnect(a: PeerId, b: PeerId): void {
    if (!this.isConnected(a, b)) return
    this.#network.disconnect(a, b)
    for (const observer of this.observers) observer.disconnected?.(a, b)
    for (const [peer, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const node = this.node(peer)
      if (node.isOnline) this.feed(node, { type: 'peerLeft', peer: other })
    }
  }

  /** The node's page closes: its links are gone, its disk stays. */
  leave(peer: PeerId): void {
    const node = this.node(peer)
    node.isOnline = false
    node.wakeAt = Infinity
    for (const other of this.nodes.keys()) this.disconnect(peer, other)
  }

  /** The node comes back with what it has on disk; links are for the scenario to open. */
  comeBack(peer: PeerId): void {
    const node = this.node(peer)
    node.restart(this.clock.now)
    this.feed(node, { type: 'wake' })
  }

  /** Gives a node an input and carries out what it answers. */
  feed(node: SimNode, input: ExchangeInput): void {
    if (!node.isOnline) return
    const { exchange } = node
    const effects = exchange.handle(input, this.clock.now)
    if (effects.length > 0) this.#apply(node, effects)
    const wakeAt = exchange.wakeAt()
    if (wakeAt < node.wakeAt) this.#armWake(node, wakeAt)
  }

  #armWake(node: SimNode, at: number): void {
    node.wakeAt = Math.max(at, this.clock.now)
    this.clock.at(at, () => {
      if (node.wakeAt !== this.clock.now) return
      node.wakeAt = Infinity
      const next = node.exchange.wakeAt()
      if (next <= this.clock.now) this.feed(node, { type: 'wake' })
      else if (next < Infinity) this.#armWake(node, next)
    })
  }

  #apply(node: SimNode, effects: readonly ExchangeEffect[]): void {
    const frames = new Map<PeerId, ExchangeMessage[]>()
    for (const effect of effects) {
      for (const observer of this.observers) observer.effect?.(node, effect)
      if (effect.type === 'send') this.#send(node, effect.to, effect.message, frames)
      else this.#applyOther(node, effect)
    }
    for (const [to, messages] of frames) {
      let bytes = 0
      for (const message of messages) bytes += CONTROL_PREFIX_BYTES + sizeOf(message)
      this.#network.sendControl(node.peer, to, messages, bytes)
    }
  }

  #send(node: SimNode, to: PeerId, message: ExchangeMessage, frames: Map<PeerId, ExchangeMessage[]>): void {
    if (node.options.behaviour === 'freeRider' && message.type === 'unchoke') return
    if (!this.#network.isConnected(node.peer, to)) return
    for (const observer of this.observers) observer.sent?.(node, to, message)
    if (message.type !== 'piece') {
      const frame = frames.get(to)
      if (frame === undefined) frames.set(to, [message])
      else frame.push(message)
      return
    }
    node.uploadedBytes += message.bytes.length
    const isCorrupt = node.options.behaviour === 'corrupt'
    const sent = isCorrupt ? { ...message, bytes: badBlock(message.bytes.length) } : message
    this.#network.sendBulk(node.peer, to, sent, sizeOf(sent))
  }

  #applyOther(node: SimNode, effect: Exclude<ExchangeEffect, { type: 'send' }>): void {
    switch (effect.type) {
      case 'store': {
        const size = this.share.geometry.blockSize(effect.block)
        const isGood = effect.bytes === goodBlock(size)
        return this.#later(node, STORE_MS, () => {
          if (isGood) node.stored.set(effect.block)
          else node.badBlocks++
          return { type: isGood ? 'blockStored' : 'blockCorrupt', block: effect.block }
        })
      }
      case 'read': {
        if (node.options.behaviour === 'silent') return
        const { to, block } = effect
        const bytes = goodBlock(this.share.geometry.blockSize(block))
        return this.#later(node, READ_MS, () => ({ type: 'blockRead', to, block, bytes }))
      }
      case 'check':
        return this.#later(node, CHECK_MS, () => ({ type: 'checked', bits: node.stored.toBytes() }))
      case 'hashes':
        node.hashSpans.push(effect)
        return
      case 'dropPeer':
        if (effect.ban) node.banned.add(effect.peer)
        this.clock.after(0, () => {
          this.disconnect(node.peer, effect.peer)
        })
        return
      case 'completed':
        node.finishedAt ??= this.elapsedMs
        return
      case 'metadata':
      case 'peersLearned':
        return
      default:
        return assertNever(effect)
    }
  }

  /** An answer that comes later, unless the page was closed meanwhile. */
  #later(node: SimNode, delayMs: number, answer: () => ExchangeInput): void {
    const { exchange } = node
    this.clock.after(delayMs, () => {
      if (node.exchange === exchange && node.isOnline) this.feed(node, answer())
    })
  }

  #deliver(from: PeerId, to: PeerId, messages: readonly ExchangeMessage[]): void {
    const node = this.node(to)
    for (const message of messages) {
      // An earlier message of the frame may have cost the sender its link.
      if (!this.#network.isConnected(from, to)) return
      for (const observer of this.observers) observer.delivered?.(from, node, message)
      this.feed(node, { type: 'message', from, message })
    }
  }
}
