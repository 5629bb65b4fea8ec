import type { Bytes } from '../../src/kernel/bytes.ts'
import { equalBytes, toHex } from '../../src/kernel/bytes.ts'
import type { InfoHash, SessionId } from '../../src/kernel/ids.ts'
import { createRng, shuffled, type Rng } from '../../src/kernel/rng.ts'
import { Bitfield } from '../../src/content/bitfield.ts'
import { Geometry } from '../../src/content/geometry.ts'
import { sha256 } from '../../src/content/sha256.ts'
import type { NodeEffect, NodeInput } from '../../src/node/node-io.ts'
import { OVERLAY_CORES, type OverlayCores } from '../../src/node/overlay-cores.ts'
import { SharingNode } from '../../src/node/sharing-node.ts'
import { SYSTEMS, type SystemName } from '../../src/node/systems.ts'
import { TrackerServer } from '../../src/protocols/tracker/server.ts'
import { NearbyServer, type NearbyServerInput } from '../../src/protocols/nearby/server.ts'
import { DirectoryServer } from '../../src/protocols/directory/server.ts'
import type { SignalEnvelope } from '../../src/wire/envelope.ts'
import {
  SERVER_ROLES,
  type AnnounceResponse,
  type DirectorySearchResponse,
  type DirectoryUpdateResponse,
} from '../../src/wire/signaling.ts'
import { Clogs } from '../clogs.ts'
import { VirtualClock } from '../clock.ts'
import { fakeSdp, simIdentity, verifySim, type Identity } from './identity.ts'
import { SimCircuits } from './sim-circuits.ts'
import type { TestShare } from './node-share.ts'

/** One node with its store and its connections. */
export class TestNode {
  readonly stored = new Map<InfoHash, Bytes>()
  readonly held = new Map<InfoHash, Bitfield>()
  readonly effects: NodeEffect[] = []
  /** Invites and replies that wait for somebody to carry them. */
  readonly manual: SignalEnvelope[] = []
  /** Changes blocks that this node reads for others: a corrupting peer. */
  corrupt: (block: Bytes) => Bytes = (block) => block
  /** What really leaves instead of a frame: a peer that garbles, drops, repeats. */
  garble: (frame: Bytes, channel: 'control' | 'bulk') => readonly Bytes[] = (frame) => [frame]
  isAlive = true
  /** What seals its frames over circuits. */
  circuits: SimCircuits | null = null
  /** The tab does not run: nothing goes in or out, its links stay. */
  isFrozen = false
  /** How far its clock is ahead of the others'. */
  skewMs = 0
  readonly late: NodeInput[] = []
  constructor(
    readonly name: string,
    readonly key: Identity,
    readonly node: SharingNode,
  ) {}

  stateOf(infoHash: InfoHash): string | undefined {
    return this.node.shares.get(infoHash)?.exchange.state.name
  }
}

export interface NodeWorldOptions {
  readonly seed?: number
  /** Key pairs of the nodes; made up ones are fast, real ones test the keys too. */
  readonly makeIdentity?: (number: number) => Identity
  readonly verify?: (key: string, text: string, signature: string) => boolean
  /** One way over a link, in milliseconds. */
  readonly latencyMs?: (a: Identity, b: Identity) => number
  /** Whether a direct path leads from one to the other; if not, they notice after 15 s, as ICE does. */
  readonly hasPath?: (a: Identity, b: Identity) => boolean
  /** From the answer to the open channel. */
  readonly connectMs?: number
  /** Keep the effects of every node, for tests to look at. */
  readonly keepsEffects?: boolean
}

const SERVER_MS = 5

/**
 * Whole sharing nodes with their real codecs over a virtual network that delivers in order. For the paths
 * between the cores; bandwidth is the swarm scenario's.
 */
export class NodeWorld {
  /** Starts with a fraction, as browsers' clocks have. */
  readonly clock = new VirtualClock(1_700_000_000_000.25)
  /** Nodes over whose links nothing gets through at present; the server still reaches them. */
  readonly clogs = new Clogs<TestNode>()
  isServerUp = true
  /** Which peers the tracker may name. */
  trackerNames: (node: TestNode) => boolean = () => true
  /** Discovery systems that new nodes run. */
  systems: readonly SystemName[] = SYSTEMS
  readonly nodes: TestNode[] = []
  readonly #tracker = new TrackerServer(createRng(99))
  readonly #directory = new DirectoryServer()
  readonly #nearby = new NearbyServer()
  /** Names the network that a node's socket comes from. */
  networkOf: (node: TestNode) => string = () => 'home'
  readonly #rng: Rng
  readonly #options: Required<NodeWorldOptions>
  readonly #armed = new Map<TestNode, number>()
  readonly #connections = new Map<
    SessionId,
    { ends: TestNode[]; isOpen: boolean; held: (() => void)[] | null }
  >()
  readonly #replies = new Map<number, (response: AnnounceResponse) => void>()
  #nextReply = 0

