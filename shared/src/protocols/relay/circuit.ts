import { concatBytes, type Bytes } from '../../kernel/bytes.ts'
import type { PeerId, SessionId } from '../../kernel/ids.ts'
import type { CircuitRef } from '../../wire/circuit-description.ts'
import {
  CONGESTED_BYTES,
  CREDIT_BYTES,
  PART_BYTES,
  SEALED_BYTES,
  WINDOW_BYTES,
  WRITABLE_BYTES,
} from './constants.ts'
import type { RelayMessage } from './messages.ts'

/** What one end of a circuit does next. */
export interface CircuitStep {
  readonly messages: RelayMessage[]
  /** Whole sealed frames that came. */
  readonly frames: Bytes[]
  readonly congestion: 'congested' | 'writable' | null
}

/** One end of a circuit: sealed frames in order, in parts, and never more under way than the window. */
export class Circuit {
  #outgoing: Extract<RelayMessage, { type: 'data' }>[] = []
  #outgoingBytes = 0
  /** Sent, and not yet taken by the far end. */
  #underWayBytes = 0
  #incoming: Bytes[] = []
  #incomingBytes = 0
  #takenBytes = 0
  #isCongested = false

  constructor(
    readonly ref: CircuitRef,
    /** The far end. */
    readonly peer: PeerId,
    readonly sid: SessionId,
  ) {}

  /** Queues a sealed frame. */
  send(frame: Bytes): CircuitStep {
    for (let at = 0; at < frame.length; at += PART_BYTES) {
      const bytes = frame.subarray(at, at + PART_BYTES)
      const isLast = at + PART_BYTES >= frame.length
      this.#outgoing.push({ type: 'data', circuit: this.ref.id, isLast, bytes })
      this.#outgoingBytes += bytes.length
    }
    return this.#step([], [])
  }

  /** The far end has taken so much. @returns `null` when it says more than was sent. */
  onCredit(bytes: number): CircuitStep | null {
    if (bytes > this.#underWayBytes) return null
    this.#underWayBytes -= bytes
    return this.#step([], [])
  }

  /**
   * @returns `null` when it is longer than any frame, or cut as nobody cuts: each part keeps the memory that it came in, so
   * that many small ones would keep much for nothing.
   */
  onPart(bytes: Bytes, isLast: boolean): CircuitStep | null {
    if (bytes.length === 0 || (!isLast && bytes.length < PART_BYTES)) return null
    this.#incomingBytes += bytes.length
    if (this.#incomingBytes > SEALED_BYTES) return null
    this.#incoming.push(bytes)
    this.#takenBytes += bytes.length
    const messages: RelayMessage[] = []
    if (this.#takenBytes >= CREDIT_BYTES) {
      messages.push({ type: 'credit', circuit: this.ref.id, bytes: this.#takenBytes })
      this.#takenBytes = 0
    }
    if (!isLast) return this.#step(messages, [])
    const frame = concatBytes(this.#incoming)
    this.#incoming = []
    this.#incomingBytes = 0
    return this.#step(messages, [frame])
  }

  #step(messages: RelayMessage[], frames: Bytes[]): CircuitStep {
    while (this.#outgoing.length > 0 && this.#underWayBytes < WINDOW_BYTES - PART_BYTES) {
      const part = this.#outgoing.shift()
      if (part === undefined) break
      this.#outgoingBytes -= part.bytes.length
      this.#underWayBytes += part.bytes.length
      messages.push(part)
    }
    const waiting = this.#outgoingBytes
    const turns = this.#isCongested ? waiting < WRITABLE_BYTES : waiting > CONGESTED_BYTES
    if (turns) this.#isCongested = !this.#isCongested
    const congestion = !turns ? null : this.#isCongested ? 'congested' : 'writable'
    return { messages, frames, congestion }
  }
}
