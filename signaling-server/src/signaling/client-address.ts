import { BlockList, isIP } from 'node:net'
import type { IncomingMessage } from 'node:http'

/** RFC 1918, RFC 3927, RFC 4193 and RFC 4291: addresses without a meaning elsewhere. */
const PRIVATE = [
  ['10.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
] as const
/** Headers that a proxy leaves. */
const FORWARDED = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'] as const

/** Tells from which address a request came, and what counts as one address. */
export class ClientAddresses {
  readonly #proxies = new BlockList()
  readonly #loopback = new BlockList()
  readonly #private = new BlockList()

  /** @param trustProxy addresses and networks whose `X-Forwarded-For` is believed */
  constructor(trustProxy: readonly string[]) {
    this.#loopback.addSubnet('127.0.0.0', 8, 'ipv4')
    this.#loopback.addAddress('::1', 'ipv6')
    for (const [network, prefix, family] of PRIVATE) this.#private.addSubnet(network, prefix, family)
    for (const network of trustProxy) {
      const [address = '', prefix] = network.split('/')
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
      if (prefix === undefined) this.#proxies.addAddress(address, family)
      else this.#proxies.addSubnet(address, Number(prefix), family)
    }
  }

  /**
   * The rightmost address that is not one of our proxies: anything further left was written by the client.
   * Never empty; `unknown` for a connection that is already gone.
   */
  of(request: IncomingMessage): string {
    const header = request.headers['x-forwarded-for']
    const hops = (Array.isArray(header) ? header.join(',') : (header ?? ''))
      .split(',')
      .map((hop) => hop.trim())
    let address = unmapped(request.socket.remoteAddress ?? 'unknown')
    while (matches(this.#proxies, address)) {
      const previous = hops.pop()
      const next = previous === undefined ? null : addressOf(previous)
      if (next === null) break
      address = unmapped(next)
    }
    return address
  }

  /**
   * Names the network of those who may see each other nearby: one for all addresses that only this machine or the
   * local network has, else the public IPv4 address that a home shares, or the /64 of an IPv6 address. `null` when a
   * proxy stands in between that is not known: all the world would seem to be in its network.
   */
  networkOf(request: IncomingMessage): string | null {
    const address = this.of(request)
    if (isIP(address) === 0 || matches(this.#proxies, address)) return null
    const isLocal = this.isLoopback(address) || matches(this.#private, address)
    if (!isLocal) return limitKey(address)
    const remote = unmapped(request.socket.remoteAddress ?? 'unknown')
    const isForwarded = FORWARDED.some((name) => request.headers[name] !== undefined)
    return isForwarded && !matches(this.#proxies, remote) ? null : 'local'
  }

  /** Whether limits by address make no sense: a trusted proxy, or this machine. */
  isFree(address: string): boolean {
    const plain = unmapped(address)
    return matches(this.#proxies, plain) || this.isLoopback(plain)
  }

  isLoopback(address: string): boolean {
    return matches(this.#loopback, address)
  }
}

/** The key that limits count by: an IPv4 address, or the /64 network of an IPv6 address, which one party owns. */
export const limitKey = (address: string): string => networkKey(address, 4)

/**
 * The /48 network of an IPv6 address: what one party may be given at the most (RFC 6177), and takes apart into 65,536 of those
 * that {@link limitKey} names. `null` for anything else.
 */
export const siteKey = (address: string): string | null =>
  isIP(address) === 6 ? networkKey(address, 3) : null

/** @param kept groups of 16 bits that stay of an IPv6 address. */
function networkKey(address: string, kept: number): string {
  if (isIP(address) !== 6) return address
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? []
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const gap = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  const groups = [...left, ...Array.from({ length: gap }, () => '0'), ...right]
  return `${groups
    .slice(0, kept)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/${String(16 * kept)}`
}

/** Some proxies name the port as well, and then put IPv6 in brackets. `null`: no address. */
function addressOf(hop: string): string | null {
  const address = /^\[([^\]]+)\](?::\d+)?$/.exec(hop)?.[1] ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop
  return isIP(address) === 0 ? null : address
}

function unmapped(address: string): string {
  return address.toLowerCase().startsWith('::ffff:') && isIP(address.slice(7)) === 4
    ? address.slice(7)
    : address
}

function matches(list: BlockList, address: string): boolean {
  const version = isIP(address)
  return version !== 0 && list.check(address, version === 6 ? 'ipv6' : 'ipv4')
}
