import { createRng } from '@ringdrop/shared/kernel/rng.ts'
import type { BlockIndex, InfoHash, PeerId } from '@ringdrop/shared/kernel/ids.ts'
import { assertNever } from '@ringdrop/shared/kernel/core.ts'
import { Host } from '@ringdrop/shared/host/host.ts'
import type { Clock } from '@ringdrop/shared/host/ports.ts'
import type { ShareInfo } from '@ringdrop/shared/content/metainfo.ts'
import type { OverlayCores } from '@ringdrop/shared/node/overlay-cores.ts'
import type { NodeEffect, NodeInput } from '@ringdrop/shared/node/node-io.ts'
import { SharingNode } from '@ringdrop/shared/node/sharing-node.ts'
import type { ManualRefusal } from '@ringdrop/shared/protocols/introduction/effects.ts'
import type { SignalEnvelope } from '@ringdrop/shared/wire/envelope.ts'
import type { BlockStore, BlockStoreEvents } from '../adapters/block-store/block-store.ts'
import { verifySignature, type Identity } from '../adapters/identity.ts'
import type { ServerEvents, ServerSocket } from '../adapters/server-socket.ts'
import { SealedChannels } from '../adapters/sealed-channels.ts'
import type { StateStore } from '../adapters/state-store.ts'
import type { Transport, TransportEvents } from '../adapters/transport.ts'
import type { StorageView } from './api.ts'

/** What differs between a tab and a process. `Source`: how a file of the person's own is named. */
export interface RuntimePorts<Source> {
  readonly clock: Clock
  /** Code of the overlays; `null` where it comes later, by {@link Discovery.provide} of the node. */
  readonly cores: OverlayCores | null
  transport(events: TransportEvents): Transport
  blocks(
    events: BlockStoreEvents,
    isOnePiece: (infoHash: InfoHash, a: BlockIndex, b: BlockIndex) => boolean,
  ): BlockStore<Source>
  socket(events: ServerEvents): ServerSocket
  /** A download is about to be opened in the store; for stores that go by the names in it. */
  opening?(info: ShareInfo): void
}

export interface RuntimeEvents {
  /** An invite, or a reply to one, for a person to carry. */
  manualEnvelope(envelope: SignalEnvelope): void
  manualRefused(code: ManualRefusal): void
  /** Something of the overlays is worth keeping. */
  persist(what: 'ring' | 'hostCache'): void
  changed(): void
  completed(infoHash: InfoHash): void
  /** Something of a share could not be written down. */
  unwritten?(infoHash: InfoHash): void
  /** Bytes that were stored and verified can't be read. */
  unreadable?(infoHash: InfoHash): void
  /** The download of an accepted offer has begun. */
  offerStarted(infoHash: InfoHash): void
  fault(error: unknown): void
}

/** The last so many violations are kept for diagnostics. */
const KEPT_VIOLATIONS = 50
/** Clocks that drift apart by less are left alone; signed dates bear minutes. Our choice. */
const CLOCK_STEP_MS = 1_000

/** The production node in one tab or process: the core in its host, and an adapter for every effect. */
export class NodeRuntime<Source = File> {
  readonly node: SharingNode
  readonly socket: ServerSocket
  readonly transport: Transport
  /** Links that go over other peers. */
  readonly sealed: SealedChannels
  readonly blocks: BlockStore<Source>
  readonly violations: { peer: PeerId; code: string }[] = []
  storageKind: StorageView['kind'] = 'opfs'
  /** Whether the remembered shares are back: until then, one that is not here may only be late. */
  isRestored = false
  readonly #host: Host<NodeInput, NodeEffect>
  readonly #events: RuntimeEvents
  /** How far the clock on the wall was ahead of the node's, as the node was told last. */
  #aheadMs = 0

