import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inspectCandidate, inspectSdp } from '../../src/wire/sdp.ts'
import { fakeSdp } from '../node/keys.ts'

const good = fakeSdp('ab'.repeat(32))

describe('inspectSdp', () => {
  it('takes what browsers write and reads the fingerprint', () => {
    expect(inspectSdp(good)).toEqual({ ok: true, value: { fingerprint: 'ab'.repeat(32), circuit: null } })
  })

  it.each([
    ['no media', good.replace(/m=application.*\r\n/, ''), 'badMedia'],
    ['two media', good + 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n', 'badMedia'],
    [
      'audio',
      good.replace('m=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'm=audio 9 UDP/TLS/RTP/SAVPF 0'),
      'badMedia',
    ],
    ['sha-1', good.replace('sha-256', 'sha-1'), 'badFingerprint'],
    ['no fingerprint', good.replace(/a=fingerprint.*\r\n/, ''), 'badFingerprint'],
    [
      'two fingerprints',
      good + `a=fingerprint:sha-256 ${Array(32).fill('CD').join(':')}\r\n`,
      'badFingerprint',
    ],
    ['unknown attribute', good + 'a=identity:x\r\n', 'unknownAttribute'],
    ['odd line', good + 'b=AS:1\r\n', 'badLine'],
    ['loopback candidate', good + 'a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n', 'badLine'],
    ['too big', good + 'a=mid:0\r\n'.repeat(1000), 'tooBig'],
  ])('refuses %s', (_name, sdp, code) => {
    expect(inspectSdp(sdp)).toEqual({ ok: false, code })
  })

  it('never throws', () => {
    fc.assert(fc.property(fc.string({ maxLength: 300 }), (text) => void inspectSdp(text)))
    fc.assert(
      fc.property(fc.nat(good.length), fc.string(), (at, text) => void inspectSdp(good.slice(0, at) + text)),
    )
  })
})

describe('inspectCandidate', () => {
  const line = (address: string) =>
    `candidate:842163049 1 udp 1677729535 ${address} 46154 typ srflx raddr 0.0.0.0 rport 0`
  it.each([
    '192.168.1.2',
    '10.0.0.1',
    '203.0.113.9',
    '2001:db8::1',
    'fd00::2',
    'a8b1c2d3-0011-4a5b-9c8d-112233445566.local',
  ])('allows %s', (address) => expect(inspectCandidate(line(address))).toBe('allowed'))
  it.each([
    '127.0.0.1',
    '0.0.0.0',
    '169.254.169.254',
    '224.0.0.1',
    '255.255.255.255',
    '999.1.1.1',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    'fe80::1',
    'ff02::1',
    'metadata.internal',
    'evil.com',
    'x.local',
  ])('refuses %s', (address) => expect(inspectCandidate(line(address))).toBe('refused'))
  it('allows the end mark and refuses garbage', () => {
    expect(inspectCandidate('')).toBe('allowed')
    fc.assert(fc.property(fc.string({ minLength: 1 }), (text) => inspectCandidate(text) === 'refused'))
  })
})
