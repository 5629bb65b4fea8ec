import { concatBytes, toHex, type Bytes } from '../../kernel/bytes.ts'
import { Deadlines } from '../../kernel/deadlines.ts'
import type { InfoHash, PeerId } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { parseInfo, type ShareInfo } from '../../content/metainfo.ts'
import { sha256 } from '../../content/sha256.ts'
import { ANSWER_TIMEOUT_MS, METADATA_PART_BYTES, METADATA_SOURCE_MS, REFUSED_REST_MS } from './constants.ts'
import type { Outbox } from './effects.ts'
import type { ExchangeMessage } from './messages.ts'

type MetadataMessage = Extract<ExchangeMessage, { type: 'metadata' }>

/** The peer that is being asked. */
interface Source {
  readonly peer: PeerId
  readonly since: number
  askedAt: number
  readonly parts: Bytes[]
  totalBytes: number | null
}

/**
 * Fetches the info dictionary (BEP 9) from one peer at a time, so that a wrong one has exactly one author.
 * After a refusal, silence, or when it takes too long in all, the next peer is asked.
 */
export class MetadataFetch {
  #source: Source | null = null
  readonly #candidates = new Set<PeerId>()
  /** Who had its turn in this round. */
  readonly #passedOver = new Set<PeerId>()
  /** Who refused, and when it may be asked again. */
  readonly #resting = new Deadlines<PeerId>()
  /** Requests whose answers are still due from peers that were passed over: they come before all others. */
  readonly #unanswered = new Map<PeerId, number>()
  /** How long a source may take while there are others. */
  #patienceMs = METADATA_SOURCE_MS
  /** Somebody was passed over in this round who did answer, but too slowly. */
  #wasLate = false

  constructor(readonly infoHash: InfoHash) {}

  wakeAt(): number {
    if (this.#source !== null) return Math.min(this.#source.askedAt + ANSWER_TIMEOUT_MS, this.#deadline)
    return this.#resting.earliest()
  }

  addPeer(peer: PeerId, out: Outbox, now: number): void {
    this.#candidates.add(peer)
    this.#askNext(out, now)
  }

  removePeer(peer: PeerId, out: Outbox, now: number): void {
    this.#candidates.delete(peer)
    this.#passedOver.delete(peer)
    this.#resting.clear(peer)
    this.#unanswered.delete(peer)
    if (this.#source?.peer === peer) this.#source = null
    this.#askNext(out, now)
  }

  onWake(out: Outbox, now: number): void {
    this.#resting.due(now)
    const source = this.#source
    if (source === null) return this.#askNext(out, now)
    const isLate = now >= this.#deadline
    if (!isLate && now < source.askedAt + ANSWER_TIMEOUT_MS) return
    if (isLate) this.#wasLate = true
    this.#unanswered.set(source.peer, (this.#unanswered.get(source.peer) ?? 0) + 1)
    this.#passOver(source.peer, out, now)
  }

  onReject(peer: PeerId, out: Outbox, now: number): void {
    if (this.#source?.peer !== peer) {
      this.#answered(peer)
      return
    }
    this.#resting.set(peer, now + REFUSED_REST_MS)
    this.#passOver(peer, out, now)
  }

  /** @returns the metadata when it is whole and right, `'bad'` when the peer sent something wrong, else `null`. */
  onPart(from: PeerId, message: MetadataMessage, out: Outbox, now: number): ShareInfo | 'bad' | null {
    const source = this.#source
    if (source?.peer !== from) return this.#answered(from)
    const { part, totalBytes } = message
    if (part !== source.parts.length && this.#unanswered.has(from)) return this.#answered(from)
    source.totalBytes ??= totalBytes
    // Without a last part it would never end.
    if (totalBytes < 1 || totalBytes > LIMITS.metainfoBytes || totalBytes !== source.totalBytes) return 'bad'
    const isLast = part === Math.ceil(totalBytes / METADATA_PART_BYTES) - 1
    const size = isLast ? totalBytes - part * METADATA_PART_BYTES : METADATA_PART_BYTES
    if (part !== source.parts.length || message.bytes.length !== size) return 'bad'
    source.parts.push(message.bytes)
    source.askedAt = now
    if (!isLast) {
      out.send(from, { type: 'metadataRequest', part: part + 1 })
      return null
    }
    const bytes = concatBytes(source.parts)
    const parsed = toHex(sha256(bytes)) === this.infoHash ? parseInfo(bytes, this.infoHash) : null
    if (parsed?.ok !== true) return 'bad'
    this.#stop()
    return parsed.value
  }

  /** A slow source is better than none: only one among several can be late. */
  get #deadline(): number {
    if (this.#source === null || this.#candidates.size < 2) return Infinity
    return this.#source.since + this.#patienceMs
  }

  /** A late answer to a request of an earlier turn: no offence, and no use any more. */
  #answered(from: PeerId): null {
    const left = (this.#unanswered.get(from) ?? 0) - 1
    if (left > 0) this.#unanswered.set(from, left)
    else this.#unanswered.delete(from)
    return null
  }

  #passOver(peer: PeerId, out: Outbox, now: number): void {
    this.#source = null
    this.#passedOver.add(peer)
    this.#askNext(out, now)
  }

  #askNext(out: Outbox, now: number): void {
    if (this.#source !== null) return
    // Everybody has been tried: begin again, since a slow peer is better than none.
    if ([...this.#candidates].every((peer) => this.#passedOver.has(peer))) this.#beginRound()
    for (const peer of this.#candidates) {
      if (this.#passedOver.has(peer) || this.#resting.get(peer) !== undefined) continue
      this.#source = { peer, since: now, askedAt: now, parts: [], totalBytes: null }
      out.send(peer, { type: 'metadataRequest', part: 0 })
      return
    }
  }

  #beginRound(): void {
    this.#passedOver.clear()
    if (this.#wasLate) this.#patienceMs *= 2
    this.#wasLate = false
  }

  /** It is here: nobody is asked any more. */
  #stop(): void {
    this.#source = null
    for (const peer of this.#candidates) this.#resting.clear(peer)
    this.#candidates.clear()
  }
}
