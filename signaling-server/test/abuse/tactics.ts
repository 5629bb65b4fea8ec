import { connect, join, type TestPeer } from '../helpers.ts'
import { frame, RawSocket, upgradeRequest, type Target } from './raw-socket.ts'

/** How many packets, or sockets, an attack came to. */
export interface Tally {
  sent: number
  closed: number
}

/** Malformed texts, each of them refused or fatal in its own way. */
const MALFORMED = [
  '42["announce"]',
  '42["announce",null]',
  '420["announce",{}]',
  '421["announce",{"infoHash":[],"event":{},"left":-1}]',
  '422["announce",{"__proto__":{"ok":true}}]',
  '423["__proto__",{}]',
  '424["constructor",{}]',
  '425["signal",{"v":1,"route":[0,0,0,0,0,0,0,0]}]',
  '426["nonsense",{}]',
  '427["directorySearch",{"criteria":{"by":"words","words":["Two words"]},"limit":1e9}]',
  '428["sample",{"numWant":1e400}]',
  '43999["x"]',
  '429["nearby",{"card":{"name":"\\u0000"}}]',
  '4210["scrape",{"infoHash":"AB"}]',
  '3',
  '3probe',
] as const
/** Texts that end a connection at once. */
const FATAL = [
  '42{{{',
  '4299999999999["x"]',
  '451-["announce",{"_placeholder":true,"num":0}]',
  '4599999999-["a"]',
  '450-["a"]',
  '42["disconnect"]',
  '40',
  '41',
  '4',
  '9',
  'b4AAAA',
  '\u0000',
  `42["a",${'['.repeat(9_000)}`,
] as const

/** Sends so many malformed packets, by new connections whenever the server has had enough of one. */
export async function sendMalformed(target: Target, count: number, tally: Tally): Promise<void> {
  const burst = Buffer.concat(MALFORMED.map((text) => frame(text)))
  const fatal = FATAL.map((text) => frame(text))
  for (let turn = 0; tally.sent < count; turn++) {
    const socket = await RawSocket.open(target)
    await socket.write(frame('40'))
    await socket.has('challenge')
    while (!socket.isClosed && tally.sent < count) {
      await socket.write(burst)
      tally.sent += MALFORMED.length
      // The server's answer shows that it has read some of them.
      await new Promise((resolve) => setImmediate(resolve))
    }
    await socket.write(fatal[turn % fatal.length] ?? '')
    tally.sent++
    await socket.closed
    tally.closed++
  }
}

/** Messages over 64 KiB, in one frame, in fragments, or only announced by their length. */
export async function sendOversized(target: Target, count: number, tally: Tally): Promise<void> {
  const long = `42["announce","${'x'.repeat(70_000)}"]`
  const fragments = Buffer.concat([
    frame(long.slice(0, 60_000), 'text', false),
    frame('x'.repeat(60_000), 'continuation', false),
  ])
  const promised = frame(Buffer.alloc(70_000)).subarray(0, 20)
  for (let at = 0; at < count; at++) {
    const socket = await RawSocket.open(target)
    await socket.write([frame(long), fragments, promised][at % 3] ?? '')
    tally.sent++
    await socket.closed
    tally.closed++
  }
}

/** Binary messages and announced attachments, with and without a namespace. */
export async function sendBinary(target: Target, count: number, tally: Tally): Promise<void> {
  const tricks = [
    [frame(Buffer.alloc(10))],
    [frame('40'), frame(Buffer.alloc(1000))],
    [frame('40'), frame('459-["a",{"_placeholder":true,"num":0}]'), frame(Buffer.alloc(1))],
    [frame('bAAAA')],
    [frame(Buffer.alloc(0))],
  ]
  for (let at = 0; at < count; at++) {
    const socket = await RawSocket.open(target)
    await socket.write(Buffer.concat(tricks[at % tricks.length] ?? []))
    tally.sent++
    await socket.closed
    tally.closed++
  }
}

/** One connection that opens its namespace as often as fits into what it may send before it identifies. */
export async function openNamespaces(target: Target): Promise<void> {
  const socket = await RawSocket.open(target)
  await socket.write(Buffer.concat(Array.from({ length: 5_000 }, () => frame('40'))))
  await socket.closed
}

/** Fragments of one byte that never make a message, until they are sent or the server has had enough. */
export async function dripFragments(target: Target, fragments: number): Promise<RawSocket> {
  const socket = await RawSocket.open(target)
  await socket.write(frame('4', 'text', false))
  const drops = Buffer.concat(Array.from({ length: 500 }, () => frame('x', 'continuation', false)))
  for (let sent = 0; sent < fragments && !socket.isClosed; sent += 500) await socket.write(drops)
  return socket
}

