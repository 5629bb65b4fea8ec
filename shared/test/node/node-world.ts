import type { Bytes } from '../../src/kernel/bytes.ts'
import { equalBytes } from '../../src/kernel/bytes.ts'
import type { InfoHash, SessionId } from '../../src/kernel/ids.ts'
import { createRng } from '../../src/kernel/rng.ts'
import { Bitfield } from '../../src/content/bitfield.ts'
import { Geometry } from '../../src/content/geometry.ts'
import { HashTree } from '../../src/content/merkle.ts'
import { createInfo, DEFAULT_PIECE_BYTES, type ShareInfo } from '../../src/content/metainfo.ts'
import { sha256 } from '../../src/content/sha256.ts'
import type { NodeEffect, NodeInput } from '../../src/node/node-io.ts'
import { SharingNode } from '../../src/node/sharing-node.ts'
import { SYSTEMS, type SystemName } from '../../src/node/systems.ts'
import { TrackerServer } from '../../src/protocols/tracker/server.ts'
import { DirectoryServer } from '../../src/protocols/directory/server.ts'
import type {
  AnnounceResponse,
  DirectorySearchResponse,
  DirectoryUpdateResponse,
} from '../../src/wire/signaling.ts'
import { fakeSdp, makeKey, verifyText, type TestKey } from './keys.ts'

/** The bytes of one single-file share and what the store of a node holds of it. */
export interface TestShare {
  readonly info: ShareInfo
  readonly tree: HashTree
  readonly content: Bytes
}

/** A single-file share with content that depends on the seed. */
export function makeTestShare(sizeBytes: number, seed = 1, name = 'file.bin'): TestShare {
  const content = createRng(seed).bytes(sizeBytes)
  const leaves = new Uint8Array(Math.ceil(sizeBytes / 16_384) * 32)
  for (let at = 0; at < sizeBytes; at += 16_384)
    leaves.set(sha256(content.subarray(at, at + 16_384)), (at / 16_384) * 32)
  const tree = HashTree.fromLeaves(leaves)
  const info = createInfo({
    name,
    files: [{ path: [name], sizeBytes, root: tree.root }],
    pieceBytes: DEFAULT_PIECE_BYTES,
  })
  if (!info.ok) throw new Error(info.code)
  return { info: info.value, tree, content }
}

/** One node with its store and its connections. */
export class TestNode {
  readonly stored = new Map<InfoHash, Bytes>()
  readonly held = new Map<InfoHash, Bitfield>()
  readonly effects: NodeEffect[] = []
  /** Changes blocks that this node reads for others: a corrupting peer. */
  corrupt: (block: Bytes) => Bytes = (block) => block
  isAlive = true
  /** The tab does not run: nothing goes in or out, its links stay. */
  isFrozen = false
  readonly late: NodeInput[] = []
  constructor(
    readonly name: string,
    readonly key: TestKey,
    readonly node: SharingNode,
  ) {}

  stateOf(infoHash: InfoHash): string | undefined {
    return this.node.shares.get(infoHash)?.exchange.state.name
  }
}

/**
 * Real nodes with real codecs, keys and hashes over a virtual network that delivers in order with a fixed
 * delay. For the paths between cores; swarms with bandwidth are the simulator's.
 */
export class NodeWorld {
  /** With a fraction, as browsers' clocks have. */
  now = 1_700_000_000_000.25
  isServerUp = true
  /** Which peers the tracker may name. */
  trackerNames: (node: TestNode) => boolean = () => true
  /** Discovery systems that new nodes run. */
  systems: readonly SystemName[] = SYSTEMS
  readonly nodes: TestNode[] = []
  readonly #tracker = new TrackerServer(createRng(99))
  readonly #directory = new DirectoryServer()
  readonly #queue: { at: number; run: () => void }[] = []
  readonly #connections = new Map<SessionId, { ends: TestNode[]; isOpen: boolean }>()
  readonly #replies = new Map<number, (response: AnnounceResponse) => void>()
  #nextReply = 0