  constructor(options: NodeWorldOptions = {}) {
    const verify = verifySim
    const hasPath = () => true
    const defaults = {
      seed: 1,
      hasPath,
      makeIdentity: simIdentity,
      verify,
      latencyMs: () => 10,
      connectMs: 10,
    }
    this.#options = { ...defaults, keepsEffects: true, ...options }
    this.#rng = createRng(this.#options.seed)
  }

  get now(): number {
    return this.clock.now
  }

  /** @param cores of the overlays, `null` for a node that gets them later. */
  add(name: string, cores: OverlayCores | null = OVERLAY_CORES): TestNode {
    const { seed, makeIdentity } = this.#options
    const key = makeIdentity(this.nodes.length)
    const rng = createRng(seed * 1_000_003 + this.nodes.length)
    const node = new SharingNode({ self: key.peerId, key: key.key, rng, now: this.now, cores })
    const added = new TestNode(name, key, node)
    this.nodes.push(added)
    added.circuits = new SimCircuits(
      (input) => this.feed(added, input),
      (ms, run) => this.#later(ms, run),
      () => `04${toHex(this.#rng.bytes(64))}`,
    )
    for (const name of SYSTEMS)
      if (!this.systems.includes(name)) this.feed(added, { type: 'switchSystem', name, isOn: false })
    this.feed(added, this.isServerUp ? { type: 'serverUp', roles: SERVER_ROLES } : { type: 'serverDown' })
    return added
  }

  seed(node: TestNode, share: TestShare, isUnlisted = false): void {
    node.stored.set(share.info.infoHash, share.content)
    const trees = new Map([[share.tree.root, share.tree]])
    const fresh = {
      info: share.info,
      trees,
      start: 'source',
      isSource: true,
      selection: null,
      isUnlisted,
    } as const
    this.feed(node, { type: 'addShare', share: fresh })
  }

  /** Opens the link and asks for everything as soon as the metadata is there. */
  download(node: TestNode, infoHash: InfoHash): void {
    this.feed(node, { type: 'openLink', infoHash })
    this.feed(node, { type: 'command', infoHash, command: { type: 'download', files: null } })
  }

  killServer(): void {
    this.isServerUp = false
    for (const node of this.nodes) {
      this.feed(node, { type: 'serverDown' })
      this.#directory.handle({ type: 'peerGone', peer: node.key.peerId })
      this.#toNearby({ type: 'peerGone', peer: node.key.peerId })
    }
  }

  startServer(): void {
    this.isServerUp = true
    for (const node of this.nodes) this.feed(node, { type: 'serverUp', roles: SERVER_ROLES })
  }