/** Connections that never finish their request. They are closed by whoever asked for them, if not by the server. */
export async function slowLoris(target: Target, count: number): Promise<RawSocket[]> {
  const sockets: RawSocket[] = []
  for (let at = 0; at < count; at++) {
    const socket = new RawSocket(target)
    sockets.push(socket)
    await socket.write(upgradeRequest(target).slice(0, 20 + (at % 60)))
  }
  return sockets
}

/** Connections that finish their handshake and then say nothing. */
export async function silentSockets(target: Target, count: number): Promise<RawSocket[]> {
  const sockets: RawSocket[] = []
  for (let at = 0; at < count; at += 50) {
    const some = Array.from({ length: Math.min(50, count - at) }, () => RawSocket.open(target))
    sockets.push(...(await Promise.all(some)))
  }
  return sockets
}

/**
 * Identified peers that speak in the name of another, until so many tries are made.
 * @returns how many tries were answered with success
 */
export async function forge(target: Target, victim: TestPeer, count: number, tally: Tally): Promise<number> {
  let accepted = 0
  const infoHash = 'fe'.repeat(32)
  const announcement = { infoHash, event: 'started', left: 0, uploaded: 0, downloaded: 0, numWant: 0 }
  while (tally.sent < count) {
    const client = await join(target)
    const { peer } = client
    const envelope = victim.envelope(victim.id)
    const tries: [string, unknown][] = [
      ['announce', { ...announcement, peerId: victim.id }],
      ['announce', { ...announcement, from: victim.id }],
      ['signal', envelope],
      ['signal', { ...envelope, key: peer.key }],
      ['signal', { ...peer.envelope(victim.id), route: [victim.id] }],
      ['signal', { ...peer.envelope(victim.id), from: victim.id }],
      ['directoryUpdate', { reset: true, add: [], withdraw: [], from: victim.id }],
      ['identify', { key: victim.key, host: new URL(target.origin).host, signature: '00'.repeat(64) }],
    ]
    for (let at = 0; client.socket.connected && tally.sent < count; at++) {
      const [event, payload] = tries[at % tries.length] ?? ['announce', null]
      tally.sent++
      client.socket.emit(event, payload, (answer: { ok?: boolean } | undefined) => {
        if (answer?.ok === true) accepted++
      })
      if (at % 50 === 49) await new Promise((resolve) => setImmediate(resolve))
    }
    // The last one may have stayed below what ends a connection; nobody but itself would ever close it.
    if (tally.sent >= count) client.socket.disconnect()
    await client.closed
    tally.closed++
  }
  return accepted
}

/** Tries to identify with another's key, one try a socket. @returns how many got through. */
export async function stealKeys(target: Target, victim: TestPeer, count: number): Promise<number> {
  let accepted = 0
  const host = new URL(target.origin).host
  for (let at = 0; at < count; at++) {
    const client = await connect(target)
    const request = { ...(await victim.identifyRequest('evil.example', client.nonce)), host }
    const answer = (await client.ask('identify', request)) as { ok: boolean }
    if (answer.ok) accepted++
    await client.closed
  }
  return accepted
}

/** A peer that lists 5,000 files, and then says over and over that it has their share, a hundred times in each message. */
export async function repeatShare(target: Target, messages: number): Promise<void> {
  const client = await join(target)
  const share = 'ad'.repeat(32)
  const listing = (file: number) => ({
    root: file.toString(16).padStart(64, '0'),
    infoHash: share,
    name: `f${String(file)}`,
    sizeBytes: file,
  })
  const add = async (parts: readonly (readonly number[])[]): Promise<void> => {
    const shares = parts.map((files) => ({ infoHash: share, listings: files.map(listing) }))
    const update = { reset: false, add: shares, withdraw: [] }
    while (!((await client.ask('directoryUpdate', update)) as { ok: boolean }).ok)
      await new Promise((resolve) => setTimeout(resolve, 250))
  }
  const run = (from: number, count: number) => Array.from({ length: count }, (_, n) => from + n)
  for (let at = 0; at < 5_000; at += 250) await add([run(at, 100), run(at + 100, 100), run(at + 200, 50)])
  for (let sent = 0; sent < messages; sent++) await add(Array.from({ length: 100 }, () => []))
  client.socket.disconnect()
}

/**
 * A peer that reads nothing while its friends send it all they may.
 * @returns what ends it, to be called when the figures are taken
 */
export async function neverRead(target: Target, friends: number): Promise<() => void> {
  const deaf = await join(target)
  const { transport } = deaf.socket.io.engine as unknown as {
    transport: { ws: { pause: () => void; terminate: () => void } }
  }
  transport.ws.pause()
  const payload = 'x'.repeat(6_500)
  for (let at = 0; at < friends; at++) {
    const friend = await join(target)
    const envelope = friend.peer.envelope(deaf.peer.id, { payload })
    await Promise.all(Array.from({ length: 190 }, () => friend.ask('signal', envelope)))
    friend.socket.disconnect()
  }
  return () => transport.ws.terminate()
}
