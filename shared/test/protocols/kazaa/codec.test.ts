import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LIMITS } from '../../../src/kernel/limits.ts'
import { kazaaFormat } from '../../../src/protocols/kazaa/codec.ts'
import {
  FILTER_BYTES,
  HITS_PER_MESSAGE,
  LISTINGS_PER_MESSAGE,
} from '../../../src/protocols/kazaa/constants.ts'
import type { KazaaMessage } from '../../../src/protocols/kazaa/messages.ts'
import { inMessages } from '../../../src/protocols/kazaa/share-table.ts'
import { decodeWhole, encodeWhole } from '../../../src/wire/binary.ts'
import {
  criterias,
  fileRoots,
  hits,
  infoHashes,
  listings,
  nonces,
  peerIds,
  uint16s,
  uint32s,
  uint8s,
  workReports,
} from '../../discovery/arbitraries.ts'
import { guidOf, infoHashOf, listingOf, peerOf } from './harness.ts'

const type = <T extends string>(name: T) => fc.constant(name)
const few = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 3 })
const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((raw) => Buffer.from(raw).toString('hex'))
const as = fc.constantFrom('child' as const, 'standbyChild' as const, 'leader' as const)
const standing = fc.record({
  uptimeSeconds: uint32s,
  uploadBytesPerSecond: uint32s,
  freeLinks: uint8s,
  isVisible: fc.boolean(),
  isWilling: fc.boolean(),
})
const shares = few(fc.record({ infoHash: infoHashes, listings: few(listings) }))
const receipt = fc.record({
  uploader: peerIds,
  downloader: peerIds,
  bytes: uint32s,
  signedAt: fc.nat(2 ** 41),
  nonce: nonces,
  key: hex(65),
  signature: hex(64),
})

const message: fc.Arbitrary<KazaaMessage> = fc.oneof(
  fc.record({
    type: type('nodeInfo'),
    role: fc.constantFrom('orphan' as const, 'child' as const, 'superNode' as const),
    children: uint8s,
    neighbours: uint8s,
    standing,
    leaders: few(peerIds),
  }),
  fc.record({ type: type('join'), as, standing }),
  fc.record({ type: type('welcome'), as, epoch: uint32s, leaders: few(peerIds) }),
  fc.record({ type: type('refuse'), as, leaders: few(peerIds) }),
  fc.record({ type: type('leave'), leaders: few(peerIds) }),
  fc.record({
    type: type('shareDiff'),
    epoch: uint32s,
    reset: fc.boolean(),
    remove: few(infoHashes),
    add: shares,
  }),
  fc.record({ type: type('digest'), epoch: uint32s, digest: hex(8), standing }),
  fc.record({ type: type('resend'), epoch: uint32s }),
  fc.record({
    type: type('query'),
    guid: nonces,
    ttl: uint8s,
    hops: uint8s,
    limit: uint16s,
    wantsCost: fc.boolean(),
    criteria: criterias,
  }),
  fc.record({ type: type('hits'), guid: nonces, hops: uint8s, hits: few(hits), providers: few(peerIds) }),
  workReports.map((report) => ({ type: 'cost' as const, ...report })),
  fc.uint8Array({ maxLength: 64 }).map((bits) => ({ type: 'filter' as const, bits: new Uint8Array(bits) })),
  fc.record({ type: type('promote') }),
  fc.record({ type: type('decline') }),
  fc.record({ type: type('handover'), child: peerIds, isLast: fc.boolean(), shares }),
  fc.record({ type: type('confirm'), infoHash: infoHashes, root: fileRoots }),
  fc.record({ type: type('confirmed'), infoHash: infoHashes, root: fileRoots, isShared: fc.boolean() }),
  fc.record({ type: type('enqueue'), infoHash: infoHashes, ticket: uint32s }),
  fc.record({
    type: type('queued'),
    infoHash: infoHashes,
    ticket: uint32s,
    position: uint16s,
    etaMs: uint32s,
  }),
  fc.record({ type: type('grant'), infoHash: infoHashes }),
  fc.record({ type: type('dequeue'), infoHash: infoHashes }),
  fc.record({ type: type('receipt'), receipt }),
  fc.record({ type: type('present'), receipts: few(receipt) }),
)

it('gives back every message, and knows its size', () => {
  fc.assert(
    fc.property(message, (value) => {
      const bytes = encodeWhole(kazaaFormat, value)
      expect(bytes.length).toBe(kazaaFormat.size(value))
      expect(decodeWhole(kazaaFormat, bytes)).toEqual({ ok: true, value })
    }),
  )
})

it('never throws on damaged messages, and reads only what is written the one right way', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), message, fc.nat(), (garbage, value, at) => {
      for (let number = 0; number < 0x60; number++)
        decodeWhole(kazaaFormat, new Uint8Array([number, ...garbage]))
      const bytes = encodeWhole(kazaaFormat, value)
      garbage.forEach((byte, index) => (bytes[(at + index) % bytes.length] = byte))
      const damaged = bytes.subarray(0, bytes.length - (at % 3))
      const decoded = decodeWhole(kazaaFormat, damaged)
      if (decoded.ok) expect(encodeWhole(kazaaFormat, decoded.value)).toEqual(damaged)
    }),
  )
})

it('the largest messages that we make fit', () => {
  const listing = { ...listingOf('x'), name: 'n'.repeat(LIMITS.listingNameBytes) }
  const providers = Array.from({ length: LIMITS.providersPerHit }, (_, i) => peerOf(i))
  const largest: KazaaMessage[] = [
    {
      type: 'hits',
      guid: guidOf(1),
      hops: 1,
      hits: Array.from({ length: HITS_PER_MESSAGE }, () => ({ listing, providers })),
      providers: Array.from({ length: LIMITS.hitsPerNode }, (_, i) => peerOf(i)),
    },
    { type: 'filter', bits: new Uint8Array(FILTER_BYTES) },
    ...inMessages([{ infoHash: infoHashOf(1), listings: Array.from({ length: 100 }, () => listing) }]).map(
      (add) => ({ type: 'shareDiff' as const, epoch: 1, reset: true, remove: [], add }),
    ),
  ]
  for (const each of largest) expect(kazaaFormat.size(each)).toBeLessThanOrEqual(LIMITS.discoveryMessageBytes)
})

it('shares are cut into messages without loss', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(60), { maxLength: 90 }), (sizes) => {
      const parts = sizes.map((size, share) => ({
        infoHash: infoHashOf(share),
        listings: Array.from({ length: size }, (_, i) => listingOf('f', i, share)),
      }))
      const messages = inMessages(parts)
      expect(messages.length).toBeGreaterThan(0)
      const listingsIn = (list: typeof parts) => list.reduce((sum, part) => sum + part.listings.length, 0)
      for (const each of messages) {
        expect(each.length).toBeLessThanOrEqual(64)
        expect(listingsIn(each as typeof parts)).toBeLessThanOrEqual(LISTINGS_PER_MESSAGE)
      }
      const all = messages.flat()
      expect([...new Set(all.map(({ infoHash }) => infoHash))]).toEqual(parts.map(({ infoHash }) => infoHash))
      expect(all.flatMap((part) => part.listings)).toEqual(parts.flatMap((part) => part.listings))
    }),
    { numRuns: 30 },
  )
})
