import type { IncomingMessage } from 'node:http'
import type { Clock } from '@ringdrop/shared/host/ports.ts'
import type { ServerConfig } from '../config.ts'
import type { AllowList } from './allow-list.ts'
import { ClientAddresses, limitKey, siteKey } from './client-address.ts'
import { AddressLimiter } from './rate-limits.ts'

/** Why a handshake was refused, and the HTTP status that says so. */
const STATUS = {
  badHost: '403 Forbidden',
  noOrigin: '403 Forbidden',
  badOrigin: '403 Forbidden',
  addressLimit: '429 Too Many Requests',
  full: '503 Service Unavailable',
  shuttingDown: '503 Service Unavailable',
} as const
export type GateRefusal = keyof typeof STATUS

/** Decides which WebSocket handshakes are let in, and counts sockets. */
export class Gate {
  readonly #addresses: ClientAddresses
  readonly #limiter = new AddressLimiter()
  #sockets = 0
  #state: 'open' | 'shut' = 'open'

  constructor(
    readonly config: ServerConfig,
    readonly allowList: AllowList,
    readonly clock: Clock,
  ) {
    this.#addresses = new ClientAddresses(config.trustProxy)
  }

  /** Sockets open now. */
  get sockets(): number {
    return this.#sockets
  }

  /** No further handshake is let in. */
  shut(): void {
    this.#state = 'shut'
  }

  /** `null` lets the handshake in. Browsers always send an Origin on WebSockets; without one it is refused. */
  check(request: IncomingMessage): GateRefusal | null {
    const { host, origin } = request.headers
    if (this.#state === 'shut') return 'shuttingDown'
    if (!this.allowList.allowsHost(host)) return 'badHost'
    if (origin === undefined) return 'noOrigin'
    if (!this.allowList.allowsOrigin(origin)) return 'badOrigin'
    if (this.#sockets >= this.config.maxSockets) return 'full'
    const address = this.#addresses.of(request)
    const { perAddress, perLoopbackAddress } = this.config
    const limits = this.#addresses.isLoopback(address) ? perLoopbackAddress : perAddress
    return this.#limiter.admits(address, limits, this.clock.now()) ? null : 'addressLimit'
  }

  /** Names the network that a request comes from; `null` when that cannot be told. */
  networkOf(request: IncomingMessage): string | null {
    return this.#addresses.networkOf(request)
  }

  /**
   * By what a peer's fair share of a memory is counted: its IPv4 address, or the /48 of an IPv6 address, so that nobody has
   * thousands of them. `null` where limits by address make no sense.
   */
  sharerOf(request: IncomingMessage): string | null {
    const address = this.#addresses.of(request)
    return this.#addresses.isFree(address) ? null : (siteKey(address) ?? limitKey(address))
  }

  /** Counts a socket. @returns what to call, once, when it is closed. */
  opened(request: IncomingMessage): () => void {
    const address = this.#addresses.of(request)
    this.#sockets++
    this.#limiter.opened(address)
    return () => {
      this.#sockets--
      this.#limiter.closed(address)
    }
  }
}

/**
 * Answers a refused upgrade by itself, because Engine.IO would say 400 to all of them; it then finds the
 * connection no longer writable and only destroys it.
 */
export function answerRefusal(request: IncomingMessage, reason: GateRefusal): void {
  const body = JSON.stringify({ ok: false, code: reason })
  const head = [
    `HTTP/1.1 ${STATUS[reason]}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${String(Buffer.byteLength(body))}`,
  ]
  request.socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
