import { afterEach, describe, expect, it, vi } from 'vitest'
import type { LocalSignal } from '@ringdrop/shared/protocols/introduction/effects.ts'
import { WebRtcTransport } from '../../src/adapters/webrtc-transport.ts'
import type { Transport } from '../../src/adapters/transport.ts'
import { pair, sid, transportContract, type CreateTransport } from '../contracts/transport.contract.ts'

const create: CreateTransport = (events) => new WebRtcTransport(events)
transportContract('simple-peer in Chromium', create)

function sdpOf(signals: readonly LocalSignal[], type: 'offer' | 'answer'): string {
  for (const signal of signals) if (signal.type === type) return signal.sdp
  return ''
}

function lineOf(sdp: string, attribute: string): string {
  const line = new RegExp(`^a=${attribute}:.+$`, 'm').exec(sdp)?.[0]
  expect(line).toBeDefined()
  return line ?? ''
}

const open: Transport[] = []
afterEach(() => open.splice(0).forEach((transport) => transport.closeAll()))

async function connected() {
  const { a, b } = pair(create)
  open.push(a.transport, b.transport)
  b.transport.open(sid, false, true)
  a.transport.open(sid, true, true)
  await vi.waitUntil(() => a.seen.opened === 1 && b.seen.opened === 1, { timeout: 10_000 })
  return { a, b }
}

