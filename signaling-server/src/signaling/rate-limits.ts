import { BoundedMap } from '@ringdrop/shared/kernel/bounded.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import { TokenBucket } from '@ringdrop/shared/kernel/token-bucket.ts'
import type { AddressLimits } from '../config.ts'
import { limitKey } from './client-address.ts'

/** Bounds on one socket. Rates in events a second. Sources: reference/reliability-security.md B3, or our choice. */
export const SOCKET_LIMITS = {
  /** Our choice: a peer trickles about 10 candidates for each negotiation, 10 negotiations at a time. */
  signal: { ratePerSecond: 50, burst: 200 },
  /** B3: 20 announces/s. Announce and scrape share it; the burst is our choice. */
  tracker: { ratePerSecond: 20, burst: 100 },
  /** Refusals before the socket is closed: 200 in 10 s. Our choice. */
  refusals: { ratePerSecond: 20, burst: 200 },
  /** A socket must identify within this time. */
  unauthenticatedMs: LIMITS.unauthenticatedMs,
  /** Bytes that wait for a slow reader before signals to it are dropped. Our choice. */
  outboundBytes: 1024 * 1024,
} as const

/** The token buckets of one socket. */
export class SocketBudget {
  readonly #signal: TokenBucket
  readonly #tracker: TokenBucket
  readonly #refusals: TokenBucket
  constructor(now: number) {
    const bucket = (limit: { ratePerSecond: number; burst: number }): TokenBucket =>
      new TokenBucket(limit.ratePerSecond, limit.burst, now)
    this.#signal = bucket(SOCKET_LIMITS.signal)
    this.#tracker = bucket(SOCKET_LIMITS.tracker)
    this.#refusals = bucket(SOCKET_LIMITS.refusals)
  }

  takeSignal(now: number): boolean {
    return this.#signal.take(1, now)
  }

  takeTracker(now: number): boolean {
    return this.#tracker.take(1, now)
  }

  /** @returns false when the socket was refused too often and must go. */
  takeRefusal(now: number): boolean {
    return this.#refusals.take(1, now)
  }
}

/** Addresses whose connect rate is remembered. Our choice. */
const REMEMBERED_ADDRESSES = 20_000

/** Counts the sockets and connects of each address (of each /64 network for IPv6). */
export class AddressLimiter {
  readonly #sockets = new Map<string, number>()
  readonly #connects = new BoundedMap<string, TokenBucket>(REMEMBERED_ADDRESSES)

  /** Whether one more socket may be opened; counts the attempt. */
  admits(address: string, limits: AddressLimits, now: number): boolean {
    const key = limitKey(address)
    let bucket = this.#connects.get(key)
    if (bucket === undefined) {
      bucket = new TokenBucket(limits.connectsPerSecond, limits.connectsPerSecond, now)
      this.#connects.set(key, bucket)
    }
    return bucket.take(1, now) && (this.#sockets.get(key) ?? 0) < limits.sockets
  }

  opened(address: string): void {
    const key = limitKey(address)
    this.#sockets.set(key, (this.#sockets.get(key) ?? 0) + 1)
  }

  closed(address: string): void {
    const key = limitKey(address)
    const left = (this.#sockets.get(key) ?? 0) - 1
    if (left > 0) this.#sockets.set(key, left)
    else this.#sockets.delete(key)
  }
}
