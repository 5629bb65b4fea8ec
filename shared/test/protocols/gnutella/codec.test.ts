import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LIMITS } from '../../../src/kernel/limits.ts'
import { gnutellaFormat } from '../../../src/protocols/gnutella/codec.ts'
import type { GnutellaMessage } from '../../../src/protocols/gnutella/messages.ts'
import { decodeWhole, encodeWhole } from '../../../src/wire/binary.ts'
import {
  criterias,
  listings,
  nonces,
  peerIds,
  uint32s,
  uint8s,
  workReports,
} from '../../discovery/arbitraries.ts'
import { guidOf, listingOf, peerOf } from './harness.ts'

const type = <T extends string>(name: T) => fc.constant(name)
const peers = fc.array(peerIds, { maxLength: 10 })
const pongs = fc.array(fc.record({ peer: peerIds, hops: uint8s, degree: uint8s, shares: uint32s }), {
  maxLength: 10,
})

const message: fc.Arbitrary<GnutellaMessage> = fc.oneof(
  fc.record({ type: type('connect'), degree: uint8s }),
  fc.record({ type: type('ok'), degree: uint8s, peers }),
  fc.record({ type: type('refused'), peers }),
  fc.record({
    type: type('bye'),
    reason: fc.constantFrom('leaving' as const, 'trimmed' as const),
    peers,
  }),
  fc.record({ type: type('ping'), guid: nonces, ttl: uint8s }),
  fc.record({ type: type('pong'), guid: nonces, pongs }),
  fc.record({
    type: type('query'),
    guid: nonces,
    ttl: uint8s,
    hops: uint8s,
    mode: fc.constantFrom('classic' as const, 'pruned' as const),
    wantsTally: fc.boolean(),
    criteria: criterias,
  }),
  fc.record({
    type: type('queryHit'),
    guid: nonces,
    hops: uint8s,
    responder: peerIds,
    listings: fc.array(listings, { maxLength: LIMITS.hitsPerNode, size: 'small' }),
  }),
  fc.record({ type: type('prune') }),
  fc.record({ type: type('graft'), guid: fc.option(nonces) }),
  fc.record({ type: type('ihave'), guids: fc.array(nonces, { maxLength: 64 }) }),
  workReports.map((report) => ({ type: 'tally' as const, ...report })),
)

it('gives back every message, and knows its size', () => {
  fc.assert(
    fc.property(message, (value) => {
      const bytes = encodeWhole(gnutellaFormat, value)
      expect(bytes.length).toBe(gnutellaFormat.size(value))
      expect(decodeWhole(gnutellaFormat, bytes)).toEqual({ ok: true, value })
    }),
  )
})

it('never throws on garbage, whole or in the middle of a message', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), message, fc.nat(), (garbage, value, at) => {
      const numbers = [0, 1, 2, 0x10, 0x11, 0x12, 0x20, 0x21, 0x22, 0x23, 0x80, 0x81]
      for (const number of numbers) decodeWhole(gnutellaFormat, new Uint8Array([number, ...garbage]))
      const bytes = encodeWhole(gnutellaFormat, value)
      garbage.forEach((byte, index) => (bytes[(at + index) % bytes.length] = byte))
      const damaged = bytes.subarray(0, bytes.length - (at % 3))
      const decoded = decodeWhole(gnutellaFormat, damaged)
      if (decoded.ok) expect(encodeWhole(gnutellaFormat, decoded.value)).toEqual(damaged)
    }),
  )
})

it('a query must hold words as our own tokenizer makes them', () => {
  const query = (words: readonly string[]): GnutellaMessage => ({
    type: 'query',
    guid: guidOf(1),
    ttl: 5,
    hops: 0,
    mode: 'classic',
    wantsTally: false,
    criteria: { by: 'words', words },
  })
  const isTaken = (words: readonly string[]) =>
    decodeWhole(gnutellaFormat, encodeWhole(gnutellaFormat, query(words))).ok
  expect(isTaken(['summer', 'holiday'])).toBe(true)
  for (const words of [
    [],
    ['Summer'],
    ['two words'],
    [''],
    Array.from({ length: 9 }, (_, i) => `w${String(i)}`),
  ])
    expect(isTaken(words)).toBe(false)
})

it('the largest hit fits into a message', () => {
  const name = 'n'.repeat(LIMITS.listingNameBytes)
  const full = { ...listingOf('x'), name }
  const hit: GnutellaMessage = {
    type: 'queryHit',
    guid: guidOf(1),
    hops: 3,
    responder: peerOf(1),
    listings: Array.from({ length: LIMITS.hitsPerNode }, () => full),
  }
  expect(gnutellaFormat.size(hit)).toBeLessThanOrEqual(LIMITS.discoveryMessageBytes)
})
