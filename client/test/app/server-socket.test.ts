import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { parsePeerId, type PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { Identity } from '../../src/adapters/identity.ts'
import { ServerSocket, type ServerEvents } from '../../src/adapters/server-socket.ts'
import type { ServerView } from '../../src/app/api.ts'

const LEFT: ServerView = { state: 'down', because: null }

let io: Server
let url: string
/** Answers to `identify` that the server owes. */
let owed: (() => void)[]
let socket: ServerSocket | null

beforeEach(async () => {
  owed = []
  const http = createServer()
  io = new Server(http)
  io.on('connection', (peer) => {
    peer.on('identify', (_request: unknown, answer: () => void) => owed.push(answer))
    peer.emit('challenge', { nonce: 'ab'.repeat(16) })
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${String((http.address() as AddressInfo).port)}`
})
afterEach(async () => {
  vi.useRealTimers()
  socket?.disconnect()
  await io.close()
})

/** A socket that signs as told. @returns all that it showed. */
function connect(sign: () => Promise<string>): ServerView[] {
  const seen: ServerView[] = []
  const none = () => undefined
  const events: ServerEvents = {
    up: none,
    iceServers: none,
    down: none,
    envelope: none,
    nearby: none,
    changed: (view) => seen.push(view),
  }
  const identity: Identity = { peerId: parsePeerId('1'.repeat(64)) as PeerId, publicKey: '04', sign }
  socket = new ServerSocket(identity, events, { url })
  socket.connect()
  return seen
}

const rest = () => new Promise((resolve) => setTimeout(resolve, 50))

it('who disconnects before the server has answered stays disconnected, and is not told of a server that is down', async () => {
  const seen = connect(() => Promise.resolve('00'))
  await expect.poll(() => owed.length).toBe(1)
  socket?.disconnect()
  await rest()
  expect(seen.at(-1)).toEqual(LEFT)
})

it('a signature that comes after the connection has gone is sent to nobody', async () => {
  let sign = (_signature: string): void => undefined
  let asked = 0
  const seen = connect(() => (asked++, new Promise((resolve) => (sign = resolve))))
  await expect.poll(() => asked).toBe(1)
  socket?.disconnect()
  const late = sign
  socket?.connect()
  await expect.poll(() => asked).toBe(2)
  late('00')
  await rest()
  expect(owed).toEqual([])
  sign('00')
  await expect.poll(() => owed.length).toBe(1)
  expect(seen.at(-1)?.state).toBe('connecting')
})

it('an answer of the server that is too late leaves nobody connected and down: it is asked again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const seen = connect(() => Promise.resolve('00'))
  await expect.poll(() => owed.length).toBe(1)
  vi.advanceTimersByTime(10_000)
  await expect.poll(() => seen.at(-1)).toEqual({ state: 'down', because: 'unreachable' })
  owed[0]?.()
  vi.advanceTimersByTime(30_000)
  await expect.poll(() => owed.length).toBe(2)
})
