import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { BoundedMap } from '@ringdrop/shared/kernel/bounded.ts'
import { TokenBucket } from '@ringdrop/shared/kernel/token-bucket.ts'
import type { Clock } from '@ringdrop/shared/host/ports.ts'
import type { ServerConfig } from '../config.ts'
import { ClientAddresses, limitKey } from './client-address.ts'

/** Bounds on what one address may do by plain HTTP. Loopback is free of them, as of the others. All our choice. */
export const REQUEST_LIMITS = {
  /** A visit fetches about 100 files with those for the cache, and a class of 40 behind one address opens the page at once. */
  requests: { ratePerSecond: 200, burst: 5_000 },
  /** TCP connections of an address for each of its sockets: browsers open six for a page. */
  connectionsPerSocket: 6,
  /** TCP connections in all over `MAX_SOCKETS`: those who load the page. */
  spareConnections: 2_000,
  /** Addresses that are remembered. */
  addresses: 20_000,
} as const

/** Decides about connections and requests before anything is done for them. */
export class RequestGate {
  readonly #addresses: ClientAddresses
  readonly #requests = new BoundedMap<string, TokenBucket>(REQUEST_LIMITS.addresses)
  readonly #connections = new Map<string, number>()

  constructor(
    readonly config: ServerConfig,
    readonly clock: Clock,
  ) {
    this.#addresses = new ClientAddresses(config.trustProxy)
  }

  /** TCP connections that the server should take in all. */
  get maxConnections(): number {
    return this.config.maxSockets + REQUEST_LIMITS.spareConnections
  }

  /** Counts a TCP connection until it closes, and ends it at once when its address has too many. */
  connected(socket: Socket): void {
    const address = socket.remoteAddress ?? 'unknown'
    // A proxy has all connections of the world.
    if (this.#addresses.isFree(address)) return
    const key = limitKey(address)
    const count = (this.#connections.get(key) ?? 0) + 1
    this.#connections.set(key, count)
    socket.once('close', () => {
      const left = (this.#connections.get(key) ?? 0) - 1
      if (left > 0) this.#connections.set(key, left)
      else this.#connections.delete(key)
    })
    if (count > this.config.perAddress.sockets * REQUEST_LIMITS.connectionsPerSocket) socket.destroy()
  }

  /** Whether a request may be answered; counts it. */
  admits(request: IncomingMessage): boolean {
    const address = this.#addresses.of(request)
    if (this.#addresses.isLoopback(address)) return true
    const key = limitKey(address)
    const now = this.clock.now()
    let bucket = this.#requests.get(key)
    if (bucket === undefined) {
      const { ratePerSecond, burst } = REQUEST_LIMITS.requests
      bucket = new TokenBucket(ratePerSecond, burst, now)
      this.#requests.set(key, bucket)
    }
    return bucket.take(1, now)
  }
}
