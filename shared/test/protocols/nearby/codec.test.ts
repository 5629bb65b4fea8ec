import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as v from 'valibot'
import { LIMITS } from '../../../src/kernel/limits.ts'
import { decodeLink, encodeLink } from '../../../src/node/link-codec.ts'
import { nearbyFormat } from '../../../src/protocols/nearby/codec.ts'
import type { NearbyMessage } from '../../../src/protocols/nearby/messages.ts'
import { decodeWhole, encodeWhole } from '../../../src/wire/binary.ts'
import { cleanDisplayName, isDisplayName } from '../../../src/wire/display-name.ts'
import { nearbyChangeSchema, nearbyRequestSchema } from '../../../src/wire/nearby.ts'
import { infoHashes, nonces, peerIds } from '../../discovery/arbitraries.ts'

const displayNames = fc
  .string({ unit: 'grapheme', maxLength: 60 })
  .map(cleanDisplayName)
  .filter((name) => name !== null)
const shareNames = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 60 })
  .map((text) => text.replaceAll(/\p{Cs}/gu, '_'))
const offer: fc.Arbitrary<NearbyMessage> = fc.record({
  type: fc.constant('offer' as const),
  id: nonces,
  infoHash: infoHashes,
  shareName: shareNames,
  fileCount: fc.integer({ min: 1, max: LIMITS.files }),
  totalBytes: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  senderName: displayNames,
})
const message: fc.Arbitrary<NearbyMessage> = fc.oneof(
  offer,
  fc.record({
    type: fc.constant('verdict' as const),
    id: nonces,
    verdict: fc.constantFrom('accepted' as const, 'declined' as const, 'unavailable' as const),
  }),
  fc.record({ type: fc.constant('withdraw' as const), id: nonces }),
)
const good = fc.sample(offer, 1)[0] as Extract<NearbyMessage, { type: 'offer' }>

describe('messages about offers', () => {
  it('come back as they went', () => {
    fc.assert(
      fc.property(message, (value) => {
        const link = { type: 'nearby', message: value } as const
        expect(decodeLink(encodeLink(link))).toEqual({ ok: true, value: link })
        expect(encodeWhole(nearbyFormat, value)).toHaveLength(nearbyFormat.size(value))
      }),
    )
  })

  it('are refused whole when a byte is missing or too many', () => {
    fc.assert(
      fc.property(message, fc.nat(), (value, at) => {
        const bytes = encodeLink({ type: 'nearby', message: value })
        expect(decodeLink(bytes.slice(0, 1 + (at % (bytes.length - 1)))).ok).toBe(false)
        expect(decodeLink(new Uint8Array([...bytes, 0])).ok).toBe(false)
      }),
    )
  })

  it('are never more than they may be, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (raw) => {
        const decoded = decodeWhole(nearbyFormat, new Uint8Array([1 + (raw.length % 3), ...raw]))
        if (!decoded.ok || decoded.value.type !== 'offer') return
        expect(isDisplayName(decoded.value.senderName)).toBe(true)
        expect(decoded.value.fileCount).toBeLessThanOrEqual(LIMITS.files)
      }),
    )
  })

  it.each([
    ['no file', { fileCount: 0 }],
    ['too many files', { fileCount: LIMITS.files + 1 }],
    ['no name of the share', { shareName: '' }],
    ['too long a name of the share', { shareName: 'a'.repeat(LIMITS.nameBytes + 1) }],
    ['no sender', { senderName: '' }],
    ['a sender of blanks', { senderName: '   ' }],
    ['a sender of 33 letters', { senderName: 'a'.repeat(33) }],
    ['a sender that turns the text round', { senderName: 'a\u202Eb' }],
    ['a sender of two lines', { senderName: 'a\nb' }],
    ['a sender that is not normalised', { senderName: 'e\u0301' }],
  ])('are refused with %s', (_what, change) => {
    expect(decodeWhole(nearbyFormat, encodeWhole(nearbyFormat, good)).ok).toBe(true)
    expect(decodeWhole(nearbyFormat, encodeWhole(nearbyFormat, { ...good, ...change })).ok).toBe(false)
  })
})

describe('display names', () => {
  it.each([
    ['Anna’s phone', 'Anna’s phone'],
    ['  two   words\t', 'two words'],
    ['e\u0301', 'é'],
    ['书房的电脑', '书房的电脑'],
    ['\u202Egpj.exe', 'gpj.exe'],
    ['a\u0000b\u200Bc\uFEFF', 'abc'],
    ['x'.repeat(100), 'x'.repeat(32)],
    ['😀'.repeat(40), '😀'.repeat(32)],
    [`a${'\u0316'.repeat(20)}`, `a${'\u0316'.repeat(3)}`],
    ['', null],
    ['\u200B\u200D', null],
    ['\u0301', null],
  ])('%j becomes %j', (raw, expected) => {
    expect(cleanDisplayName(raw)).toBe(expected)
  })

  it('stay as they are once clean, whatever they were', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (raw) => {
        const clean = cleanDisplayName(raw)
        if (clean === null) return
        expect(isDisplayName(clean)).toBe(true)
        expect([...clean].length).toBeLessThanOrEqual(LIMITS.displayNameLength)
        expect(clean).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|^\s|\s$/u)
      }),
      { numRuns: 500 },
    )
  })
})

describe('what goes between client and server', () => {
  const card = { name: 'Laptop', kind: 'computer' }
  it.each([
    [{ card }, true],
    [{ card: null }, true],
    [{}, false],
    [{ card: { ...card, kind: 'toaster' } }, false],
    [{ card: { ...card, name: 'x'.repeat(33) } }, false],
    [{ card: { ...card, name: ' x' } }, false],
    [{ card: { ...card, name: '<b>\u202E' } }, false],
    [{ card: { ...card, network: 'mine' } }, false],
    [{ card, extra: 1 }, false],
    [null, false],
  ])('request %j: %j', (request, isGood) => {
    expect(v.safeParse(nearbyRequestSchema, request).success).toBe(isGood)
  })

  it('bounds the number of peers in a change', () => {
    const many = fc.sample(peerIds, LIMITS.nearbyPeers + 1)
    const change = (count: number) => ({
      joined: many.slice(0, count).map((peer) => ({ peer, ...card })),
      left: [],
    })
    expect(v.safeParse(nearbyChangeSchema, change(LIMITS.nearbyPeers)).success).toBe(true)
    expect(v.safeParse(nearbyChangeSchema, change(LIMITS.nearbyPeers + 1)).success).toBe(false)
  })

  it('takes no garbage', () => {
    fc.assert(
      fc.property(fc.anything(), (input) => {
        expect(v.safeParse(nearbyRequestSchema, input).success).toBe(false)
        expect(v.safeParse(nearbyChangeSchema, input).success).toBe(false)
      }),
    )
  })
})
