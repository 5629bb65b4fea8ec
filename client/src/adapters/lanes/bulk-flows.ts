import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import { HIGH_WATER_MIN_BYTES } from '../high-water.ts'
import type { ChannelFlow } from './lane-link.ts'

/** A lane's flow, over which nothing went yet. */
export function newFlow(bulk: RTCDataChannel): ChannelFlow {
  bulk.bufferedAmountLowThreshold = HIGH_WATER_MIN_BYTES / 2
  return { bulk, highWaterBytes: HIGH_WATER_MIN_BYTES, sentBytes: 0, mark: null }
}

export interface BulkEvents {
  congestion(state: 'congested' | 'writable'): void
  /** The memory of a frame is free. */
  sent(memory: ArrayBuffer): void
}

/**
 * All channels that blocks of one link go over. What a channel was given can't be taken back, and a channel that lost packets may
 * stand still for seconds. So on a far link each is given little, and the rest is held for whichever has room first.
 */
export class BulkFlows {
  /** The link's own channel, then its lanes. */
  readonly flows: [ChannelFlow, ...ChannelFlow[]]
  readonly #events: BulkEvents
  readonly #held: Bytes[] = []
  #heldBytes = 0
  #isCongested: boolean

  /** From now on the link's own channel too is given no more than a low mark, whatever it carried in a good second. */
  constructor(own: ChannelFlow, wasCongested: boolean, events: BulkEvents) {
    this.flows = [own]
    this.#events = events
    this.#isCongested = wasCongested
    own.highWaterBytes = HIGH_WATER_MIN_BYTES
    own.bulk.bufferedAmountLowThreshold = HIGH_WATER_MIN_BYTES / 2
  }

  /** Whatever is sent now waits behind something else. */
  get isFull(): boolean {
    return this.flows.every(({ bulk }) => bulk.bufferedAmount > 0)
  }

  send(bytes: Bytes): void {
    this.#held.push(bytes)
    this.#heldBytes += bytes.length
    this.#pump()
    if (this.#heldBytes >= this.#markBytes) this.#setCongested(true)
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
      flow.bulk.send(bytes)
      flow.sentBytes += bytes.length
      if (bytes.length === bytes.buffer.byteLength) this.#events.sent(bytes.buffer)
    }
  }

  /** Among the channels that have room the one filled least. `null`: none has. */
  #emptiest(): ChannelFlow | null {
    const fill = ({ bulk, highWaterBytes }: ChannelFlow) =>
      bulk.readyState === 'open' ? bulk.bufferedAmount / highWaterBytes : Infinity
    const best = this.flows.reduce((best, each) => (fill(each) < fill(best) ? each : best))
    return fill(best) < 1 ? best : null
  }

  #setCongested(isCongested: boolean): void {
    if (isCongested === this.#isCongested) return
    this.#isCongested = isCongested
    this.#events.congestion(isCongested ? 'congested' : 'writable')
  }
}
