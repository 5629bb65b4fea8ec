import { afterEach, describe, expect, it, vi } from 'vitest'
import { LANE_POLICY, type LanePolicy } from '../../src/adapters/lanes/policy.ts'
import type { Transport } from '../../src/adapters/transport.ts'
import { WebRtcTransport } from '../../src/adapters/webrtc-transport.ts'
import { pair, sid } from '../contracts/transport.contract.ts'

/** Loopback counts as far, and no second is waited for: not even until the other end believes this one, which may cost a try. */
const EAGER: LanePolicy = { ...LANE_POLICY, roundTripMs: 0, pressedMs: 0, againMs: 200 }
/** Once is enough. */
const PATIENT: LanePolicy = { ...EAGER, openMs: 500, againMs: 60_000 }
const FRAME_BYTES = 16_384

const open: Transport[] = []
const made: RTCPeerConnection[] = []
/** On which lanes are arranged. */
const channels: RTCDataChannel[] = []
afterEach(() => {
  open.splice(0).forEach((transport) => transport.closeAll())
  made.length = 0
  channels.length = 0
  vi.unstubAllGlobals()
})

/** All connections that the page constructs from now on, in order. */
function watchConnections(): void {
  const Original = RTCPeerConnection
  vi.stubGlobal(
    'RTCPeerConnection',
    class extends Original {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        made.push(this)
      }
      override createDataChannel(label: string, options?: RTCDataChannelInit): RTCDataChannel {
        const channel = super.createDataChannel(label, options)
        if (label === 'lanes') channels.push(channel)
        return channel
      }
    },
  )
}

async function connected(policies: readonly [LanePolicy, LanePolicy] = [EAGER, EAGER]) {
  watchConnections()
  const rest = [...policies]
  const ends = pair((events) => new WebRtcTransport(events, rest.shift()))
  const [a, b] = [ends.a, ends.b]
  open.push(a.transport, b.transport)
  b.transport.open(sid, false, true)
  a.transport.open(sid, true, true)
  await vi.waitUntil(() => a.seen.opened === 1 && b.seen.opened === 1, { timeout: 10_000 })
  return { a, b }
}

type End = Awaited<ReturnType<typeof connected>>['a']

/** Sends numbered frames whenever there is room, until enough of them are sent and the condition holds. */
class Sender {
  sent = 0
  constructor(readonly end: End) {}

  async until(isEnough: () => boolean): Promise<void> {
    await vi.waitUntil(
      () => {
        const { seen, transport } = this.end
        for (let room = 400; room > 0 && seen.congestion.at(-1) !== 'congested' && !isEnough(); room--) {
          const frame = new Uint8Array(FRAME_BYTES)
          new DataView(frame.buffer).setUint32(0, this.sent++)
          transport.send(sid, 'bulk', frame)
        }
        return isEnough()
      },
      { timeout: 20_000, interval: 1 },
    )
  }
}

const numbersOf = (end: End): number[] =>
  end.seen.frames
    .map(({ bytes }) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0))
    .sort((x, y) => x - y)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
const countOf = ({ transport }: End): number => (transport as WebRtcTransport).laneCount

/** Bytes that went over each of the connections. */
async function sentBy(pc: RTCPeerConnection | undefined): Promise<number> {
  let bytes = 0
  const stats = await pc?.getStats()
  stats?.forEach((entry: { type: string; bytesSent?: number }) => {
    if (entry.type === 'data-channel') bytes += entry.bytesSent ?? 0
  })
  return bytes
}

