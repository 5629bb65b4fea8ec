import type { Bytes } from '../../kernel/bytes.ts'
import type { BlockIndex, PeerId } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import type { TokenBucket } from '../../kernel/token-bucket.ts'
import type { Geometry } from '../../content/geometry.ts'
import { SERVE_WINDOW } from './constants.ts'
import type { DropCode, Outbox } from './effects.ts'
import type { BlockRange } from './messages.ts'
import type { PeerLink } from './peer-link.ts'

export interface UploadParts {
  readonly geometry: Geometry
  readonly links: ReadonlyMap<PeerId, PeerLink>
  readonly out: Outbox
  readonly bucket: TokenBucket
  /** Whether we hold the block and may give it to this peer. */
  readonly mayServe: (peer: PeerId, block: BlockIndex) => boolean
}

/** The serving side: queues of requests, read one block from each peer's queue in turn. */
export class Uploads {
  readonly #parts: UploadParts
  /** Whose turn it is: peers take turns by the block. */
  #turn: PeerId[] = []
  sentBytes = 0

  constructor(parts: UploadParts) {
    this.#parts = parts
  }

  /** @returns the offence when the request is illegal. */
  onRequest(link: PeerLink, range: BlockRange): DropCode | null {
    const { geometry, out, mayServe } = this.#parts
    const block = geometry.blockAt(range.piece, range.begin)
    if (block === null || geometry.blockSize(block) !== range.length) return 'badRange'
    if (link.queue.length >= LIMITS.requestsOutstanding) return 'tooManyRequests'
    if (link.amChoking || !mayServe(link.peer, block)) out.send(link.peer, { ...range, type: 'reject' })
    else if (!link.queue.includes(block) && !link.reading.has(block)) link.queue.push(block)
    return null
  }

  onCancel(link: PeerLink, range: BlockRange): DropCode | null {
    const block = this.#parts.geometry.blockAt(range.piece, range.begin)
    if (block === null) return 'badRange'
    const position = link.queue.indexOf(block)
    // A block that is being read goes out all the same: each request has one answer (BEP 6).
    if (position < 0) return null
    link.queue.splice(position, 1)
    this.#parts.out.send(link.peer, { ...range, type: 'reject' })
    return null
  }

  /** Answers everything that a peer has queued with a refusal, as a choke demands. */
  rejectAll(link: PeerLink): void {
    for (const block of link.queue) this.#reject(link, block)
    link.queue.length = 0
  }

  onRead(to: PeerId, block: BlockIndex, bytes: Bytes, now: number): void {
    const link = this.#parts.links.get(to)
    if (link?.reading.delete(block) !== true) return
    const { geometry, out } = this.#parts
    const piece = geometry.pieceOf(block)
    const begin = (block - geometry.firstBlock(piece)) * LIMITS.blockBytes
    out.send(to, { type: 'piece', piece, begin, bytes })
    link.uploadedBytes += bytes.length
    link.upRank.add(bytes.length, now)
    link.upSpeed.add(bytes.length, now)
    this.sentBytes += bytes.length
    this.serve(now)
  }

  onReadFailed(to: PeerId, block: BlockIndex): void {
    const link = this.#parts.links.get(to)
    if (link?.reading.delete(block) === true) this.#reject(link, block)
  }

  /** Starts as many reads as the links and the upload limit allow. */
  serve(now: number): void {
    let idle = 0
    this.#syncTurn()
    while (idle < this.#turn.length) {
      const peer = this.#turn.shift()
      if (peer === undefined) return
      this.#turn.push(peer)
      idle = this.#serveOne(peer, now) ? 0 : idle + 1
    }
  }

  wakeAt(now: number): number {
    const ready = this.#parts.bucket.readyAt(now)
    if (ready <= now) return Infinity
    for (const link of this.#parts.links.values()) if (link.queue.length > 0) return ready
    return Infinity
  }

  #serveOne(peer: PeerId, now: number): boolean {
    const link = this.#parts.links.get(peer)
    if (link === undefined || link.congested || link.reading.size >= SERVE_WINDOW) return false
    const block = link.queue[0]
    if (block === undefined) return false
    if (!this.#parts.bucket.takeIntoDebt(this.#parts.geometry.blockSize(block), now)) return false
    link.queue.shift()
    link.reading.add(block)
    this.#parts.out.push({ type: 'read', to: peer, block })
    return true
  }

  #syncTurn(): void {
    const { links } = this.#parts
    if (this.#turn.length === links.size && this.#turn.every((peer) => links.has(peer))) return
    const known = new Set(this.#turn)
    this.#turn = this.#turn.filter((peer) => links.has(peer))
    for (const peer of links.keys()) if (!known.has(peer)) this.#turn.push(peer)
  }

  #reject(link: PeerLink, block: BlockIndex): void {
    const { geometry, out } = this.#parts
    const piece = geometry.pieceOf(block)
    const begin = (block - geometry.firstBlock(piece)) * LIMITS.blockBytes
    out.send(link.peer, { type: 'reject', piece, begin, length: geometry.blockSize(block) })
  }
}
