import { stripVTControlCharacters } from 'node:util'
import { encode } from 'uqr'
import { describe, expect, it } from 'vitest'
import { readArguments } from '../src/arguments.ts'
import { hostNames, lanAddresses, urlHost } from '../src/tls/host-names.ts'
import { qrLines, welcome } from '../src/welcome.ts'

const outside = (address: string) => ({ address, internal: false })

describe('lanAddresses', () => {
  it('puts the address that a phone most likely reaches first', () => {
    const interfaces = {
      lo: [{ address: '127.0.0.1', internal: true }],
      docker0: [outside('172.17.0.1')],
      tun0: [outside('10.8.0.2')],
      eth0: [outside('203.0.113.9'), outside('fe80::1'), outside('fd00::2')],
      wlan0: [outside('192.168.1.20'), outside('169.254.3.4')],
      broken: undefined,
    }
    expect(lanAddresses(interfaces)).toEqual(['192.168.1.20', '203.0.113.9', 'fd00::2'])
  })

  it('has those of containers and tunnels only where there are no others', () => {
    const virtual = {
      lo: [{ address: '127.0.0.1', internal: true }],
      docker0: [outside('172.17.0.1')],
      'br-0123456789ab': [outside('172.18.0.1')],
      veth1a2b3c: [outside('172.19.0.1')],
      wg0: [outside('10.8.0.2')],
      eth0: [outside('fe80::1')],
    }
    expect(lanAddresses(virtual)).toEqual(['10.8.0.2', '172.17.0.1', '172.18.0.1', '172.19.0.1'])
    expect(lanAddresses({ ...virtual, br0: [outside('fd00::2')] })).toEqual(['fd00::2'])
  })

  it('is bounded', () => {
    const many = Array.from({ length: 300 }, (_, index) => outside(`10.0.1.${String(index % 256)}`))
    expect(lanAddresses({ eth0: many })).toHaveLength(16)
  })
})

it.each([
  ['Laptop', ['laptop', 'laptop.local']],
  ['box.example.org', ['box.example.org']],
  ['localhost', []],
  ['192.168.1.1', []],
  ['bad_name!', []],
  ['', []],
  [`${'a'.repeat(64)}`, []],
])('the host name %j gives %j', (name, expected) => {
  expect(hostNames(name)).toEqual(expected)
})

it.each([
  ['FD00:0:0:0:0:0:0:2', '[fd00::2]'],
  ['192.168.1.5', '192.168.1.5'],
  ['Box.Local', 'box.local'],
])('%s stands in a URL as %s', (name, expected) => {
  expect(urlHost(name)).toBe(expected)
})

describe('readArguments', () => {
  it.each([
    [[], {}, true, {}, false],
    [['--lan'], {}, true, { HOST: '::', TLS: 'self-signed' }, true],
    [['--lan'], {}, false, { HOST: '0.0.0.0', TLS: 'self-signed' }, true],
    [['--lan'], { HOST: '10.0.0.5', TLS: ' ' }, true, { HOST: '10.0.0.5', TLS: 'self-signed' }, true],
    [['--lan'], { PORT: '9' }, false, { HOST: '0.0.0.0', TLS: 'self-signed', PORT: '9' }, true],
  ])('%j with %j, IPv6 %j', (argv, env, hasIpv6, expected, isLan) => {
    expect(readArguments(argv, env, () => hasIpv6)).toEqual({ ok: true, env: expected, isLan })
  })

  it('names what it does not know', () => {
    expect(readArguments(['--lann'], {})).toEqual({
      ok: false,
      errors: ['--lann: not an argument, allowed is --lan'],
    })
  })
})

describe('welcome', () => {
  const origins = ['https://localhost:8080', 'https://192.168.1.20:8080', 'https://[fd00::2]:8080']

  it('shows every address, and a code with the likeliest', () => {
    const options = {
      origins,
      lanAddresses: ['10.9.9.9', '192.168.1.20'],
      fingerprint: 'AA:BB',
      hasColours: false,
    }
    const text = welcome(options).join('\n')
    for (const origin of origins) expect(text).toContain(`  ${origin}`)
    expect(text).toContain('open https://192.168.1.20:8080 or scan')
    expect(text).toContain('AA:BB')
    expect(text).toContain(qrLines('https://192.168.1.20:8080', false).join('\n'))
  })

  it('shows no code when only this machine is served', () => {
    const text = welcome({ origins, lanAddresses: [], fingerprint: null, hasColours: true }).join('\n')
    expect(text).not.toMatch(/scan|certificate/)
  })

  it.each([true, false])('draws the code module by module, colours %j', (hasColours) => {
    const { data, size } = encode('https://192.168.1.20:8080', { ecc: 'M', border: 2 })
    const drawn = qrLines('https://192.168.1.20:8080', hasColours).map((line) =>
      [...stripVTControlCharacters(line).slice(2)].map((half) => ({
        upper: '█▀'.includes(half) === hasColours,
        lower: '█▄'.includes(half) === hasColours,
      })),
    )
    const dark = Array.from({ length: size }, (_, y) =>
      Array.from({ length: size }, (_column, x) => {
        const cell = drawn[Math.floor(y / 2)]?.[x]
        return y % 2 === 0 ? cell?.upper : cell?.lower
      }),
    )
    expect(dark).toEqual(data)
  })
})
