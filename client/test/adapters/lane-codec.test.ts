import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8Encode } from '@ringdrop/shared/kernel/bytes.ts'
import { decodeLane, encodeLane, type LaneMessage } from '../../src/adapters/lanes/lane-codec.ts'
import { fakeSdp } from '../../../shared/test/node/keys.ts'

const sdp = fakeSdp('ab'.repeat(32))
const lane = fc.integer({ min: 0, max: 255 })
const message: fc.Arbitrary<LaneMessage> = fc.oneof(
  fc.record({ type: fc.constantFrom('offer' as const, 'answer' as const), lane, sdp: fc.constant(sdp) }),
  fc.record({
    type: fc.constant('candidate' as const),
    lane,
    from: fc.constantFrom('maker' as const, 'taker' as const),
    candidate: fc.string({ maxLength: 300 }),
  }),
  fc.record({ type: fc.constantFrom('lost' as const, 'ended' as const), lane }),
  fc.record({ type: fc.constant('end' as const), lane, bytes: fc.maxSafeNat() }),
)

describe('messages about lanes', () => {
  it('arrive as they were sent', () => {
    fc.assert(
      fc.property(
        message,
        (each) => void expect(decodeLane(encodeLane(each))).toEqual({ ok: true, value: each }),
      ),
    )
  })

  it('never throw, whatever comes', () => {
    const garbage = fc.uint8Array({ maxLength: 6_000 }).map((each) => new Uint8Array(each))
    fc.assert(fc.property(garbage, (bytes) => void decodeLane(bytes)))
    const mutated = fc.tuple(message, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat())
    fc.assert(
      fc.property(mutated, ([each, at, value, length]) => {
        const bytes = encodeLane(each)
        bytes[at % bytes.length] = value
        decodeLane(bytes.slice(0, length % (bytes.length + 1)))
      }),
    )
  })

  it.each<[string, Uint8Array<ArrayBuffer>, string]>([
    ['nothing', new Uint8Array(), 'badMessage'],
    ['a hello again', new Uint8Array([0]), 'badMessage'],
    ['an unknown type', new Uint8Array([8, 1]), 'badMessage'],
    ['an end cut short', new Uint8Array([6, 1]), 'badMessage'],
    ['an end beyond all numbers', new Uint8Array([6, 1, ...utf8Encode('9'.repeat(16))]), 'badMessage'],
    ['something behind the last field', new Uint8Array([7, 1, 0]), 'badMessage'],
    ['bad text', new Uint8Array([3, 1, 0xff]), 'badMessage'],
    ['a candidate that is too long', new Uint8Array([3, 1, ...utf8Encode('x'.repeat(800))]), 'badMessage'],
    ['too much', new Uint8Array(5_000).fill(1), 'tooBig'],
    ['no description', new Uint8Array([1, 1, ...utf8Encode('v=0')]), 'badDescription'],
    [
      'audio',
      encodeLane({ type: 'offer', lane: 1, sdp: sdp.replace('m=application', 'm=audio') }),
      'badDescription',
    ],
    [
      'an address of this machine',
      encodeLane({ type: 'answer', lane: 1, sdp: `${sdp}a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n` }),
      'badDescription',
    ],
  ])('refuse %s', (_name, bytes, code) => {
    expect(decodeLane(bytes)).toEqual({ ok: false, code })
  })
})
