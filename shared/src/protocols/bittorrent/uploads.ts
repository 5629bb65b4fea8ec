import type { Bytes } from '../../kernel/bytes.ts'
import type { BlockIndex, PeerId } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import type { TokenBucket } from '../../kernel/token-bucket.ts'
import type { Geometry } from '../../content/geometry.ts'
import {
  RUNS_READ,
  SERVE_ALONE_SECONDS,
  SERVE_MAX,
  SERVE_MIN,
  SERVE_SECONDS,
  SPEED_WINDOW_MS,
} from './constants.ts'
import type { DropCode, Outbox } from './effects.ts'
import type { BlockRange } from './messages.ts'
import type { PeerLink } from './peer-link.ts'
import type { PeerRecord } from './peer-record.ts'
import { RateMeter } from './rate-meter.ts'

export interface UploadParts {
  readonly geometry: Geometry
  readonly links: ReadonlyMap<PeerId, PeerLink>
  readonly out: Outbox
  readonly bucket: TokenBucket
  /** Whether we hold the block and may give it to this peer. */
  readonly mayServe: (peer: PeerId, block: BlockIndex) => boolean
  readonly onSent: (link: PeerLink, block: BlockIndex, now: number) => void
  readonly now: number
}

/** The serving side: queues of requests, read one run of blocks from each peer's queue in turn. */
export class Uploads {
  readonly #parts: UploadParts
  /** Peers with requests queued; the first is next, by the run. */
  #turn: PeerLink[] = []
  /** The upload limit refused a read. Others may fill or free the shared bucket meanwhile, so this is not asked of the bucket. */
  #waitsForBucket = false
  readonly speed: RateMeter
  sentBytes = 0
  /** Peers that took bytes from us and have all of the share by now, by their own word. */
  completedCount = 0

  constructor(parts: UploadParts) {
    this.#parts = parts
    this.speed = new RateMeter(SPEED_WINDOW_MS, parts.now)
  }

  /** @returns the offence when the request is illegal. */
  onRequest(link: PeerLink, range: BlockRange, now: number): DropCode | null {
    const { geometry, out, mayServe } = this.#parts
    const block = geometry.blockAt(range.piece, range.begin)
    if (block === null || geometry.blockSize(block) !== range.length) return 'badRange'
    if (link.queue.length >= LIMITS.requestsOutstanding) return 'tooManyRequests'
    if (link.amChoking || !mayServe(link.peer, block)) out.send(link.peer, rejectOf(range))
    else if (!link.queue.includes(block) && !link.reading.has(block)) {
      link.queue.push(block)
      if (link.queue.length === 1) this.#turn.push(link)
      this.serve(now)
    }
    return null
  }

  onCancel(link: PeerLink, range: BlockRange): DropCode | null {
    const block = this.#parts.geometry.blockAt(range.piece, range.begin)
    if (block === null) return 'badRange'
    const position = link.queue.indexOf(block)
    // A block that is being read goes out all the same: each request has one answer (BEP 6).
    if (position < 0) return null
    link.queue.splice(position, 1)
    if (link.queue.length === 0) this.#endTurn(link)
    this.#parts.out.send(link.peer, rejectOf(range))
    return null
  }

  /** Answers everything that a peer has queued with a refusal, as a choke demands. */
  rejectAll(link: PeerLink): void {
    for (const block of link.queue) this.#reject(link, block)
    link.queue.length = 0
    this.#endTurn(link)
  }

  removePeer(link: PeerLink): void {
    this.#endTurn(link)
  }

  onRead(to: PeerId, block: BlockIndex, bytes: Bytes, now: number): void {
    const link = this.#parts.links.get(to)
    if (link?.reading.delete(block) !== true) return
    const { geometry, out } = this.#parts
    const { piece, begin } = geometry.rangeOf(block)
    out.send(to, { type: 'piece', piece, begin, bytes })
    link.countUpload(bytes.length, now)
    this.speed.add(bytes.length, now)
    this.sentBytes += bytes.length
    this.#parts.onSent(link, block, now)
    this.serve(now)
  }

  /** A peer has all of the share: it counts once, if it took anything from us. */
  noteCompleted(record: PeerRecord): void {
    if (record.gotAll || record.takenBytes === 0) return
    record.gotAll = true
    this.completedCount++
  }

  onReadFailed(to: PeerId, block: BlockIndex, now: number): void {
    const link = this.#parts.links.get(to)
    if (link?.reading.delete(block) !== true) return
    this.#reject(link, block)
    this.serve(now)
  }

  /** Starts as many reads as the links and the upload limit allow. */
  serve(now: number): void {
    this.#waitsForBucket = false
    for (let idle = 0; idle < this.#turn.length;) {
      const link = this.#turn.shift()
      if (link === undefined) return
      const isServed = this.#serveOne(link, now)
      idle = isServed ? 0 : idle + 1
      if (link.queue.length > 0) this.#turn.push(link)
    }
  }

  onWake(now: number): void {
    if (this.#waitsForBucket && this.#parts.bucket.nextRound(now)) this.serve(now)
  }

  /** In the past when the upload limit was lifted, or somebody else's input refilled the bucket, since the last input. */
  wakeAt(now: number): number {
    return this.#waitsForBucket && this.#turn.length > 0 ? this.#parts.bucket.readyAt(now) : Infinity
  }

  /** Starts the reads of one run: neighbouring blocks, so that they leave in one frame. */
  #serveOne(link: PeerLink, now: number): boolean {
    const { geometry, bucket, out } = this.#parts
    const window = readWindow(link, this.#turn.length === 0 ? SERVE_ALONE_SECONDS : SERVE_SECONDS, now)
    const run = runOf(window)
    // A part of a run would leave in a frame of its own, and so would all that follow in its place.
    if (link.congested || link.reading.size + Math.min(run, link.queue.length) > window) return false
    let started = 0
    for (let previous: BlockIndex | null = null; started < run; started++) {
      const block = link.queue[0]
      if (block === undefined) break
      // Runs end at fixed places, or a piece asked for from its middle would be cut differently from then on.
      const isNext =
        previous === null ||
        (block === previous + 1 && geometry.rangeOf(block).begin % (run * LIMITS.blockBytes) > 0)
      if (!isNext) break
      if (!bucket.takeInTurn(geometry.blockSize(block), now)) {
        this.#waitsForBucket = true
        break
      }
      link.queue.shift()
      link.reading.add(block)
      out.push({ type: 'read', to: link.peer, block })
      previous = block
    }
    return started > 0
  }

  #endTurn(link: PeerLink): void {
    const position = this.#turn.indexOf(link)
    if (position >= 0) this.#turn.splice(position, 1)
  }

  #reject(link: PeerLink, block: BlockIndex): void {
    const { geometry, out } = this.#parts
    out.send(link.peer, { type: 'reject', ...geometry.rangeOf(block) })
  }
}

/** How many blocks are read in one go: a power of two, so that the fixed places at which runs end are those of all lengths. */
function runOf(window: number): number {
  const blocks = Math.min(Math.max(1, Math.floor(window / RUNS_READ)), LIMITS.blocksPerFrame)
  return 2 ** Math.floor(Math.log2(blocks))
}

/** How many blocks may be read for a link at a time. */
function readWindow(link: PeerLink, seconds: number, now: number): number {
  const blocks = Math.ceil((link.upSpeed.rate(now) * seconds) / LIMITS.blockBytes)
  return Math.max(SERVE_MIN, Math.min(SERVE_MAX, blocks))
}

function rejectOf({ piece, begin, length }: BlockRange): { type: 'reject' } & BlockRange {
  return { type: 'reject', piece, begin, length }
}
