import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defined } from '../../../src/kernel/invariant.ts'
import { parseFileRoot, parseInfoHash, parseNonce, parsePeerId } from '../../../src/kernel/ids.ts'
import { LIMITS } from '../../../src/kernel/limits.ts'
import type { Listing } from '../../../src/discovery/listing.ts'
import { chordFormat } from '../../../src/protocols/chord/codec.ts'
import type { Answer, Ask, ChordMessage, Report } from '../../../src/protocols/chord/messages.ts'
import { recordFormat, type RingRecord } from '../../../src/protocols/chord/record.ts'
import { decodeWhole, encodeWhole } from '../../../src/wire/binary.ts'

const hex = (digits: number) =>
  fc
    .uint8Array({ minLength: digits / 2, maxLength: digits / 2 })
    .map((bytes) => Buffer.from(bytes).toString('hex'))
const peer = hex(64).map((text) => defined(parsePeerId(text), 'peer'))
const infoHash = hex(64).map((text) => defined(parseInfoHash(text), 'infohash'))
const lookup = hex(32).map((text) => defined(parseNonce(text), 'nonce'))
const peers = fc.array(peer, { maxLength: 16 })
const place = fc.nat(2 ** 48 - 1)
const places = fc.array(place, { maxLength: 30 })
const text = (maxLength: number) => fc.string({ maxLength, unit: 'grapheme-ascii' })
const listing: fc.Arbitrary<Listing> = fc.record({
  root: hex(64).map((each) => defined(parseFileRoot(each), 'root')),
  infoHash,
  name: text(200),
  sizeBytes: place,
})
const record: fc.Arbitrary<RingRecord> = fc.record({
  key: hex(40),
  kind: fc.constantFrom('provider' as const, 'word' as const, 'withdrawn' as const),
  infoHash,
  listing: fc.option(listing),
  provider: peer,
  publicKey: hex(130),
  sequence: place,
  expiresAt: place,
  signature: hex(128),
})
const limit = fc.nat(255)
const ask: fc.Arbitrary<Ask> = fc.oneof(
  fc.constant({ type: 'locate' as const }),
  fc.record({ type: fc.constant('getProviders' as const), infoHash, limit }),
  fc.record({ type: fc.constant('getFiles' as const), words: fc.array(text(20), { maxLength: 8 }), limit }),
  fc.record({ type: fc.constant('put' as const), record }),
)
const answer: fc.Arbitrary<Answer> = fc.oneof(
  fc.constant({ type: 'located' as const }),
  fc.record({ type: fc.constant('records' as const), records: fc.array(record, { maxLength: 5 }) }),
  fc.record({
    type: fc.constant('put' as const),
    outcome: fc.constantFrom('stored' as const, 'older' as const, 'bad' as const, 'full' as const),
  }),
)
const trace = fc.option(fc.record({ path: peers, messages: fc.nat(65_535), bytes: fc.nat(2 ** 32 - 1) }))
const small = fc.nat(255)
const report: fc.Arbitrary<Report> = fc.record({
  phase: fc.constantFrom('alone' as const, 'joining' as const, 'member' as const),
  successorCount: small,
  predecessorCount: small,
  added: peers,
  removed: places,
})
const tags = fc.array(hex(16), { maxLength: 20 })
const message: fc.Arbitrary<ChordMessage> = fc.oneof(
  fc.constantFrom({ type: 'stabilize' as const }, { type: 'letGo' as const }),
  report.map((each) => ({ type: 'neighbours' as const, ...each })),
  report.map((each) => ({ type: 'notify' as const, ...each })),
  fc.record({ type: fc.constant('links' as const), added: places, removed: places }),
  fc.record({ type: fc.constant('whois' as const), position: place }),
  fc.record({ type: fc.constant('contact' as const), position: place, peer: fc.option(peer) }),
  fc.record({
    type: fc.constant('find' as const),
    lookup,
    key: hex(40),
    origin: peer,
    ask,
    routing: fc.constantFrom('circle' as const, 'fingers' as const, 'full' as const),
    ttl: small,
    hops: small,
    avoid: fc.array(peer, { maxLength: 4 }),
    visited: places,
    dead: places,
    course: fc.constantFrom('free' as const, 'fromAfter' as const, 'closer' as const),
    trace,
  }),
  fc.record({ type: fc.constant('hopAck' as const), lookup }),
  fc.record({ type: fc.constant('back' as const), lookup, ttl: small, visited: places, dead: places }),
  fc.record({
    type: fc.constant('found' as const),
    lookup,
    origin: peer,
    owner: peer,
    answer,
    hops: small,
    ttl: small,
    trace,
  }),
  fc.record({ type: fc.constant('leave' as const), predecessors: peers, successors: peers }),
  fc.record({ type: fc.constantFrom('offer' as const, 'want' as const), tags }),
  fc.record({ type: fc.constant('store' as const), records: fc.array(record, { maxLength: 5 }) }),
)

describe('messages of the ring', () => {
  it('come back as they were sent, and their size is known', () => {
    fc.assert(
      fc.property(message, (value) => {
        const bytes = encodeWhole(chordFormat, value)
        expect(bytes.length).toBe(chordFormat.size(value))
        expect(decodeWhole(chordFormat, bytes)).toEqual({ ok: true, value })
      }),
      { numRuns: 300 },
    )
  })

  it('are refused when they are garbage, and never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 16 }), (garbage, type) => {
        const bytes = new Uint8Array([type, ...garbage])
        const decoded = decodeWhole(chordFormat, bytes)
        if (decoded.ok) expect(encodeWhole(chordFormat, decoded.value)).toEqual(bytes)
      }),
      { numRuns: 3_000 },
    )
  })

  it('are refused when a byte is cut off or added', () => {
    fc.assert(
      fc.property(message, (value) => {
        const bytes = encodeWhole(chordFormat, value)
        expect(decodeWhole(chordFormat, bytes.slice(0, -1)).ok).toBe(false)
        expect(decodeWhole(chordFormat, new Uint8Array([...bytes, 0])).ok).toBe(false)
      }),
      { numRuns: 100 },
    )
  })

  it('the longest record fits its limit', () => {
    const [sample] = fc.sample(record, { numRuns: 1, seed: 1 })
    const [file] = fc.sample(listing, { numRuns: 1, seed: 1 })
    const longest = { ...sample!, listing: { ...file!, name: 'x'.repeat(LIMITS.listingNameBytes) } }
    expect(recordFormat.size(longest)).toBeLessThanOrEqual(LIMITS.recordBytes)
  })
})
