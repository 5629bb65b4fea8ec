import { concatBytes, toHex, type Bytes } from '../../kernel/bytes.ts'
import { Deadlines } from '../../kernel/deadlines.ts'
import type { InfoHash, PeerId } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import type { Steps } from '../../kernel/steps.ts'
import { type MetainfoCode, parsingInfo, type ShareInfo } from '../../content/metainfo.ts'
import { sha256 } from '../../content/sha256.ts'
import type { Result } from '../../wire/result.ts'
import {
  ANSWER_TIMEOUT_MS,
  METADATA_PART_BYTES,
  METADATA_SOURCE_MS,
  METADATA_STEPS_A_TURN,
  REFUSED_REST_MS,
} from './constants.ts'
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

/** All bytes are here and have the infohash; what they say is being read. Nobody is asked meanwhile. */
interface Reading {
  readonly from: PeerId
  readonly steps: Steps<Result<ShareInfo, MetainfoCode>>
}

/** How it ended: with the metadata, or with somebody who sent what is none. */
export type MetadataEnd =
  { readonly type: 'known'; readonly info: ShareInfo } | { readonly type: 'bad'; readonly from: PeerId }

/**
 * Fetches the info dictionary (BEP 9) from one peer at a time, so that a wrong one has exactly one author.
 * After a refusal, silence, or when it takes too long in all, the next peer is asked.
 */
export class MetadataFetch {
  #source: Source | null = null
  #reading: Reading | null = null
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
    if (this.#reading !== null) return 0
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

  /** @returns how it ended, if it did: long metadata is read in several turns. */
  onWake(out: Outbox, now: number): MetadataEnd | null {
    this.#resting.due(now)
    if (this.#reading !== null) return this.#read(this.#reading, out, now)
    this.#lookAfterSource(out, now)
    return null
  }

  #lookAfterSource(out: Outbox, now: number): void {
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

  /** @returns `'bad'` when the peer sent something wrong. Of whole metadata the next wake tells, which is due at once. */
  onPart(from: PeerId, message: MetadataMessage, out: Outbox, now: number): 'bad' | null {
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
    if (toHex(sha256(bytes)) !== this.infoHash) return 'bad'
    this.#source = null
    this.#reading = { from, steps: parsingInfo(bytes, this.infoHash) }
    return null
  }

  #read({ from, steps }: Reading, out: Outbox, now: number): MetadataEnd | null {
    for (let count = 0; count < METADATA_STEPS_A_TURN; count++) {
      const step = steps.next()
      if (step.done !== true) continue
      this.#reading = null
      if (step.value.ok) {
        this.#stop()
        return { type: 'known', info: step.value.value }
      }
      this.#candidates.delete(from)
      this.#askNext(out, now)
      return { type: 'bad', from }
    }
    return null
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
    if (this.#source !== null || this.#reading !== null) return
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