  constructor(
    readonly identity: Identity,
    readonly state: StateStore,
    readonly ports: RuntimePorts<Source>,
    events: RuntimeEvents,
  ) {
    this.#events = events
    const words = crypto.getRandomValues(new Uint32Array(4))
    const rng = createRng([words[0] ?? 0, words[1] ?? 0, words[2] ?? 0, words[3] ?? 0])
    this.node = new SharingNode({
      self: identity.peerId,
      key: identity.publicKey,
      rng,
      now: ports.clock.now(),
      cores: ports.cores,
    })
    this.#host = new Host<NodeInput, NodeEffect>(this.node, {
      clock: ports.clock,
      apply: (effect) => this.#apply(effect),
      onFault: (error) => events.fault(error),
      onDrained: () => {
        this.blocks.flush()
        events.changed()
      },
    })
    const channelEvents: Pick<TransportEvents, 'signal' | 'open' | 'closed' | 'frame'> = {
      signal: (sid, signal) => this.feed({ type: 'localSignal', sid, signal }),
      open: (sid) => this.feed({ type: 'channelOpen', sid }),
      closed: (sid) => this.feed({ type: 'channelClosed', sid }),
      frame: (sid, channel, bytes) => this.feed({ type: 'frame', sid, channel, bytes }),
    }
    this.sealed = new SealedChannels({
      ...channelEvents,
      sealed: (sid, bytes) => this.feed({ type: 'sealed', sid, bytes }),
    })
    this.transport = ports.transport({
      ...channelEvents,
      congestion: (sid, type) => this.feed({ type, sid }),
      faltering: (sid) => this.feed({ type: 'faltering', sid }),
      sent: (memory) => this.blocks.recycle(memory),
    })
    this.blocks = ports.blocks(
      {
        results: (infoHash, results) => this.feed({ type: 'storeResults', infoHash, results }),
        unreadable: (infoHash) => events.unreadable?.(infoHash),
        ready: (kind) => (this.storageKind = kind),
      },
      (infoHash, a, b) => {
        const geometry = this.node.shares.get(infoHash)?.exchange.swarm?.geometry
        return geometry !== undefined && geometry.pieceOf(a) === geometry.pieceOf(b)
      },
    )
    this.socket = ports.socket({
      iceServers: (servers) => (this.transport.iceServers = servers),
      up: (roles) => this.feed({ type: 'serverUp', roles }),
      down: () => this.feed({ type: 'serverDown' }),
      envelope: (envelope) => this.feed({ type: 'serverEnvelope', envelope }),
      nearby: (change) => this.feed({ type: 'nearbyChanged', change }),
      changed: () => events.changed(),
    })
  }

  feed(input: NodeInput): void {
    this.#tellWallClock()
    this.#host.feed(input)
  }

  /** Opens the place of a share's bytes; `files` are the person's own, `null` means a download. */
  openFiles(info: ShareInfo, files: readonly Source[] | null): void {
    if (files === null) this.ports.opening?.(info)
    const sizes = info.files.map((file) => file.sizeBytes)
    this.blocks.post({ type: 'open', infoHash: info.infoHash, pieceBytes: info.pieceBytes, sizes, files })
  }

  /** What all shares together upload now, bytes per second. */
  uploadSpeed(): number {
    const now = this.ports.clock.now()
    let speed = 0
    for (const [, { exchange }] of this.node.shares.entries())
      for (const link of exchange.links.values()) speed += link.upSpeed.rate(now)
    return speed
  }

  stop(): void {
    this.#host.stop()
    this.socket.disconnect()
    this.transport.closeAll()
    this.sealed.closeAll()
    this.blocks.terminate()
  }

  #apply(effect: NodeEffect): void {
    switch (effect.type) {
      case 'sendFrame':
        return this.transport.send(effect.sid, effect.channel, effect.bytes)
      case 'storeRequest':
        return this.blocks.request(effect.infoHash, effect.request, () => this.#hashesOf(effect.infoHash))
      case 'sign':
        void this.#sign(effect.ticket, effect.text)
        return
      case 'verify':
        void this.#verify(effect)
        return
      case 'openConnection':
      case 'applySignal':
      case 'restartIce':
      case 'closeConnection':
        return this.#onConnection(effect)
      case 'seal':
        return this.sealed.seal(effect.sid, effect.channel, effect.bytes)
      case 'unseal':
        return this.sealed.unseal(effect.sid, effect.bytes)
      case 'serverSignal':
        return this.socket.signal(effect.envelope)
      case 'serverAnnounce':
        void this.#announce(effect)
        return
      case 'serverSample':
      case 'directoryUpdate':
      case 'directorySearch':
      case 'serverNearby':
        void this.#askServer(effect)
        return
      case 'manualEnvelope':
        return this.#events.manualEnvelope(effect.envelope)
      case 'manualRefused':
        return this.#events.manualRefused(effect.code)
      case 'persist':
        return this.#events.persist(effect.what)
      case 'metadataKnown':
        return this.openFiles(effect.info, null)
      case 'hashesKnown': {
        const { root, span, hashes, proof } = effect
        void this.state
          .saveSpan(effect.infoHash, { root, span, hashes, proof })
          .catch(() => this.#events.unwritten?.(effect.infoHash))
        return
      }
      case 'shareCompleted':
        return this.#events.completed(effect.infoHash)
      case 'offerStarted':
        return this.#events.offerStarted(effect.infoHash)
      case 'violation':
        this.violations.push({ peer: effect.peer, code: effect.code })
        if (this.violations.length > KEPT_VIOLATIONS) this.violations.shift()
        return
      default:
        assertNever(effect)
    }
  }

  /** Of a connection, or of what stands where one does. */
  #onConnection(
    effect: Extract<
      NodeEffect,
      { type: 'openConnection' | 'applySignal' | 'restartIce' | 'closeConnection' }
    >,
  ): void {
    const { sid } = effect
    if (effect.type === 'openConnection') {
      if (effect.circuit !== null) this.sealed.open(sid, effect.isInitiator, effect.circuit)
      else this.transport.open(sid, effect.isInitiator, effect.isTrickling)
    } else if (effect.type === 'applySignal') {
      if (this.sealed.has(sid)) this.sealed.signal(sid, effect.signal)
      else this.transport.signal(sid, effect.signal)
    } else if (effect.type === 'restartIce') {
      this.transport.restart(sid)
    } else if (!this.sealed.close(sid)) {
      this.transport.close(sid)
    }
  }

  /** The node's clock stands still while a machine sleeps (Linux, macOS); and people set the other one. */
  #tellWallClock(): void {
    const aheadMs = Date.now() - this.ports.clock.now()
    if (Math.abs(aheadMs - this.#aheadMs) < CLOCK_STEP_MS) return
    this.#aheadMs = aheadMs
    this.#host.feed({ type: 'wallClock', aheadMs })
  }

  async #sign(ticket: number, text: string): Promise<void> {
    this.feed({ type: 'signed', ticket, signature: await this.identity.sign(text) })
  }

  async #verify({ ticket, key, text, signature }: Extract<NodeEffect, { type: 'verify' }>): Promise<void> {
    this.feed({ type: 'verified', ticket, isValid: await verifySignature(key, text, signature) })
  }

  async #announce({ request }: Extract<NodeEffect, { type: 'serverAnnounce' }>): Promise<void> {
    const response = await this.socket.announce(request)
    this.feed({ type: 'announceResult', infoHash: request.infoHash, response })
  }

  async #askServer(
    effect: Extract<
      NodeEffect,
      { type: 'serverSample' | 'directoryUpdate' | 'directorySearch' | 'serverNearby' }
    >,
  ): Promise<void> {
    if (effect.type === 'serverSample') {
      this.feed({ type: 'candidates', peers: await this.socket.sample(effect.numWant) })
    } else if (effect.type === 'directoryUpdate') {
      this.feed({ type: 'directoryUpdated', response: await this.socket.updateDirectory(effect.request) })
    } else if (effect.type === 'serverNearby') {
      this.feed({ type: 'nearbyAnswered', response: await this.socket.announceNearby(effect.request) })
    } else {
      const { id, request } = effect
      this.feed({ type: 'directoryAnswered', id, response: await this.socket.searchDirectory(request) })
    }
  }

  /** All known block hashes of a share, 32 bytes each, zeroes where unknown. */
  #hashesOf(infoHash: InfoHash): Uint8Array<ArrayBuffer> {
    const swarm = this.node.shares.get(infoHash)?.exchange.swarm
    if (swarm === null || swarm === undefined) return new Uint8Array()
    const hashes = new Uint8Array(swarm.geometry.blockCount * 32)
    for (let block = 0; block < swarm.geometry.blockCount; block++) {
      const leaf = swarm.hashes.leafOf(block)
      if (leaf !== null) hashes.set(leaf, block * 32)
    }
    return hashes
  }
}
