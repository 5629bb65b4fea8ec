import type { PeerId } from '../src/kernel/ids.ts'
import { defined } from '../src/kernel/invariant.ts'
import type { Clogs } from './clogs.ts'
import type { VirtualClock } from './clock.ts'

/** SCTP spends 16 bytes of header on each message it carries (RFC 9260, section 3.3.1). */
export const FRAME_OVERHEAD_BYTES = 16

/** Bytes queued on one link's bulk channel: above `high` it is congested, at `low` it is writable again. */
export interface WaterMarks {
  readonly high: number
  readonly low: number
}

/** Bytes per second; `Infinity` for no limit. */
export interface NodeRates {
  readonly uplink: number
  readonly downlink: number
}

export interface NetworkOptions<Message> {
  readonly clock: VirtualClock
  /** One way, the same in both directions, constant for a pair: a link never reorders. */
  readonly latencyMs: (a: PeerId, b: PeerId) => number
  readonly marks: WaterMarks
  /** Nodes whose frames are held back on their way. */
  readonly clogs: Clogs<PeerId>
  readonly deliver: (from: PeerId, to: PeerId, messages: readonly Message[]) => void
  readonly backPressure: (from: PeerId, to: PeerId, state: 'congested' | 'writable') => void
}

interface BulkFrame<Message> {
  readonly message: Message
  readonly bytes: number
}

/** One direction of a link. */
class Lane<Message> {
  readonly bulk: BulkFrame<Message>[] = []
  queuedBytes = 0
  isCongested = false
  isOpen = true
  constructor(
    readonly from: PeerId,
    readonly to: PeerId,
    readonly latencyMs: number,
  ) {}
}

class Port<Message> {
  /** Lanes with bulk frames to send; the first is next. */
  readonly turn: Lane<Message>[] = []
  readonly lanes = new Map<PeerId, Lane<Message>>()
  isSending = false
  controlFreeAt = 0
  downFreeAt = 0
  /** Bytes of control frames that the next bulk frame has to wait for. */
  controlBytes = 0
  constructor(readonly rates: NodeRates) {}
}

/**
 * Nodes with an uplink and a downlink, and links between them. A link has a control channel, whose frames go
 * ahead of everything, and a bulk channel, whose frames take turns with those of the sender's other links.
 */
export class Network<Message> {
  readonly #options: NetworkOptions<Message>
  readonly #ports = new Map<PeerId, Port<Message>>()

  constructor(options: NetworkOptions<Message>) {
    this.#options = options
  }

  addNode(peer: PeerId, rates: NodeRates): void {
    this.#ports.set(peer, new Port(rates))
  }

  connect(a: PeerId, b: PeerId): void {
    const latencyMs = this.#options.latencyMs(a, b)
    this.#port(a).lanes.set(b, new Lane(a, b, latencyMs))
    this.#port(b).lanes.set(a, new Lane(b, a, latencyMs))
  }

  /** Closes a link: whatever is queued or on its way is lost. */
  disconnect(a: PeerId, b: PeerId): void {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const port = this.#port(from)
      const lane = port.lanes.get(to)
      if (lane === undefined) continue
      lane.isOpen = false
      port.lanes.delete(to)
      const position = port.turn.indexOf(lane)
      if (position >= 0) port.turn.splice(position, 1)
    }
  }

  isConnected(a: PeerId, b: PeerId): boolean {
    return this.#ports.get(a)?.lanes.has(b) === true
  }

  /** Messages that leave together in one frame of the control channel. @param bytes of the frame's content. */
  sendControl(from: PeerId, to: PeerId, messages: readonly Message[], bytes: number): void {
    const { clock } = this.#options
    const port = this.#port(from)
    const lane = port.lanes.get(to)
    if (lane === undefined) return
    const frameBytes = bytes + FRAME_OVERHEAD_BYTES
    const leftAt = Math.max(clock.now, port.controlFreeAt) + duration(frameBytes, port.rates.uplink)
    port.controlFreeAt = leftAt
    if (port.isSending) port.controlBytes += frameBytes
    clock.at(leftAt + lane.latencyMs, () => {
      this.#arrive(lane, messages, frameBytes)
    })
  }

  /** One message in one frame of the bulk channel. */
  sendBulk(from: PeerId, to: PeerId, message: Message, bytes: number): void {
    const port = this.#port(from)
    const lane = port.lanes.get(to)
    if (lane === undefined) return
    const frame = { message, bytes: bytes + FRAME_OVERHEAD_BYTES }
    lane.queuedBytes += frame.bytes
    lane.bulk.push(frame)
    if (lane.bulk.length === 1) port.turn.push(lane)
    if (!lane.isCongested && lane.queuedBytes >= this.#options.marks.high) this.#setCongested(lane, true)
    if (!port.isSending) this.#sendNext(port)
  }

  #sendNext(port: Port<Message>): void {
    const { clock } = this.#options
    const lane = port.turn.shift()
    const frame = lane?.bulk.shift()
    port.isSending = frame !== undefined
    if (lane === undefined || frame === undefined) return
    const startAt = Math.max(clock.now, port.controlBytes > 0 ? 0 : port.controlFreeAt)
    const bytes = frame.bytes + port.controlBytes
    port.controlBytes = 0
    clock.at(startAt + duration(bytes, port.rates.uplink), () => {
      clock.after(lane.latencyMs, () => {
        this.#arrive(lane, [frame.message], frame.bytes)
      })
      lane.queuedBytes -= frame.bytes
      if (lane.isOpen && lane.isCongested && lane.queuedBytes <= this.#options.marks.low) {
        this.#setCongested(lane, false)
      }
      this.#sendNext(port)
    })
    // The lane queues again behind the others; while its frame is under way it keeps its place.
    if (lane.bulk.length > 0) port.turn.push(lane)
  }

  #arrive(lane: Lane<Message>, messages: readonly Message[], bytes: number): void {
    this.#options.clogs.pass(lane.from, lane.to, () => {
      this.#land(lane, messages, bytes)
    })
  }

  #land(lane: Lane<Message>, messages: readonly Message[], bytes: number): void {
    const { clock, deliver } = this.#options
    if (!lane.isOpen) return
    const port = this.#port(lane.to)
    if (port.rates.downlink === Infinity) {
      deliver(lane.from, lane.to, messages)
      return
    }
    port.downFreeAt = Math.max(clock.now, port.downFreeAt) + duration(bytes, port.rates.downlink)
    clock.at(port.downFreeAt, () => {
      if (lane.isOpen) deliver(lane.from, lane.to, messages)
    })
  }

  #setCongested(lane: Lane<Message>, isCongested: boolean): void {
    lane.isCongested = isCongested
    this.#options.clock.after(0, () => {
      if (!lane.isOpen || lane.isCongested !== isCongested) return
      this.#options.backPressure(lane.from, lane.to, isCongested ? 'congested' : 'writable')
    })
  }

  #port(peer: PeerId): Port<Message> {
    return defined(this.#ports.get(peer), 'node')
  }
}

function duration(bytes: number, bytesPerSecond: number): number {
  return (bytes * 1000) / bytesPerSecond
}
