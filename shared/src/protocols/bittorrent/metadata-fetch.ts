import { concatBytes, toHex, type Bytes } from '../../kernel/bytes.ts'
import type { InfoHash, PeerId } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { parseInfo, type ShareInfo } from '../../content/metainfo.ts'
import { sha256 } from '../../content/sha256.ts'
import { ANSWER_TIMEOUT_MS, METADATA_PART_BYTES } from './constants.ts'
import type { Outbox } from './effects.ts'
import type { ExchangeMessage } from './messages.ts'

type MetadataMessage = Extract<ExchangeMessage, { type: 'metadata' }>

/**
 * Fetches the info dictionary (BEP 9) from one peer at a time, so that a wrong one has exactly one author.
 * After a refusal or silence the next peer is asked.
 */
export class MetadataFetch {
  #source: { peer: PeerId; askedAt: number; parts: Bytes[]; totalBytes: number | null } | null = null
  readonly #candidates = new Set<PeerId>()
  readonly #passedOver = new Set<PeerId>()

  constructor(readonly infoHash: InfoHash) {}

  wakeAt(): number {
    return this.#source === null ? Infinity : this.#source.askedAt + ANSWER_TIMEOUT_MS
  }

  addPeer(peer: PeerId, out: Outbox, now: number): void {
    this.#candidates.add(peer)
    this.#askNext(out, now)
  }

  removePeer(peer: PeerId, out: Outbox, now: number): void {
    this.#candidates.delete(peer)
    this.#passedOver.delete(peer)
    if (this.#source?.peer === peer) this.#source = null
    this.#askNext(out, now)
  }

  onWake(out: Outbox, now: number): void {
    if (this.#source !== null && now >= this.wakeAt()) this.#passOver(this.#source.peer, out, now)
  }

  onReject(peer: PeerId, out: Outbox, now: number): void {
    if (this.#source?.peer === peer) this.#passOver(peer, out, now)
  }

  /** @returns the metadata when it is whole and right, `'bad'` when the peer sent something wrong, else `null`. */
  onPart(from: PeerId, message: MetadataMessage, out: Outbox, now: number): ShareInfo | 'bad' | null {
    const source = this.#source
    if (source?.peer !== from) return null
    source.totalBytes ??= message.totalBytes
    const partCount = Math.ceil(message.totalBytes / METADATA_PART_BYTES)
    const isLast = message.part === partCount - 1
    const size = isLast ? message.totalBytes - message.part * METADATA_PART_BYTES : METADATA_PART_BYTES
    if (message.totalBytes > LIMITS.metainfoBytes || message.totalBytes !== source.totalBytes) return 'bad'
    if (message.part !== source.parts.length || message.bytes.length !== size) return 'bad'
    source.parts.push(message.bytes)
    source.askedAt = now
    if (!isLast) {
      out.send(from, { type: 'metadataRequest', part: message.part + 1 })
      return null
    }
    const bytes = concatBytes(source.parts)
    const parsed = toHex(sha256(bytes)) === this.infoHash ? parseInfo(bytes) : null
    return parsed?.ok === true ? parsed.value : 'bad'
  }

  #passOver(peer: PeerId, out: Outbox, now: number): void {
    this.#source = null
    this.#passedOver.add(peer)
    // Everybody has been tried: begin again, since a slow peer is better than none.
    if ([...this.#candidates].every((candidate) => this.#passedOver.has(candidate))) this.#passedOver.clear()
    this.#askNext(out, now)
  }

  #askNext(out: Outbox, now: number): void {
    if (this.#source !== null) return
    for (const peer of this.#candidates) {
      if (this.#passedOver.has(peer)) continue
      this.#source = { peer, askedAt: now, parts: [], totalBytes: null }
      out.send(peer, { type: 'metadataRequest', part: 0 })
      return
    }
  }
}
