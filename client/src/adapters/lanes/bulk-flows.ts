import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import { adaptHighWater, HIGH_WATER_MIN_BYTES, type BulkFlow } from '../high-water.ts'

/** A bulk channel that frames may go over. */
export interface ChannelFlow extends BulkFlow {
  readonly bulk: Pick<
    RTCDataChannel,
    'bufferedAmount' | 'bufferedAmountLowThreshold' | 'readyState' | 'send' | 'close'
  >
}

/** A flow over which nothing went yet. */
export function newFlow(bulk: RTCDataChannel, highWaterBytes: number): ChannelFlow {
  bulk.binaryType = 'arraybuffer'
  bulk.bufferedAmountLowThreshold = highWaterBytes / 2
  return { bulk, highWaterBytes, sentBytes: 0, mark: null }
}

export interface BulkEvents {
  congestion(state: 'congested' | 'writable'): void
  /** The memory of a frame is free. */
  sent(memory: ArrayBuffer): void
}

/**
 * All channels that blocks of one link go over. What a channel was given can't be taken back, and a channel that lost packets may
 * stand still for seconds. So on a link that may get lanes each is given little, and the rest is held for whichever has room first.
 */
export class BulkFlows {
  /** The link's own channel, then its lanes. */
  readonly flows: [ChannelFlow, ...ChannelFlow[]]
  readonly #events: BulkEvents
  readonly #held: Bytes[] = []
  #heldBytes = 0
  #isHolding = false
  #isCongested = false

  constructor(own: ChannelFlow, events: BulkEvents) {
    this.flows = [own]
    this.#events = events
  }

  /** Whatever is sent now waits behind something else. */
  get isFull(): boolean {
    return this.flows.every(({ bulk }) => bulk.bufferedAmount > 0)
  }

  /** From now on channels are given no more than a low mark, whatever they carried in a good second. */
  hold(): void {
    if (this.#isHolding) return
    this.#isHolding = true
    const [own] = this.flows
    own.highWaterBytes = Math.min(own.highWaterBytes, HIGH_WATER_MIN_BYTES)
    own.bulk.bufferedAmountLowThreshold = own.highWaterBytes / 2
    this.drained()
  }

  send(bytes: Bytes): void {
    if (this.#isHolding) {
      this.#held.push(bytes)
      this.#heldBytes += bytes.length
      this.#pump()
      if (this.#heldBytes >= this.#markBytes) this.#setCongested(true)
      return
    }
    const [own] = this.flows
    // The mark may rise above what is queued: then no event would ever tell that it has drained.
    if (this.#give(own, bytes) && own.bulk.bufferedAmount > own.bulk.bufferedAmountLowThreshold)
      this.#setCongested(true)
  }

  /** A channel has drained to its low mark, or is new. */
  drained(): void {
    this.#pump()
    if (this.#heldBytes <= this.#markBytes / 2) this.#setCongested(false)
  }

  /** What may be held: as much as the channels take. */
  get #markBytes(): number {
    return this.flows.reduce((sum, { highWaterBytes }) => sum + highWaterBytes, 0)
  }

  #pump(): void {
    while (this.#held.length > 0) {
      const flow = this.#emptiest()
      const bytes = flow === null ? undefined : this.#held.shift()
      if (flow === null || bytes === undefined) return
      this.#heldBytes -= bytes.length
      this.#give(flow, bytes)
    }
  }

  /** Among the channels that have room the one filled least. `null`: none has. */
  #emptiest(): ChannelFlow | null {
    const fill = ({ bulk, highWaterBytes }: ChannelFlow) =>
      bulk.readyState === 'open' ? bulk.bufferedAmount / highWaterBytes : Infinity
    const best = this.flows.reduce((best, each) => (fill(each) < fill(best) ? each : best))
    return fill(best) < 1 ? best : null
  }

  /** @returns whether it is filled now. */
  #give(flow: ChannelFlow, bytes: Bytes): boolean {
    flow.bulk.send(bytes)
    flow.sentBytes += bytes.length
    if (bytes.length === bytes.buffer.byteLength) this.#events.sent(bytes.buffer)
    const isFilled = flow.bulk.bufferedAmount >= flow.highWaterBytes
    if (this.#isHolding || this.#isCongested || !isFilled) return false
    adaptHighWater(flow, performance.now())
    return true
  }

  #setCongested(isCongested: boolean): void {
    if (isCongested === this.#isCongested) return
    this.#isCongested = isCongested
    this.#events.congestion(isCongested ? 'congested' : 'writable')
  }
}
