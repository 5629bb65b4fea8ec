import { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { CONNECTION_LIMITS, ConnectionGuard, type Cut } from '../src/signaling/connection-guard.ts'
import type { Connection } from '../src/signaling/events.ts'
import { RequestGate, REQUEST_LIMITS } from '../src/signaling/request-gate.ts'
import type { Session } from '../src/signaling/session.ts'
import { ManualClock, testConfig } from './helpers.ts'

class FakeTcp extends EventEmitter {
  writableLength = 0
  destroyed = false
  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }
}

class FakeConnection extends EventEmitter {
  readonly request = { socket: new FakeTcp() }
  close(): void {
    this.emit('close')
  }
}

function guarded(session?: { peer: string | null }) {
  const clock = new ManualClock()
  const connection = new FakeConnection()
  const cuts: Cut[] = []
  const guard = new ConnectionGuard({
    connection: connection as unknown as Connection,
    clock,
    session: () => session as Session | undefined,
    onCut: (cut) => cuts.push(cut),
  })
  const receive = (data: unknown): void => {
    connection.emit('packet', { type: 'message', data })
    if (cuts.length === 0) connection.emit('data', data)
  }
  return { clock, connection, cuts, guard, receive, tcp: connection.request.socket }
}

describe('a connection', () => {
  it('is cut when it sends more packets than all limits of a socket allow', () => {
    const { clock, cuts, receive, tcp } = guarded({ peer: 'known' })
    for (let n = 0; n < CONNECTION_LIMITS.packets.burst; n++) receive('x')
    clock.advance(1000)
    for (let n = 0; n < CONNECTION_LIMITS.packets.ratePerSecond; n++) receive('x')
    expect([cuts, tcp.destroyed]).toEqual([[], false])
    receive('x')
    expect([cuts, tcp.destroyed]).toEqual([['tooMuch'], true])
  })

  it('is cut when it sends more bytes', () => {
    const { cuts, receive } = guarded({ peer: 'known' })
    for (let n = 0; n < 64; n++) receive('x'.repeat(65_536))
    expect(cuts).toEqual([])
    receive('x')
    expect(cuts).toEqual(['tooMuch'])
  })

  it.each([
    ['a second packet before there is a session', undefined, ['0', '0'], 'early'],
    ['17 KiB before it has proved its key', { peer: null }, ['x'.repeat(17_000)], 'unauthenticated'],
    ['binary', { peer: 'known' }, [Buffer.alloc(1)], 'binary'],
  ] as const)('is cut for %s', (_what, session, packets, cut) => {
    const { cuts, receive } = guarded(session)
    for (const packet of packets) receive(packet)
    expect(cuts).toEqual([cut])
  })

  it('is cut when it does not read: what Engine.IO holds back counts, and what the system has not taken', () => {
    const { connection, cuts, guard, tcp } = guarded({ peer: 'known' })
    const send = (length: number) => connection.emit('packetCreate', { data: 'x'.repeat(length) })
    send(100_000)
    connection.emit('flush')
    tcp.writableLength = 100_000
    expect(guard.waitingBytes).toBe(100_000)
    send(400_000)
    expect(cuts).toEqual([])
    send(40_000)
    expect(cuts).toEqual(['slowReader'])
  })

  it('is ended a second after its last word', () => {
    const { clock, connection, cuts, tcp } = guarded({ peer: 'known' })
    connection.close()
    clock.advance(CONNECTION_LIMITS.lingerMs - 1)
    expect(tcp.destroyed).toBe(false)
    clock.advance(1)
    expect([tcp.destroyed, cuts]).toEqual([true, []])
  })
})

describe('an address', () => {
  const gate = (env: Record<string, string> = {}) => {
    const clock = new ManualClock()
    return { clock, gate: new RequestGate(testConfig(env), clock) }
  }
  const request = (remoteAddress: string, forwarded?: string) => {
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
    return { headers, socket: { remoteAddress } } as unknown as IncomingMessage
  }
  const connection = (remoteAddress: string) => Object.assign(new FakeTcp(), { remoteAddress })

  it('may make so many requests, each behind a proxy for itself, and this machine any number', () => {
    const { gate: requests, clock } = gate({ TRUST_PROXY: '10.0.0.1' })
    const { burst, ratePerSecond } = REQUEST_LIMITS.requests
    const admitted = (count: number, from: IncomingMessage) =>
      Array.from({ length: count }, () => requests.admits(from)).filter((isIn) => isIn).length
    expect(admitted(burst + 10, request('9.9.9.9'))).toBe(burst)
    clock.advance(1000)
    expect(admitted(burst, request('9.9.9.9'))).toBe(ratePerSecond)
    expect(admitted(burst, request('10.0.0.1', '9.9.9.8'))).toBe(burst)
    expect(admitted(burst * 3, request('127.0.0.1'))).toBe(burst * 3)
  })

  it('may hold so many connections, a proxy any number', () => {
    const { gate: requests } = gate({ TRUST_PROXY: '10.0.0.1', MAX_SOCKETS_PER_ADDRESS: '2' })
    const open = (address: string, count: number) =>
      Array.from({ length: count }, () => {
        const tcp = connection(address)
        requests.connected(tcp as unknown as Parameters<RequestGate['connected']>[0])
        return tcp
      })
    const most = 2 * REQUEST_LIMITS.connectionsPerSocket
    const own = open('9.9.9.9', most + 1)
    expect(own.map(({ destroyed }) => destroyed)).toEqual([...Array<boolean>(most).fill(false), true])
    own[0]?.destroy()
    expect(open('9.9.9.9', 2).map(({ destroyed }) => destroyed)).toEqual([false, true])
    expect(open('10.0.0.1', 50).some(({ destroyed }) => destroyed)).toBe(false)
    expect(open('::1', 50).some(({ destroyed }) => destroyed)).toBe(false)
  })
})