describe('the WebRTC transport', () => {
  it('finds another path for an open connection, with the same certificates and without losing a frame', async () => {
    const signals: LocalSignal[] = []
    const { a, b } = pair(create, (signal) => (signals.push(signal), true))
    open.push(a.transport, b.transport)
    b.transport.open(sid, false, true)
    a.transport.open(sid, true, true)
    await vi.waitUntil(() => a.seen.opened === 1 && b.seen.opened === 1, { timeout: 10_000 })
    const first = signals.splice(0)
    for (let i = 0; i < 50; i++) a.transport.send(sid, 'control', new Uint8Array([i]))
    a.transport.restart(sid)
    const has = (type: string) => signals.some((signal) => signal.type === type)
    await vi.waitUntil(() => has('offer') && has('answer') && has('candidate'), { timeout: 10_000 })
    for (let i = 50; i < 100; i++) a.transport.send(sid, 'control', new Uint8Array([i]))
    await vi.waitUntil(() => b.seen.frames.length === 100, { timeout: 10_000 })
    expect(b.seen.frames.map(({ bytes }) => bytes[0])).toEqual(Array.from({ length: 100 }, (_, i) => i))
    for (const type of ['offer', 'answer'] as const) {
      const [before, after] = [sdpOf(first, type), sdpOf(signals, type)]
      expect(lineOf(after, 'fingerprint')).toBe(lineOf(before, 'fingerprint'))
      expect(lineOf(after, 'ice-ufrag')).not.toBe(lineOf(before, 'ice-ufrag'))
    }
    expect([a.seen.closed, b.seen.closed]).toEqual([0, 0])
  })

  it('can search again while a search is not answered', async () => {
    let isCarried = true
    const { a, b } = pair(create, () => isCarried)
    open.push(a.transport, b.transport)
    b.transport.open(sid, false, true)
    a.transport.open(sid, true, true)
    await vi.waitUntil(() => a.seen.opened === 1 && b.seen.opened === 1, { timeout: 10_000 })
    isCarried = false
    a.transport.restart(sid)
    a.transport.send(sid, 'control', new Uint8Array([1]))
    await vi.waitUntil(() => b.seen.frames.length === 1, { timeout: 10_000 })
    isCarried = true
    a.transport.restart(sid)
    a.transport.send(sid, 'control', new Uint8Array([2]))
    await vi.waitUntil(() => b.seen.frames.length === 2, { timeout: 10_000 })
    expect([a.seen.closed, b.seen.closed]).toEqual([0, 0])
  })

  it('outlasts that the browser gives up while people carry a reply, and looks on for the other side', async () => {
    const made: RTCPeerConnection[] = []
    const Original = RTCPeerConnection
    const Watched = class extends Original {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        made.push(this)
      }
    }
    vi.stubGlobal('RTCPeerConnection', Watched)
    const signals: LocalSignal[] = []
    const { a, b } = pair(create, (signal) => (signals.push(signal), false))
    open.push(a.transport, b.transport)
    a.transport.open(sid, true, false)
    b.transport.open(sid, false, false)
    vi.unstubAllGlobals()
    await vi.waitUntil(() => signals.length === 1, { timeout: 10_000 })
    // What leads nowhere stands for a router that lets nothing in yet.
    const offer = sdpOf(signals, 'offer').replace(/^(a=candidate:\S+ 1 udp \S+ \S+) \d+/gm, '$1 40009')
    b.transport.signal(sid, { type: 'offer', sdp: offer })
    const state = () => made[1]?.connectionState
    await vi.waitUntil(() => state() === 'failed', { timeout: 40_000 })
    await vi.waitUntil(() => state() === 'connecting', { timeout: 20_000 })
    a.transport.signal(sid, { type: 'answer', sdp: sdpOf(signals, 'answer') })
    await vi.waitUntil(() => a.seen.opened === 1 && b.seen.opened === 1, { timeout: 10_000 })
    expect([a.seen.closed, b.seen.closed]).toEqual([0, 0])
  }, 90_000)

  it('tells that a connection is closed which the browser refuses to construct, and goes on with others', async () => {
    const { a, b } = await connected()
    const other = 'cd'.repeat(16) as typeof sid
    const refusing = vi.spyOn(globalThis, 'RTCPeerConnection').mockImplementation(function () {
      throw new DOMException('Cannot create so many PeerConnections', 'UnknownError')
    })
    expect(() => a.transport.open(other, true, true)).not.toThrow()
    await vi.waitUntil(() => a.seen.closed === 1)
    refusing.mockRestore()
    a.transport.send(sid, 'control', new Uint8Array([7]))
    await vi.waitUntil(() => b.seen.frames.length === 1)
    expect(b.seen.closed).toBe(0)
  })

  it('keeps nothing of closed connections, so that a tab may make any number in its life', async () => {
    const { a } = await connected()
    const other = 'cd'.repeat(16) as typeof sid
    const collect = (globalThis as unknown as { gc: (options: object) => Promise<void> }).gc
    // Chromium refuses to construct more than 500 that it has not collected.
    for (let i = 0; i < 600; i++) {
      a.transport.open(other, true, true)
      a.transport.close(other)
      if (i % 100 === 99) await collect({ type: 'major', execution: 'async' })
    }
    expect([a.seen.closed, a.transport.constructedCount]).toEqual([0, 601])
  })

  it('says how its open connections run, by types of candidates and without an address', async () => {
    const { a, b } = await connected()
    a.transport.send(sid, 'bulk', new Uint8Array(16_384))
    await vi.waitUntil(() => b.seen.frames.length === 1, { timeout: 10_000 })
    // A browser renews its figures about once a second, and measures the round trip a little later.
    await vi.waitUntil(
      async () => {
        const path = (await a.transport.paths()).get(sid)
        return path !== undefined && path.roundTripMs !== null && path.sentBytes > 16_384
      },
      { timeout: 15_000, interval: 200 },
    )
    for (const { transport } of [a, b]) {
      const path = (await transport.paths()).get(sid)
      expect(path?.protocol).toBe('udp')
      expect(['host', 'prflx', 'srflx']).toContain(path?.local)
      expect(['host', 'prflx', 'srflx']).toContain(path?.remote)
      expect(Object.keys(path ?? {}).sort()).toEqual(
        ['at', 'local', 'protocol', 'receivedBytes', 'remote', 'roundTripMs', 'sentBytes'].sort(),
      )
    }
    a.transport.close(sid)
    expect((await a.transport.paths()).size).toBe(0)
  })
})
