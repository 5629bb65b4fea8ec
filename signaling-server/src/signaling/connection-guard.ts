import type { Clock } from '@ringdrop/shared/host/ports.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import { TokenBucket } from '@ringdrop/shared/kernel/token-bucket.ts'
import type { Connection } from './events.ts'
import type { Session } from './session.ts'

/** Bounds on one connection, whatever is in its packets. Sizes in bytes, times in milliseconds. All our choice. */
export const CONNECTION_LIMITS = {
  /** Above what `SOCKET_LIMITS` allow, refusals included: 113 a second, bursts of 650. */
  packets: { ratePerSecond: 150, burst: 1_000 },
  /** The same with signals of 8 KiB and updates of 45 KiB: 640 KiB a second, bursts of 2.7 MiB. */
  bytes: { ratePerSecond: 768 * 1024, burst: 4 * 1024 * 1024 },
  /** A client opens its namespace by one packet, then waits for the challenge. */
  packetsBeforeSession: 1,
  /** What waits for a slow reader before the connection is cut: a few of the longest answers. */
  waitingBytes: 512 * 1024,
  /** After the last word of a connection its other side may take so long to close it. */
  lingerMs: 1_000,
  /** What a packet in the queue costs besides its text. */
  packetBytes: 200,
} as const

/** Why a connection was cut off without a word. */
export type Cut = 'binary' | 'early' | 'tooMuch' | 'unauthenticated' | 'slowReader'

export interface ConnectionGuardOptions {
  readonly connection: Connection
  readonly clock: Clock
  /** The session of the connection, once there is one. */
  readonly session: () => Session | undefined
  readonly onCut: (cut: Cut) => void
}

/**
 * Watches one connection below Socket.IO: how much comes, what waits to go out, and that it ends. Nothing here looks
 * into a packet, and a packet that is too much is not parsed.
 */
export class ConnectionGuard {
  readonly #packets: TokenBucket
  readonly #bytes: TokenBucket
  #packetsBeforeSession = 0
  #unauthenticatedBytes = 0
  /** Bytes that Engine.IO holds back until the network has taken what was sent before. */
  #heldBack = 0
  #isCut = false

  constructor(readonly options: ConnectionGuardOptions) {
    const { connection, clock } = options
    const { packets, bytes } = CONNECTION_LIMITS
    this.#packets = new TokenBucket(packets.ratePerSecond, packets.burst, clock.now())
    this.#bytes = new TokenBucket(bytes.ratePerSecond, bytes.burst, clock.now())
    connection.on('packet', (packet: { data?: unknown }) => this.#arrived(packet.data))
    // Before Socket.IO's own listener, so that it never gathers attachments.
    connection.prependListener('data', (data: unknown) => this.#message(data))
    connection.on('packetCreate', (packet: { data?: unknown }) => this.#leaving(packet.data))
    connection.on('flush', () => (this.#heldBack = 0))
    connection.once('close', () => this.#closing())
  }

  /** Bytes that were sent but not yet taken by the network. */
  get waitingBytes(): number {
    return this.#heldBack + this.options.connection.request.socket.writableLength
  }

  /** Any packet, pings included. */
  #arrived(data: unknown): void {
    const now = this.options.clock.now()
    const size = sizeOf(data)
    if (!this.#packets.take(1, now) || !this.#bytes.take(size, now)) this.#cut('tooMuch')
  }

  /** A packet for Socket.IO. */
  #message(data: unknown): void {
    if (this.#isCut) return
    if (typeof data !== 'string') return this.#cut('binary')
    const session = this.options.session()
    if (session === undefined && ++this.#packetsBeforeSession > CONNECTION_LIMITS.packetsBeforeSession)
      return this.#cut('early')
    if ((session?.peer ?? null) !== null) return
    this.#unauthenticatedBytes += data.length
    if (this.#unauthenticatedBytes > LIMITS.unauthenticatedBytes) this.#cut('unauthenticated')
  }

  #leaving(data: unknown): void {
    this.#heldBack += sizeOf(data) + CONNECTION_LIMITS.packetBytes
    if (this.waitingBytes > CONNECTION_LIMITS.waitingBytes) this.#cut('slowReader')
  }

  /** No goodbye: the other side does not keep to the protocol. */
  #cut(cut: Cut): void {
    if (this.#isCut) return
    this.#isCut = true
    this.options.onCut(cut)
    const { connection } = this.options
    // At once: what came in one piece with this packet is not looked at any more.
    connection.close(true)
    connection.request.socket.destroy()
  }

  /** A client that does not answer the close could go on sending for half a minute. */
  #closing(): void {
    const { connection, clock } = this.options
    const tcp = connection.request.socket
    if (tcp.destroyed) return
    const cancel = clock.schedule(clock.now() + CONNECTION_LIMITS.lingerMs, () => tcp.destroy())
    tcp.once('close', cancel)
  }
}

function sizeOf(data: unknown): number {
  if (typeof data === 'string') return data.length
  return data instanceof Uint8Array || data instanceof ArrayBuffer ? data.byteLength : 0
}