  /** The tab is closed: its links break. */
  kill(node: TestNode): void {
    node.isAlive = false
    this.#directory.handle({ type: 'peerGone', peer: node.key.peerId })
    this.#toNearby({ type: 'peerGone', peer: node.key.peerId })
    for (const [sid, { ends }] of this.#connections) if (ends.includes(node)) this.#breakConnection(sid, node)
  }

  /** What came meanwhile is handled when the tab thaws. */
  freeze(node: TestNode, isFrozen: boolean): void {
    node.isFrozen = isFrozen
    if (isFrozen) return
    for (const input of node.late.splice(0)) this.feed(node, input)
    this.#arm(node)
  }

  /**
   * The path between two nodes is gone, as when one changes its network: nothing gets through until a restart,
   * and then what the channels kept.
   */
  cut(a: TestNode, b: TestNode): void {
    for (const [sid, connection] of this.#connections) {
      if (!connection.isOpen || !connection.ends.includes(a) || !connection.ends.includes(b)) continue
      connection.held = []
      for (const end of [a, b]) this.feed(end, { type: 'faltering', sid })
    }
  }

  feed(node: TestNode, input: NodeInput): void {
    if (!node.isAlive) return
    if (node.isFrozen) {
      node.late.push(input)
      return
    }
    for (const effect of node.node.handle(input, this.now + node.skewMs)) {
      if (this.#options.keepsEffects) node.effects.push(effect)
      if (node.circuits?.apply(effect) !== true) this.#apply(node, effect)
    }
    this.#arm(node)
  }

  /** Runs until the condition holds; throws when it does not within so many virtual milliseconds. */
  until(condition: () => boolean, limitMs = 60_000): void {
    const end = this.now + limitMs
    while (!condition()) {
      if (this.clock.step(end) || condition()) continue
      throw new Error(`condition not reached in ${String(limitMs)} ms`)
    }
  }

  /** Lets so much virtual time pass. */
  pass(ms: number): void {
    const end = this.now + ms
    while (this.clock.step(end));
  }

  #later(ms: number, run: () => void): void {
    this.clock.after(ms, run)
  }

  #arm(node: TestNode): void {
    const at = node.node.wakeAt() - node.skewMs
    if (at === Infinity || at === this.#armed.get(node)) return
    this.#armed.set(node, at)
    // A core that asks to be woken at once, again and again, must not stop the clock.
    this.clock.at(Math.max(at, this.now + 1), () => {
      if (this.#armed.get(node) !== at) return
      this.#armed.delete(node)
      if (!node.isFrozen) this.feed(node, { type: 'wake' })
    })
  }

  #apply(node: TestNode, effect: NodeEffect): void {
    switch (effect.type) {
      case 'sign':
        return this.#later(1, () =>
          this.feed(node, { type: 'signed', ticket: effect.ticket, signature: node.key.sign(effect.text) }),
        )
      case 'verify': {
        const isValid = this.#options.verify(effect.key, effect.text, effect.signature)
        return this.#later(1, () => this.feed(node, { type: 'verified', ticket: effect.ticket, isValid }))
      }
      case 'serverSignal':
        return this.#later(SERVER_MS, () => {
          const target = this.nodes.find(({ key }) => key.peerId === effect.envelope.to)
          if (this.isServerUp && target !== undefined)
            this.feed(target, { type: 'serverEnvelope', envelope: effect.envelope })
        })
      case 'serverAnnounce':
        return this.#announce(node, effect)
      case 'openConnection':
      case 'applySignal':
      case 'closeConnection':
      case 'restartIce':
      case 'sendFrame':
        return this.#onConnection(node, effect)
      case 'storeRequest':
        return this.#later(1, () => this.#store(node, effect))
      case 'manualEnvelope':
        node.manual.push(effect.envelope)
        return undefined
      case 'serverSample':
        return this.#later(SERVER_MS, () => {
          const online = this.nodes.filter((each) => each !== node && each.isAlive)
          const peers = shuffled(this.#rng, online).slice(0, effect.numWant)
          if (this.isServerUp)
            this.feed(node, { type: 'candidates', peers: peers.map(({ key }) => key.peerId) })
        })
      case 'directoryUpdate': {
        const { request } = effect
        const from = node.key.peerId
        const input = { type: 'update', from, address: null, request, replyTo: 0 } as const
        const response = this.#directory.handle(input)[0]?.response as DirectoryUpdateResponse
        return this.#later(SERVER_MS, () => this.feed(node, { type: 'directoryUpdated', response }))
      }
      case 'directorySearch': {
        const { request, id } = effect
        const input = { type: 'search', from: node.key.peerId, request, replyTo: 0 } as const
        const response = this.#directory.handle(input)[0]?.response as DirectorySearchResponse
        return this.#later(SERVER_MS, () => this.feed(node, { type: 'directoryAnswered', id, response }))
      }
      case 'serverNearby':
        return this.#toNearby({
          type: 'announce',
          from: node.key.peerId,
          network: this.networkOf(node),
          card: effect.request.card,
          replyTo: this.nodes.indexOf(node),
        })
      default:
        return undefined
    }
  }

  #toNearby(input: NearbyServerInput): void {
    for (const effect of this.#nearby.handle(input)) {
      const isReply = effect.type === 'reply'
      const to = isReply ? this.nodes[effect.replyTo] : this.nodes.find(({ key }) => key.peerId === effect.to)
      this.#later(SERVER_MS, () => {
        if (to === undefined || !this.isServerUp) return
        if (isReply) this.feed(to, { type: 'nearbyAnswered', response: effect.response })
        else this.feed(to, { type: 'nearbyChanged', change: effect.change })
      })
    }
  }

  #announce(node: TestNode, effect: Extract<NodeEffect, { type: 'serverAnnounce' }>): void {
    const { infoHash } = effect.request
    if (!this.isServerUp) {
      this.#later(SERVER_MS, () =>
        this.feed(node, { type: 'announceResult', infoHash, response: { ok: false, code: 'noAnswer' } }),
      )
      return
    }
    const replyTo = this.#nextReply++
    this.#replies.set(replyTo, (response) => {
      const peers = response.peers.filter((peer) =>
        this.nodes.some((each) => each.key.peerId === peer && this.trackerNames(each)),
      )
      this.#later(SERVER_MS, () =>
        this.feed(node, { type: 'announceResult', infoHash, response: { ...response, peers } }),
      )
    })
    const { request } = effect
    const from = node.key.peerId
    const input = { type: 'announce', from, address: null, request, replyTo } as const
    for (const reply of this.#tracker.handle(input, this.now))
      this.#replies.get(reply.replyTo)?.(reply.response as AnnounceResponse)
  }

  #onConnection(
    node: TestNode,
    effect: Extract<
      NodeEffect,
      { type: 'openConnection' | 'applySignal' | 'closeConnection' | 'restartIce' | 'sendFrame' }
    >,
  ): void {
    const connection = this.#connections.get(effect.sid) ?? { ends: [], isOpen: false, held: null }
    this.#connections.set(effect.sid, connection)
    const other = connection.ends.find((end) => end !== node)
    const signal = (type: 'offer' | 'answer') => {
      const sdp = fakeSdp(node.key.peerId)
      this.#later(1, () => this.feed(node, { type: 'localSignal', sid: effect.sid, signal: { type, sdp } }))
    }
    if (effect.type === 'openConnection') {
      connection.ends.push(node)
      if (effect.isInitiator) signal('offer')
    } else if (effect.type === 'restartIce') {
      signal('offer')
    } else if (effect.type === 'applySignal') {
      if (effect.signal.type === 'offer') signal('answer')
      else if (effect.signal.type === 'answer')
        this.#later(this.#options.connectMs, () => this.#open(effect.sid))
    } else if (effect.type === 'closeConnection') {
      this.#breakConnection(effect.sid, node)
    } else if (connection.isOpen && other !== undefined) {
      const { sid, channel } = effect
      const latencyMs = this.#options.latencyMs(node.key, other.key)
      const frames = node.garble(effect.bytes, channel)
      const deliver = () =>
        this.#later(latencyMs, () => {
          this.clogs.pass(node, other, () => {
            // What a closed link still held is lost with it.
            if (this.#connections.get(sid) !== connection) return
            for (const bytes of frames) this.feed(other, { type: 'frame', sid, channel, bytes })
          })
        })
      if (connection.held === null) deliver()
      else connection.held.push(deliver)
    }
  }

  #open(sid: SessionId): void {
    const connection = this.#connections.get(sid)
    const [a, b] = connection?.ends ?? []
    if (connection === undefined || a === undefined || b === undefined) return
    if (!this.#options.hasPath(a.key, b.key) || this.clogs.has(a) || this.clogs.has(b))
      return this.#later(15_000, () => this.#breakConnection(sid, null))
    connection.isOpen = true
    for (const deliver of connection.held?.splice(0) ?? []) deliver()
    connection.held = null
    for (const end of connection.ends) this.feed(end, { type: 'channelOpen', sid })
  }

  #breakConnection(sid: SessionId, by: TestNode | null): void {
    const connection = this.#connections.get(sid)
    this.#connections.delete(sid)
    for (const end of connection?.ends ?? [])
      if (end !== by) this.#later(20, () => this.feed(end, { type: 'channelClosed', sid }))
  }

  #store(node: TestNode, { infoHash, request }: Extract<NodeEffect, { type: 'storeRequest' }>): void {
    const info = node.node.shares.get(infoHash)?.exchange.swarm?.info
    if (info === undefined) return
    const sizes = info.files.map((file) => file.sizeBytes)
    const geometry = new Geometry(info.pieceBytes, sizes)
    const content = node.stored.get(infoHash) ?? new Uint8Array(info.totalBytes)
    node.stored.set(infoHash, content)
    if (request.type === 'check') {
      const held = node.held.get(infoHash) ?? new Bitfield(geometry.blockCount)
      return this.feed(node, {
        type: 'storeResults',
        infoHash,
        results: [{ type: 'checked', bits: held.toBytes() }],
      })
    }
    const { block } = request
    const { file, offset: inFile, sizeBytes } = geometry.locate(block)
    const offset = sizes.slice(0, file).reduce((sum, size) => sum + size, inFile)
    if (request.type === 'read') {
      const bytes = node.corrupt(content.slice(offset, offset + sizeBytes))
      return this.feed(node, {
        type: 'storeResults',
        infoHash,
        results: [{ type: 'blockRead', to: request.to, block, bytes }],
      })
    }
    const isGood = equalBytes(sha256(request.bytes), request.hash)
    if (isGood) {
      content.set(request.bytes, offset)
      const held = node.held.get(infoHash) ?? new Bitfield(geometry.blockCount)
      held.set(block)
      node.held.set(infoHash, held)
    }
    this.feed(node, {
      type: 'storeResults',
      infoHash,
      results: [{ type: isGood ? 'blockStored' : 'blockCorrupt', block }],
    })
  }
}
