import { describe, expect, it } from 'vitest'
import { BulkFlows, newFlow } from '../../src/adapters/lanes/bulk-flows.ts'

const KiB = 1024
/** As a near link's may have been. */
const MARK = 512 * KiB

/** As much of a channel as flows use. */
class FakeChannel {
  bufferedAmount = 0
  bufferedAmountLowThreshold = 0
  binaryType = 'blob' as BinaryType
  readyState: RTCDataChannelState = 'open'
  readonly frames: number[] = []

  send(frame: ArrayBufferView): void {
    this.frames.push(new Uint8Array(frame.buffer)[frame.byteOffset] ?? -1)
    this.bufferedAmount += frame.byteLength
  }
  close(): void {
    this.readyState = 'closed'
  }
}

function setUp(queuedBytes = 0, wasCongested = false) {
  const [own, lane] = [new FakeChannel(), new FakeChannel()]
  const congestion: string[] = []
  let sentCount = 0
  own.bufferedAmount = queuedBytes
  const flow = { ...newFlow(own as unknown as RTCDataChannel), highWaterBytes: MARK }
  const flows = new BulkFlows(flow, wasCongested, {
    congestion: (state) => void congestion.push(state),
    sent: () => void sentCount++,
  })
  let number = 0
  const send = (count: number, bytes = 16 * KiB) => {
    for (let i = 0; i < count; i++) flows.send(new Uint8Array(bytes).fill(number++))
  }
  const addLane = () => {
    flows.flows.push(newFlow(lane as unknown as RTCDataChannel))
    flows.drained()
  }
  const drain = (channel: FakeChannel, to = 0) => {
    channel.bufferedAmount = to
    flows.drained()
  }
  return { own, lane, flows, congestion, send, addLane, drain, sentCount: () => sentCount }
}

describe('the channels that blocks of a link go over', () => {
  it('take little each on a far link: the rest waits for whichever has room first', () => {
    const { own, lane, congestion, send, addLane, drain, sentCount } = setUp()
    send(8)
    expect([own.frames.length, sentCount(), congestion]).toEqual([4, 4, ['congested']])
    addLane()
    expect([own.frames, lane.frames]).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ])
    expect(congestion).toEqual(['congested', 'writable'])
    send(8)
    expect(congestion.at(-1)).toBe('congested')
    // The first one stands still: all goes over the other.
    drain(lane)
    drain(lane)
    expect(lane.frames).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
    expect(own.frames).toHaveLength(4)
    expect(congestion.at(-1)).toBe('writable')
  })

  it('that are closed take none', () => {
    const { own, lane, send, addLane, drain } = setUp()
    addLane()
    lane.close()
    send(8)
    expect([own.frames.length, lane.frames.length]).toEqual([4, 0])
    drain(own)
    expect(own.frames).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  it('give a channel that was filled before no more until it has drained', () => {
    const { own, congestion, send, drain } = setUp(MARK, true)
    send(1)
    expect([own.frames.length, congestion]).toEqual([0, []])
    drain(own, 16 * KiB)
    expect([own.frames.length, congestion]).toEqual([1, ['writable']])
  })

  it('are full when whatever is sent waits', () => {
    const { own, flows, send, addLane } = setUp()
    expect(flows.isFull).toBe(false)
    send(1)
    expect(flows.isFull).toBe(true)
    addLane()
    expect(flows.isFull).toBe(false)
    expect(own.frames).toEqual([0])
  })
})
