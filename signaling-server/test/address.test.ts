import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { ClientAddresses, limitKey } from '../src/signaling/client-address.ts'
import { AddressLimiter, SITE_FACTOR } from '../src/signaling/rate-limits.ts'

function requestFrom(remoteAddress: string, forwarded?: string): IncomingMessage {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
  return { headers, socket: { remoteAddress } } as unknown as IncomingMessage
}

describe('ClientAddresses', () => {
  it.each([
    ['no proxy, header ignored', [], '9.9.9.9', '1.1.1.1', '9.9.9.9'],
    ['one proxy', ['10.0.0.0/8'], '10.1.2.3', '1.1.1.1', '1.1.1.1'],
    ['one proxy, mapped address', ['10.0.0.0/8'], '::ffff:10.1.2.3', '1.1.1.1', '1.1.1.1'],
    ['client lies to the left', ['10.0.0.0/8'], '10.1.2.3', '6.6.6.6, 1.1.1.1', '1.1.1.1'],
    ['two proxies', ['10.0.0.0/8', '::1'], '::1', '6.6.6.6, 1.1.1.1, 10.0.0.9', '1.1.1.1'],
    ['a port besides the address', ['10.0.0.0/8'], '10.1.2.3', '6.6.6.6, 1.1.1.1:5555', '1.1.1.1'],
    ['a port besides an IPv6 address', ['::1'], '::1', '[2001:db8::1]:5555', '2001:db8::1'],
    ['an IPv6 address in brackets', ['::1'], '::1', '[2001:db8::1]', '2001:db8::1'],
    ['a port besides each of two proxies', ['10.0.0.0/8'], '10.1.2.3', '1.1.1.1:5, 10.0.0.9:6', '1.1.1.1'],
    ['no address besides a port', ['::1'], '::1', '1.1.1:80', '::1'],
    ['garbage from a proxy', ['::1'], '::1', 'what?', '::1'],
    ['proxy without the header', ['::1'], '::1', undefined, '::1'],
    ['stranger pretends', ['10.0.0.0/8'], '9.9.9.9', '127.0.0.1', '9.9.9.9'],
  ])('%s', (_what, trusted, remote, forwarded, expected) => {
    expect(new ClientAddresses(trusted).of(requestFrom(remote, forwarded))).toBe(expected)
  })

  it.each([
    ['home, by its public address', [], '203.0.113.9', {}, '203.0.113.9'],
    ['IPv6, by its /64', [], '2001:db8:1:2:aaaa::1', {}, '2001:db8:1:2::/64'],
    ['the local network', [], '192.168.1.5', {}, 'local'],
    ['another private address', [], '10.4.5.6', {}, 'local'],
    ['just below 172.16/12', [], '172.15.0.1', {}, '172.15.0.1'],
    ['within 172.16/12', [], '172.31.0.1', {}, 'local'],
    ['mapped', [], '::ffff:192.168.1.5', {}, 'local'],
    ['ULA', [], 'fd00::5', {}, 'local'],
    ['link-local', [], 'fe80::5', {}, 'local'],
    ['this machine', [], '127.0.0.1', {}, 'local'],
    ['this machine by IPv6', [], '::1', {}, 'local'],
    ['through a known proxy', ['127.0.0.1'], '127.0.0.1', { 'x-forwarded-for': '9.9.9.9' }, '9.9.9.9'],
    ['local through a known proxy', ['127.0.0.1'], '127.0.0.1', { 'x-forwarded-for': '10.0.0.7' }, 'local'],
    ['a known proxy that says nothing', ['127.0.0.1'], '127.0.0.1', {}, null],
    ['an unknown proxy', [], '127.0.0.1', { 'x-forwarded-for': '9.9.9.9' }, null],
    ['an unknown proxy that says less', [], '172.17.0.1', { via: '1.1 proxy' }, null],
    ['a public address that claims another', [], '9.9.9.9', { 'x-forwarded-for': '1.1.1.1' }, '9.9.9.9'],
    ['a connection that is gone', [], 'unknown', {}, null],
  ])('network of %s', (_what, trusted, remoteAddress, headers, expected) => {
    const request = { headers, socket: { remoteAddress } } as unknown as IncomingMessage
    expect(new ClientAddresses(trusted).networkOf(request)).toBe(expected)
  })

  it('knows loopback', () => {
    const addresses = new ClientAddresses([])
    expect(['127.0.0.1', '127.9.9.9', '::1'].every((address) => addresses.isLoopback(address))).toBe(true)
    expect(['128.0.0.1', '::2', 'unknown'].some((address) => addresses.isLoopback(address))).toBe(false)
  })
})

it.each([
  ['1.2.3.4', '1.2.3.4'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['unknown', 'unknown'],
])('limitKey(%s) is %s', (address, key) => {
  expect(limitKey(address)).toBe(key)
})

describe('AddressLimiter', () => {
  const limits = { sockets: 2, connectsPerSecond: 3 }

  it('counts sockets by network and frees them', () => {
    const limiter = new AddressLimiter()
    limiter.opened('2001:db8::1')
    limiter.opened('2001:db8::2')
    expect(limiter.admits('2001:db8::3', limits, 0)).toBe(false)
    expect(limiter.admits('2001:db9::3', limits, 0)).toBe(true)
    limiter.closed('2001:db8::1')
    expect(limiter.admits('2001:db8::3', limits, 0)).toBe(true)
  })

  it('does not let the many networks of one site take everything', () => {
    const limiter = new AddressLimiter()
    const address = (network: number) => `2001:db8:7:${network.toString(16)}::1`
    const opened = (limiter: AddressLimiter, roomy: typeof limits) => {
      let admitted = 0
      for (let network = 0; network < 1_000; network++) {
        if (!limiter.admits(address(network), roomy, 0)) continue
        limiter.opened(address(network))
        admitted++
      }
      return admitted
    }
    expect(opened(limiter, { sockets: 2, connectsPerSecond: 1_000 })).toBe(2 * SITE_FACTOR)
    expect(limiter.admits('2001:db8:8::1', limits, 0)).toBe(true)
    for (let network = 0; network < 2 * SITE_FACTOR; network++) limiter.closed(address(network))
    expect(limiter.admits(address(5_000), { sockets: 2, connectsPerSecond: 1_000 }, 0)).toBe(true)
    expect(opened(new AddressLimiter(), { sockets: 1_000, connectsPerSecond: 3 })).toBe(3 * SITE_FACTOR)
  })

  it('refuses the neighbours of a network that connects too often nothing for that', () => {
    const limiter = new AddressLimiter()
    for (let at = 0; at < 1_000; at++) limiter.admits('2001:db8:7:1::1', limits, 0)
    expect(limiter.admits('2001:db8:7:2::1', limits, 0)).toBe(true)
  })

  it('limits connects a second', () => {
    const limiter = new AddressLimiter()
    const admitted = [0, 0, 0, 0, 1000].map((now) => limiter.admits('1.2.3.4', limits, now))
    expect(admitted).toEqual([true, true, true, false, true])
  })
})
