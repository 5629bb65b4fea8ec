import { webcrypto } from 'node:crypto'
import { request } from 'node:http'
import type { Clock } from '@ringdrop/shared/host/ports.ts'
import { toHex, utf8Encode } from '@ringdrop/shared/kernel/bytes.ts'
import type { InfoHash, PeerId, SessionId } from '@ringdrop/shared/kernel/ids.ts'
import { createRng } from '@ringdrop/shared/kernel/rng.ts'
import type { SignalEnvelope } from '@ringdrop/shared/wire/envelope.ts'
import { challengeText, type AnnounceRequest } from '@ringdrop/shared/wire/signaling.ts'
import { io, type Socket } from 'socket.io-client'
import { onTestFinished } from 'vitest'
import { createNodeClock } from '../src/adapters/node-clock.ts'
import { readConfig, type ServerConfig } from '../src/config.ts'
import { buildServer, type RingdropServer } from '../src/server.ts'
import { peerIdOf } from '../src/signaling/identify.ts'

export const CLIENT_DIR = '/nonexistent/client'

/** A clock that stands still until it is told. */
export class ManualClock implements Clock {
  #now = 1_700_000_000_000
  readonly #timers = new Set<{ at: number; callback: () => void }>()

  now(): number {
    return this.#now
  }

  schedule(at: number, callback: () => void): () => void {
    const timer = { at, callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Timers that have yet to come. */
  get pending(): number {
    return this.#timers.size
  }

  advance(ms: number): void {
    this.#now += ms
    for (const timer of [...this.#timers]) {
      if (timer.at > this.#now) continue
      this.#timers.delete(timer)
      timer.callback()
    }
  }
}

export function testConfig(env: Record<string, string> = {}): ServerConfig {
  const result = readConfig({ LOG_LEVEL: 'silent', CLIENT_DIR, ...env }, '/')
  if (!result.ok) throw new Error(result.errors.join('\n'))
  return result.config
}

export function testServer(
  env: Record<string, string> = {},
  clock: Clock = createNodeClock(),
  wallClock: () => number = () => clock.now(),
): Promise<RingdropServer> {
  return buildServer(testConfig(env), { clock, wallClock, rng: createRng(1), version: '1.2.3' })
}

export interface Running {
  readonly server: RingdropServer
  readonly port: number
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string
  readonly metric: (line: string) => Promise<number>
}

/** A server on a free loopback port, closed when the test ends. */
export async function startServer(
  env: Record<string, string> = {},
  clock?: Clock,
  wallClock?: () => number,
): Promise<Running> {
  const server = await testServer({ HOST: '127.0.0.1', PORT: '0', ...env }, clock, wallClock)
  await server.app.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => server.app.close())
  const address = server.app.server.address()
  if (typeof address !== 'object' || address === null) throw new Error('not listening')
  const origin = `http://127.0.0.1:${String(address.port)}`
  const metric = async (line: string): Promise<number> => {
    const { body } = await server.app.inject({ url: '/metrics', headers: { host: new URL(origin).host } })
    const found = body.split('\n').find((text) => text.startsWith(`${line} `))
    return found === undefined ? 0 : Number(found.slice(line.length + 1))
  }
  return { server, port: address.port, origin, metric }
}

/** A client socket that has its challenge. */
export interface Client {
  readonly socket: Socket
  readonly nonce: string
  /** Sends an event and returns its acknowledgement. */
  readonly ask: (event: string, ...args: unknown[]) => Promise<unknown>
  /** Resolves when the server said why it closes, or just closed. */
  readonly closed: Promise<string>
}

/** `running`: a server of this process or of another. */
export async function connect(
  running: Pick<Running, 'origin'>,
  headers: Record<string, string> = {},
): Promise<Client> {
  const socket = io(running.origin, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    extraHeaders: { origin: running.origin, ...headers },
  })
  onTestFinished(() => void socket.disconnect())
  const closed = new Promise<string>((resolve) => {
    let reason: string | undefined
    socket.once('closing', (notice: { reason: string }) => (reason = notice.reason))
    socket.once('disconnect', (cause) => {
      resolve(reason ?? cause)
    })
  })
  const { nonce } = await new Promise<{ nonce: string }>((resolve, reject) => {
    socket.once('challenge', resolve)
    socket.once('connect_error', reject)
  })
  const ask = (event: string, ...args: unknown[]): Promise<unknown> =>
    socket.timeout(4000).emitWithAck(event, ...args) as Promise<unknown>
  return { socket, nonce, ask, closed }
}

/** A key pair and what is made of it. */
export class TestPeer {
  private constructor(
    readonly pair: webcrypto.CryptoKeyPair,
    readonly key: string,
    readonly id: PeerId,
  ) {}

  static async create(): Promise<TestPeer> {
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
    const pair = await webcrypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])
    const key = toHex(new Uint8Array(await webcrypto.subtle.exportKey('raw', pair.publicKey)))
    return new TestPeer(pair, key, peerIdOf(key))
  }

  async sign(text: string): Promise<string> {
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
    return toHex(
      new Uint8Array(await webcrypto.subtle.sign(algorithm, this.pair.privateKey, utf8Encode(text))),
    )
  }

  async identifyRequest(host: string, nonce: string): Promise<Record<string, unknown>> {
    return { key: this.key, host, signature: await this.sign(challengeText(host, nonce)) }
  }

  envelope(to: PeerId, change: Partial<SignalEnvelope> = {}): SignalEnvelope {
    return {
      v: 1,
      kind: 'probe',
      to,
      from: this.id,
      key: this.key,
      sid: 'ab'.repeat(16) as SessionId,
      expiry: 1_800_000_000_000,
      payload: '{}',
      signature: '00'.repeat(64),
      route: [],
      ...change,
    }
  }
}

/** A connected and identified peer. */
export async function join(
  running: Pick<Running, 'origin'>,
  peer?: TestPeer,
  headers: Record<string, string> = {},
): Promise<Client & { peer: TestPeer }> {
  const identity = peer ?? (await TestPeer.create())
  const client = await connect(running, headers)
  const response = await client.ask(
    'identify',
    await identity.identifyRequest(new URL(running.origin).host, client.nonce),
  )
  if (!(response as { ok: boolean }).ok) throw new Error(JSON.stringify(response))
  return { ...client, peer: identity }
}

export const infoHash = (n: number): InfoHash => n.toString(16).padStart(64, '0') as InfoHash

export function announcement(change: Partial<AnnounceRequest> = {}): AnnounceRequest {
  return {
    infoHash: infoHash(1),
    event: 'started',
    left: 0,
    uploaded: 0,
    downloaded: 0,
    numWant: 50,
    ...change,
  }
}

/**
 * Tries a WebSocket handshake by hand.
 * @param query what follows in the address
 * @returns the HTTP status; 101 is success
 */
export function handshake(port: number, headers: Record<string, string>, query = ''): Promise<number> {
  return new Promise((resolve, reject) => {
    const upgrade = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    }
    const outgoing = request({
      host: '127.0.0.1',
      port,
      path: `/socket.io/?EIO=4&transport=websocket${query}`,
      headers: { ...upgrade, ...headers },
    })
    outgoing.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve(response.statusCode ?? 0)
    })
    outgoing.on('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}
