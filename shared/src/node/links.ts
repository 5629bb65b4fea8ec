import type { Bytes } from '../kernel/bytes.ts'
import type { InfoHash, PeerId, SessionId } from '../kernel/ids.ts'
import { LIMITS } from '../kernel/limits.ts'
import { encodeBlocks } from '../protocols/bittorrent/codec.ts'
import type { ExchangeMessage } from '../protocols/bittorrent/messages.ts'
import { packFrames } from '../wire/frames.ts'
import { encodeLink, type LinkMessage } from './link-codec.ts'
import type { CircuitRef } from '../wire/circuit-description.ts'
import type { NodeEffect } from './node-io.ts'
import type { OverlayName } from './systems.ts'

type Emit = (effect: NodeEffect) => void

/** A frame that came in while the peer's proof was being checked. */
export interface HeldFrame {
  readonly channel: 'control' | 'bulk'
  readonly bytes: Bytes
}

/** Neighbouring blocks that wait to leave together. */
interface BlockRun {
  readonly handle: number
  readonly piece: number
  readonly begin: number
  end: number
  readonly blocks: Bytes[]
}

/** One link with one peer, shared by all shares and systems. */
export class Link {
  /** Our numbers for shares: what the peer's frames carry. */
  readonly ours = new Map<number, InfoHash>()
  /** The peer's numbers for shares: what our frames carry. */
  readonly theirs = new Map<InfoHash, number>()
  /** Shares that we joined before we knew their metadata, as the peer still believes. */
  readonly joinedBlind = new Set<InfoHash>()
  /** `proving` once the peer's proof is being checked: what comes now is held back. */
  state: 'opening' | 'proving' | 'up' = 'opening'
  readonly held: HeldFrame[] = []
  /** Discovery systems that run at the other end, by its word; `null` until it has said so. */
  systems: readonly OverlayName[] | null = null
  /** The other end carries circuits for others, by its word. */
  isRelay = false
  /** The other end understands that we want nothing more of a share (BEP 21), by its word. */
  knowsUploadOnly = false
  /** Nothing was heard for suspiciously long. */
  isSilent = false
  /** Systems that asked for the link while it was silent: they hear when it speaks again, or is gone. */
  readonly askedFor = new Set<OverlayName>()
  lastHeardAt: number
  isCongested = false
  /** Bytes received before the peer proved its key. */
  unprovedBytes = 0
  idleSince: number
  sentBytes = 0
  receivedBytes = 0
  #nextHandle = 0
  #outgoing: Bytes[] = []
  readonly #runs: BlockRun[] = []

  constructor(
    readonly sid: SessionId,
    /** Ourselves while an invite has no taker. */
    public peer: PeerId,
    readonly openedAt: number,
    /** What it goes over instead of a connection of its own. */
    readonly circuit: CircuitRef | null = null,
  ) {
    this.lastHeardAt = openedAt
    this.idleSince = openedAt
  }

  /** Our number for a share on this link, made on first use; `null` when the link carries too many. */
  handleFor(infoHash: InfoHash): number | null {
    const known = this.ourHandle(infoHash)
    if (known !== null) return known
    if (this.ours.size >= LIMITS.sharesPerLink) return null
    const handle = this.#nextHandle
    // Numbers are not reused soon, so late frames of a share that was left can't be taken for another's.
    this.#nextHandle = (this.#nextHandle + 1) % 65_536
    this.ours.set(handle, infoHash)
    return handle
  }

  ourHandle(infoHash: InfoHash): number | null {
    for (const [handle, known] of this.ours) if (known === infoHash) return handle
    return null
  }

  /** One of the sides takes part in a share here. */
  get carriesShares(): boolean {
    return this.ours.size > 0 || this.theirs.size > 0
  }

  /** A system has no more use for it: unless something else has, it is closed without waiting for long. */
  letGo(): void {
    this.idleSince = -Infinity
  }

  /** Both sides take part in the share. */
  hasJoined(infoHash: InfoHash): boolean {
    return this.theirs.has(infoHash) && this.ourHandle(infoHash) !== null
  }

  /** Queues a message; it leaves with the others of this moment. @returns its size in bytes. */
  send(message: LinkMessage): number {
    const bytes = encodeLink(message)
    this.#outgoing.push(bytes)
    return bytes.length
  }

  /** Queues a message about a share; neighbouring blocks of a piece leave in one bulk frame. */
  sendExchange(infoHash: InfoHash, message: ExchangeMessage): void {
    const handle = this.theirs.get(infoHash)
    if (handle === undefined) return
    if (message.type !== 'piece') {
      const isUnknown = isUploadOnlyWord(message) && !this.knowsUploadOnly
      if (!isUnknown) this.send({ type: 'exchange', handle, message })
      return
    }
    const { piece, begin, bytes } = message
    const last = this.#runs.at(-1)
    const isNext = last?.handle === handle && last.piece === piece && last.end === begin
    if (last !== undefined && isNext && last.blocks.length < LIMITS.blocksPerFrame) {
      last.blocks.push(bytes)
      last.end += bytes.length
    } else {
      this.#runs.push({ handle, piece, begin, end: begin + bytes.length, blocks: [bytes] })
    }
  }

  flush(emit: Emit): void {
    for (const { handle, piece, begin, blocks } of this.#runs) {
      this.#emit('bulk', encodeBlocks(handle, piece, begin, blocks), emit)
    }
    if (this.#runs.length > 0) this.#runs.length = 0
    if (this.#outgoing.length === 0) return
    for (const bytes of packFrames(this.#outgoing)) this.#emit('control', bytes, emit)
    this.#outgoing = []
  }

  #emit(channel: 'control' | 'bulk', bytes: Bytes, emit: Emit): void {
    this.sentBytes += bytes.length
    emit({ type: this.circuit === null ? 'sendFrame' : 'seal', sid: this.sid, channel, bytes })
  }
}

const isUploadOnlyWord = ({ type }: ExchangeMessage): boolean => type === 'uploadOnly' || type === 'wantsMore'

/** All links, by negotiation and by peer. */
export class Links {
  readonly #bySid = new Map<SessionId, Link>()
  readonly #byPeer = new Map<PeerId, Link>()

  open(sid: SessionId, peer: PeerId, now: number, circuit: CircuitRef | null = null): Link {
    const link = new Link(sid, peer, now, circuit)
    this.#bySid.set(sid, link)
    return link
  }

  bySid(sid: SessionId): Link | undefined {
    return this.#bySid.get(sid)
  }

  /** Only links that are up. */
  byPeer(peer: PeerId): Link | undefined {
    return this.#byPeer.get(peer)
  }

  markUp(link: Link): void {
    link.state = 'up'
    this.#byPeer.set(link.peer, link)
  }

  remove(sid: SessionId): Link | undefined {
    const link = this.#bySid.get(sid)
    this.#bySid.delete(sid)
    if (link !== undefined && this.#byPeer.get(link.peer) === link) this.#byPeer.delete(link.peer)
    return link
  }

  /** Links that are up, oldest first. */
  up(): IterableIterator<Link> {
    return this.#byPeer.values()
  }

  get upCount(): number {
    return this.#byPeer.size
  }

  /** Those that are up and carry shares. */
  get carryingCount(): number {
    let count = 0
    for (const link of this.#byPeer.values()) if (link.carriesShares) count++
    return count
  }

  flushAll(emit: Emit): void {
    for (const link of this.#bySid.values()) link.flush(emit)
  }
}
