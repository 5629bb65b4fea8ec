import { BoundedMap } from '@ringdrop/shared/kernel/bounded.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import { TokenBucket } from '@ringdrop/shared/kernel/token-bucket.ts'
import type { AddressLimits } from '../config.ts'
import { limitKey, siteKey } from './client-address.ts'

/** Bounds on one socket. Rates in events a second. All our choice. */
export const SOCKET_LIMITS = {
  /** Our choice: a peer trickles about 10 candidates for each negotiation, 10 negotiations at a time. */
  signal: { ratePerSecond: 50, burst: 200 },
  /** 20 announces a second. Announce and scrape share it; the burst is our choice. */
  tracker: { ratePerSecond: 20, burst: 100 },
  /** A newcomer asks once, a node that is alone now and then. Our choice. */
  sample: { ratePerSecond: 1, burst: 10 },
  /** An update carries up to 60 files, so a full library of 5,000 is through in about 15 s. Our choice. */
  directoryUpdate: { ratePerSecond: 5, burst: 20 },
  /** People type; OpenNap has no bound. Our choice. */
  directorySearch: { ratePerSecond: 2, burst: 10 },
  /** People switch it on and off; a client refreshes every two minutes. Our choice. */
  nearby: { ratePerSecond: 0.5, burst: 10 },
  /** Refusals before the socket is closed: 200 in 10 s. Our choice. */
  refusals: { ratePerSecond: 20, burst: 200 },
  /** A socket must identify within this time. */
  unauthenticatedMs: LIMITS.unauthenticatedMs,
  /** Bytes that wait for a slow reader before signals to it are dropped. Our choice. */
  outboundBytes: 256 * 1024,
} as const

type Kind = 'signal' | 'tracker' | 'sample' | 'directoryUpdate' | 'directorySearch' | 'nearby' | 'refusals'

/** The token buckets of one socket. */
export class SocketBudget {
  readonly #buckets: Readonly<Record<Kind, TokenBucket>>

  constructor(now: number) {
    const bucket = (kind: Kind): TokenBucket =>
      new TokenBucket(SOCKET_LIMITS[kind].ratePerSecond, SOCKET_LIMITS[kind].burst, now)
    this.#buckets = {
      signal: bucket('signal'),
      tracker: bucket('tracker'),
      sample: bucket('sample'),
      directoryUpdate: bucket('directoryUpdate'),
      directorySearch: bucket('directorySearch'),
      nearby: bucket('nearby'),
      refusals: bucket('refusals'),
    }
  }

  /** @returns false when the socket did so too often; after too many refusals it must go. */
  take(kind: Kind, amount: number, now: number): boolean {
    return this.#buckets[kind].take(amount, now)
  }
}

/** Addresses whose connect rate is remembered. Our choice. */
const REMEMBERED_ADDRESSES = 20_000
/** What the /48 of an IPv6 address may have, of what one address may: a provider has many homes in one. Our choice. */
export const SITE_FACTOR = 16

/** Counts the sockets and connects of each address (of each /64 network for IPv6, and of the /48 around it). */
export class AddressLimiter {
  readonly #sockets = new Map<string, number>()
  readonly #connects = new BoundedMap<string, TokenBucket>(REMEMBERED_ADDRESSES)

  /** Whether one more socket may be opened; counts the attempt. */
  admits(address: string, limits: AddressLimits, now: number): boolean {
    const site = siteKey(address)
    // What the narrower one refuses does not use up what its neighbours may.
    return (
      this.#admits(limitKey(address), limits, 1, now) &&
      (site === null || this.#admits(site, limits, SITE_FACTOR, now))
    )
  }

  opened(address: string): void {
    for (const key of keysOf(address)) this.#sockets.set(key, (this.#sockets.get(key) ?? 0) + 1)
  }

  closed(address: string): void {
    for (const key of keysOf(address)) {
      const left = (this.#sockets.get(key) ?? 0) - 1
      if (left > 0) this.#sockets.set(key, left)
      else this.#sockets.delete(key)
    }
  }

  #admits(key: string, { sockets, connectsPerSecond }: AddressLimits, factor: number, now: number): boolean {
    let bucket = this.#connects.get(key)
    if (bucket === undefined) {
      bucket = new TokenBucket(factor * connectsPerSecond, factor * connectsPerSecond, now)
      this.#connects.set(key, bucket)
    }
    return bucket.take(1, now) && (this.#sockets.get(key) ?? 0) < factor * sockets
  }
}

function keysOf(address: string): readonly string[] {
  const site = siteKey(address)
  return site === null ? [limitKey(address)] : [limitKey(address), site]
}