  add(name: string): TestNode {
    const key = makeKey()
    const rng = createRng(this.nodes.length + 1)
    const node = new SharingNode({ self: key.peerId, key: key.key, rng, now: this.now })
    const added = new TestNode(name, key, node)
    this.nodes.push(added)
    for (const name of SYSTEMS)
      if (!this.systems.includes(name)) this.feed(added, { type: 'switchSystem', name, isOn: false })
    this.feed(
      added,
      this.isServerUp ? { type: 'serverUp', roles: ['tracker', 'directory'] } : { type: 'serverDown' },
    )
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
    }
  }

  startServer(): void {
    this.isServerUp = true
    for (const node of this.nodes) this.feed(node, { type: 'serverUp', roles: ['tracker', 'directory'] })
  }

  /** The tab is closed: its links break. */
  kill(node: TestNode): void {
    node.isAlive = false
    this.#directory.handle({ type: 'peerGone', peer: node.key.peerId })
    for (const [sid, { ends }] of this.#connections) if (ends.includes(node)) this.#breakConnection(sid, node)
  }

  /** What came meanwhile is handled when the tab thaws. */
  freeze(node: TestNode, isFrozen: boolean): void {
    node.isFrozen = isFrozen
    if (!isFrozen) for (const input of node.late.splice(0)) this.feed(node, input)
  }

  feed(node: TestNode, input: NodeInput): void {
    if (!node.isAlive) return
    if (node.isFrozen) {
      node.late.push(input)
      return
    }
    for (const effect of node.node.handle(input, this.now)) {
      node.effects.push(effect)
      this.#apply(node, effect)
    }
  }

  /** Runs until the condition holds; throws when it does not within so many virtual milliseconds. */
  until(condition: () => boolean, limitMs = 60_000): void {
    const end = this.now + limitMs
    while (!condition()) {
      const wakeAt = Math.min(...this.nodes.map(wakeAtOf))
      const next = this.#queue[0]
      const at = Math.max(this.now, Math.min(wakeAt, next?.at ?? Infinity))
      if (at > end) throw new Error(`condition not reached in ${String(limitMs)} ms`)
      this.now = at
      if (next !== undefined && next.at <= at) {
        this.#queue.shift()
        next.run()
        continue
      }
      for (const node of this.nodes) if (wakeAtOf(node) <= this.now) this.feed(node, { type: 'wake' })
      // A core that asks to be woken at once, again and again, must not stop the clock.
      this.now += 1
    }
  }

  /** Lets so much virtual time pass. */
  pass(ms: number): void {
    const end = this.now + ms
    try {
      this.until(() => this.now >= end, ms)
    } catch {
      this.now = end
    }
  }

  #later(ms: number, run: () => void): void {
    const at = this.now + ms
    const index = this.#queue.findLastIndex((entry) => entry.at <= at) + 1
    this.#queue.splice(index, 0, { at, run })
  }

  #apply(node: TestNode, effect: NodeEffect): void {
    switch (effect.type) {
      case 'sign':
        return this.#later(1, () =>
          this.feed(node, { type: 'signed', ticket: effect.ticket, signature: node.key.sign(effect.text) }),
        )
      case 'verify': {
        const isValid = verifyText(effect.key, effect.text, effect.signature)
        return this.#later(1, () => this.feed(node, { type: 'verified', ticket: effect.ticket, isValid }))
      }
      case 'serverSignal':
        return this.#later(5, () => {
          const target = this.nodes.find(({ key }) => key.peerId === effect.envelope.to)
          if (this.isServerUp && target !== undefined)
            this.feed(target, { type: 'serverEnvelope', envelope: effect.envelope })
        })
      case 'serverAnnounce':
        return this.#announce(node, effect)
      case 'openConnection':
      case 'applySignal':
      case 'closeConnection':
      case 'sendFrame':
        return this.#onConnection(node, effect)
      case 'storeRequest':
        return this.#later(1, () => this.#store(node, effect))
      case 'serverSample':
        return this.#later(5, () => {
          const peers = this.nodes.filter((each) => each !== node && each.isAlive)
          if (this.isServerUp)
            this.feed(node, { type: 'candidates', peers: peers.map(({ key }) => key.peerId) })
        })
      case 'directoryUpdate': {
        const { request } = effect
        const input = { type: 'update', from: node.key.peerId, request, replyTo: 0 } as const
        const response = this.#directory.handle(input)[0]?.response as DirectoryUpdateResponse
        return this.#later(5, () => this.feed(node, { type: 'directoryUpdated', response }))
      }
      case 'directorySearch': {
        const { request, id } = effect
        const input = { type: 'search', from: node.key.peerId, request, replyTo: 0 } as const
        const response = this.#directory.handle(input)[0]?.response as DirectorySearchResponse
        return this.#later(5, () => this.feed(node, { type: 'directoryAnswered', id, response }))
      }
      default:
        return undefined
    }
  }

  #announce(node: TestNode, effect: Extract<NodeEffect, { type: 'serverAnnounce' }>): void {
    const { infoHash } = effect.request
    if (!this.isServerUp) {
      this.#later(5, () =>
        this.feed(node, { type: 'announceResult', infoHash, response: { ok: false, code: 'noAnswer' } }),
      )
      return
    }
    const replyTo = this.#nextReply++
    this.#replies.set(replyTo, (response) => {
      const peers = response.peers.filter((peer) =>
        this.nodes.some((each) => each.key.peerId === peer && this.trackerNames(each)),
      )
      this.#later(5, () =>
        this.feed(node, { type: 'announceResult', infoHash, response: { ...response, peers } }),
      )
    })
    const input = { type: 'announce', from: node.key.peerId, request: effect.request, replyTo } as const
    for (const reply of this.#tracker.handle(input, this.now))
      this.#replies.get(reply.replyTo)?.(reply.response as AnnounceResponse)
  }

  #onConnection(
    node: TestNode,
    effect: Extract<NodeEffect, { type: 'openConnection' | 'applySignal' | 'closeConnection' | 'sendFrame' }>,
  ): void {
    const connection = this.#connections.get(effect.sid) ?? { ends: [], isOpen: false }
    this.#connections.set(effect.sid, connection)
    const other = connection.ends.find((end) => end !== node)
    const signal = (type: 'offer' | 'answer') => {
      const sdp = fakeSdp(node.key.peerId)
      this.#later(1, () => this.feed(node, { type: 'localSignal', sid: effect.sid, signal: { type, sdp } }))
    }
    if (effect.type === 'openConnection') {
      connection.ends.push(node)
      if (effect.isInitiator) signal('offer')
    } else if (effect.type === 'applySignal') {
      if (effect.signal.type === 'offer') signal('answer')
      else if (effect.signal.type === 'answer') this.#later(10, () => this.#open(effect.sid))
    } else if (effect.type === 'closeConnection') {
      this.#breakConnection(effect.sid, node)
    } else if (connection.isOpen && other !== undefined) {
      const { sid, channel, bytes } = effect
      this.#later(10, () => this.feed(other, { type: 'frame', sid, channel, bytes }))
    }
  }

  #open(sid: SessionId): void {
    const connection = this.#connections.get(sid)
    if (connection?.ends.length !== 2) return
    connection.isOpen = true
    for (const end of connection.ends) this.feed(end, { type: 'channelOpen', sid })
  }

  #breakConnection(sid: SessionId, by: TestNode): void {
    const connection = this.#connections.get(sid)
    this.#connections.delete(sid)
    for (const end of connection?.ends ?? [])
      if (end !== by) this.#later(20, () => this.feed(end, { type: 'channelClosed', sid }))
  }

  #store(node: TestNode, { infoHash, request }: Extract<NodeEffect, { type: 'storeRequest' }>): void {
    const info = node.node.shares.get(infoHash)?.exchange.swarm?.info
    if (info === undefined) return
    const geometry = new Geometry(
      info.pieceBytes,
      info.files.map(({ sizeBytes }) => sizeBytes),
    )
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
    const { offset, sizeBytes } = geometry.locate(request.block)
    const { block } = request
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

const wakeAtOf = (node: TestNode): number => (node.isAlive && !node.isFrozen ? node.node.wakeAt() : Infinity)