describe('lanes of a link', () => {
  it('are three at the most, carry frames one way, and no frame is lost', async () => {
    const { a, b } = await connected()
    const sender = new Sender(a)
    await sender.until(() => countOf(a) === 3 && countOf(b) === 3 && sender.sent > 2_000)
    await sender.until(() => sender.sent >= 4_000)
    await vi.waitUntil(() => b.seen.frames.length === sender.sent, { timeout: 20_000 })
    expect(numbersOf(b)).toEqual(upTo(sender.sent))
    expect(b.transport.constructedCount).toBe(4)
    const lanes = made.slice(2).filter((pc) => pc.connectionState === 'connected')
    expect(lanes).toHaveLength(6)
    const sent = await Promise.all(lanes.map(sentBy))
    expect(sent.filter((bytes) => bytes > FRAME_BYTES)).toHaveLength(3)
    expect(sent.filter((bytes) => bytes === 0)).toHaveLength(3)
    expect([a.seen.closed, b.seen.closed]).toEqual([0, 0])
  })

  it('are made by each end for what it sends', async () => {
    const { a, b } = await connected()
    const senders = [new Sender(a), new Sender(b)] as const
    await Promise.all(senders.map((each) => each.until(() => countOf(a) === 6 && countOf(b) === 6)))
    await vi.waitUntil(() => b.seen.frames.length === senders[0].sent, { timeout: 20_000 })
    await vi.waitUntil(() => a.seen.frames.length === senders[1].sent, { timeout: 20_000 })
    expect(numbersOf(a)).toEqual(upTo(senders[1].sent))
  })

  it('do not come about on this machine by the usual rules', async () => {
    const { a, b } = await connected([{ ...LANE_POLICY, pressedMs: 0 }, LANE_POLICY])
    const sender = new Sender(a)
    const startedAt = performance.now()
    await sender.until(() => performance.now() - startedAt > 2_000)
    expect(a.seen.congestion).toContain('congested')
    expect([a.transport.constructedCount, countOf(a), countOf(b)]).toEqual([1, 0, 0])
  })

  it('are dropped when nothing flows, and nothing else happens', async () => {
    const quick = { ...EAGER, idleMs: 1_000 }
    const { a, b } = await connected([quick, quick])
    const sender = new Sender(a)
    await sender.until(() => countOf(a) === 3 && sender.sent > 1_000)
    await vi.waitUntil(() => countOf(a) === 0 && countOf(b) === 0, { timeout: 20_000 })
    expect(numbersOf(b)).toEqual(upTo(sender.sent))
    await sender.until(() => countOf(a) > 0)
    expect([a.seen.closed, b.seen.closed]).toEqual([0, 0])
  })

  it('that is killed while nothing is under way costs nothing but itself', async () => {
    const { a, b } = await connected()
    const sender = new Sender(a)
    await sender.until(() => countOf(a) === 3 && sender.sent > 1_000)
    await vi.waitUntil(() => b.seen.frames.length === sender.sent, { timeout: 20_000 })
    made.at(-1)?.close()
    await vi.waitUntil(() => countOf(a) === 2 || countOf(b) === 2, { timeout: 20_000 })
    const before = sender.sent
    await sender.until(() => sender.sent > before + 1_000)
    await vi.waitUntil(() => b.seen.frames.length === sender.sent, { timeout: 20_000 })
    expect(numbersOf(b)).toEqual(upTo(sender.sent))
    expect([a.seen.closed, b.seen.closed]).toEqual([0, 0])
  })

  it('that is killed with frames under way ends the link, so that nobody waits for them', async () => {
    const { a, b } = await connected()
    const sender = new Sender(a)
    await sender.until(() => countOf(a) === 3 && sender.sent > 1_000)
    for (let i = 0; i < 200; i++) a.transport.send(sid, 'bulk', new Uint8Array(FRAME_BYTES))
    for (const pc of made.slice(2)) pc.close()
    await vi.waitUntil(() => a.seen.closed === 1 && b.seen.closed === 1, { timeout: 20_000 })
    expect([countOf(a), countOf(b)]).toEqual([0, 0])
  })

  it('move to another path together with the link', async () => {
    const { a, b } = await connected()
    const sender = new Sender(a)
    await sender.until(() => countOf(a) === 3 && sender.sent > 1_000)
    const fragments = () => made.map((pc) => /ice-ufrag:(\S+)/.exec(pc.localDescription?.sdp ?? '')?.[1])
    const before = fragments()
    a.transport.restart(sid)
    await vi.waitUntil(() => fragments().every((each, i) => each !== before[i]), { timeout: 20_000 })
    const count = sender.sent
    await sender.until(() => sender.sent > count + 1_000)
    await vi.waitUntil(() => b.seen.frames.length === sender.sent, { timeout: 20_000 })
    expect(numbersOf(b)).toEqual(upTo(sender.sent))
    expect(countOf(a)).toBe(3)
  })

  it('end with the link, and are none where addresses are hidden', async () => {
    const { a, b } = await connected()
    const sender = new Sender(a)
    await sender.until(() => countOf(a) === 3)
    a.transport.setRelayOnly(true)
    await vi.waitUntil(() => b.seen.closed === 1 && countOf(b) === 0, { timeout: 20_000 })
    await vi.waitUntil(() => made.every((pc) => pc.connectionState === 'closed'), { timeout: 10_000 })
    expect(countOf(a)).toBe(0)
  })

  it('that the other end does not want are given up', async () => {
    const { a, b } = await connected([PATIENT, { ...EAGER, perLink: 0 }])
    const sender = new Sender(a)
    const startedAt = performance.now()
    await sender.until(() => performance.now() - startedAt > 1_500)
    await vi.waitUntil(() => b.seen.frames.length === sender.sent, { timeout: 20_000 })
    expect([a.transport.constructedCount, b.transport.constructedCount, countOf(a)]).toEqual([2, 1, 0])
    expect([a.seen.closed, b.seen.closed]).toEqual([0, 0])
  })

  it('that never open are given up', async () => {
    const { a, b } = await connected([PATIENT, EAGER])
    await vi.waitUntil(() => channels.every(({ readyState }) => readyState === 'open'))
    // What it offers is lost.
    const arranged = channels.at(-1)
    if (arranged !== undefined) arranged.send = () => undefined
    const sender = new Sender(a)
    const startedAt = performance.now()
    await sender.until(() => performance.now() - startedAt > 1_500)
    await vi.waitUntil(() => b.seen.frames.length === sender.sent, { timeout: 20_000 })
    expect([a.transport.constructedCount, countOf(a), countOf(b)]).toEqual([2, 0, 0])
    expect([a.seen.closed, b.seen.closed]).toEqual([0, 0])
  })

  it('are none after nonsense from the other end, and the link goes on', async () => {
    const { a, b } = await connected()
    await vi.waitUntil(() => channels.every(({ readyState }) => readyState === 'open'))
    channels.at(-1)?.send(new Uint8Array([1, 1, 7]))
    channels.at(-1)?.send('nonsense')
    await vi.waitUntil(() => channels.every(({ readyState }) => readyState === 'closed'), { timeout: 10_000 })
    const sender = new Sender(a)
    await sender.until(() => sender.sent > 1_000)
    await vi.waitUntil(() => b.seen.frames.length === sender.sent, { timeout: 20_000 })
    expect([countOf(a), countOf(b), a.seen.closed, b.seen.closed]).toEqual([0, 0, 0, 0])
  })

  it('take the link with them when nonsense ends them while they carry frames', async () => {
    const { a, b } = await connected()
    const sender = new Sender(a)
    await sender.until(() => countOf(a) === 3 && sender.sent > 1_000)
    channels.at(-1)?.send(new Uint8Array([99]))
    await vi.waitUntil(() => a.seen.closed === 1 && b.seen.closed === 1, { timeout: 20_000 })
    expect([countOf(a), countOf(b)]).toEqual([0, 0])
  })
})
