import { describe, expect, it } from 'vitest'
import { BulkFlows, newFlow } from '../../src/adapters/lanes/bulk-flows.ts'

const KiB = 1024
const START = 512 * KiB

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

function setUp() {
  const [own, lane] = [new FakeChannel(), new FakeChannel()]
  const congestion: string[] = []
  let sentCount = 0
  const flows = new BulkFlows(newFlow(own as unknown as RTCDataChannel, START), {
    congestion: (state) => void congestion.push(state),
    sent: () => void sentCount++,
  })
  let number = 0
  const send = (count: number, bytes = 16 * KiB) => {
    for (let i = 0; i < count; i++) flows.send(new Uint8Array(bytes).fill(number++))
  }
  const addLane = () => {
    flows.flows.push(newFlow(lane as unknown as RTCDataChannel, 64 * KiB))
    flows.drained()
  }
  const drain = (channel: FakeChannel, to = 0) => {
    channel.bufferedAmount = to
    flows.drained()
  }
  return { own, lane, flows, congestion, send, addLane, drain, sentCount: () => sentCount }
}

describe('the channels that blocks of a link go over', () => {
  it('are one for a near link, which is given everything at once', () => {
    const { own, congestion, send, drain, sentCount } = setUp()
    send(40)
    expect([own.frames.length, sentCount()]).toEqual([40, 40])
    expect(congestion).toEqual(['congested'])
    drain(own, 200 * KiB)
    expect(congestion).toEqual(['congested', 'writable'])
  })

  it('take little each on a far link: the rest waits for whichever has room first', () => {
    const { own, lane, flows, congestion, send, addLane, drain, sentCount } = setUp()
    flows.hold()
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
    const { own, lane, flows, send, addLane, drain } = setUp()
    flows.hold()
    addLane()
    lane.close()
    send(8)
    expect([own.frames.length, lane.frames.length]).toEqual([4, 0])
    drain(own)
    expect(own.frames).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  it('keep what a channel was given before it was known to be far, and give it no more until it has drained', () => {
    const { own, flows, congestion, send, drain } = setUp()
    send(40)
    flows.hold()
    send(1)
    expect([own.frames.length, congestion]).toEqual([40, ['congested', 'writable']])
    drain(own, 16 * KiB)
    expect(own.frames).toHaveLength(41)
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
