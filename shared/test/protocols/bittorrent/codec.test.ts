import { runsOf } from '../../../src/protocols/bittorrent/runs.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseFileRoot } from '../../../src/kernel/ids.ts'
import { defined } from '../../../src/kernel/invariant.ts'
import { LIMITS } from '../../../src/kernel/limits.ts'
import {
  type ControlMessage,
  decodeBlocks,
  decodeExchange,
  encodeBlocks,
  encodeExchange,
} from '../../../src/protocols/bittorrent/codec.ts'
import { sizeOf } from '../../../sim/message-size.ts'
import { peer } from './bench.ts'

const uint32 = fc.nat({ max: 0xffffffff })
const uint16 = fc.nat({ max: 0xffff })
const bytes = (max: number) => fc.uint8Array({ maxLength: max }).map((array) => new Uint8Array(array))
const hashes = (max: number) =>
  fc
    .nat({ max })
    .chain((count) => fc.uint8Array({ minLength: count * 32, maxLength: count * 32 }))
    .map((array) => new Uint8Array(array))
const root = fc.constant(defined(parseFileRoot('ab'.repeat(32)), 'root'))

const message: fc.Arbitrary<ControlMessage> = fc.oneof(
  fc.record({
    type: fc.constantFrom('choke', 'unchoke', 'interested', 'notInterested', 'haveAll', 'haveNone'),
  }),
  fc.record({ type: fc.constantFrom('metadataReady', 'haveAllHashes', 'uploadOnly', 'wantsMore') }),
  fc.record({ type: fc.constant('have'), first: uint32, count: uint32 }),
  fc.record({ type: fc.constant('bitfield'), bits: bytes(200) }),
  fc.record({
    type: fc.constantFrom('request', 'cancel', 'reject'),
    piece: uint32,
    begin: uint32,
    length: uint32,
  }),
  fc.record({ type: fc.constantFrom('metadataRequest', 'metadataReject'), part: uint16 }),
  fc.record({ type: fc.constant('metadata'), part: uint16, totalBytes: uint32, bytes: bytes(100) }),
  fc.record({ type: fc.constantFrom('hashRequest', 'hashReject', 'haveHashes'), root, span: uint32 }),
  fc.record({ type: fc.constant('hashes'), root, span: uint32, hashes: hashes(8), proof: hashes(8) }),
  fc.record({
    type: fc.constant('peers'),
    peers: fc.array(fc.nat({ max: 999 }).map(peer), { maxLength: LIMITS.pexPeers }),
  }),
)

describe('control messages', () => {
  it('survive the wire, and have the size that the simulator computes', () => {
    fc.assert(
      fc.property(message, (original) => {
        const encoded = encodeExchange(original)
        expect(decodeExchange(encoded)).toEqual({ ok: true, value: original })
        expect(encoded.length).toBe(sizeOf(original))
      }),
    )
  })

  it('cut short or with more at the end are refused or another message, never an error', () => {
    fc.assert(
      fc.property(message, fc.nat({ max: 40 }), bytes(3), (original, cut, tail) => {
        const encoded = encodeExchange(original)
        const shorter = decodeExchange(encoded.slice(0, Math.max(0, encoded.length - cut - 1)))
        if (shorter.ok) expect(sizeOf(shorter.value)).toBeLessThan(encoded.length)
        const longer = new Uint8Array([...encoded, ...tail])
        const read = decodeExchange(longer)
        if (read.ok) expect(sizeOf(read.value)).toBe(longer.length)
      }),
    )
  })

  it('never throw on garbage', () => {
    fc.assert(
      fc.property(bytes(300), (garbage) => {
        const read = decodeExchange(garbage)
        if (read.ok) expect(encodeExchange(read.value)).toEqual(garbage)
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([
    ['unknown ids', new Uint8Array([200]), 'unknownType'],
    ['nothing', new Uint8Array(), 'badMessage'],
    ['too much', new Uint8Array(LIMITS.hashesMessageBytes + 1), 'tooBig'],
    ['long requests', new Uint8Array(LIMITS.controlMessageBytes + 1).fill(6, 0, 1), 'tooBig'],
    ['51 peers', new Uint8Array(1 + 51 * 32).fill(70, 0, 1), 'badMessage'],
    ['513 hashes', new Uint8Array(39 + 513 * 32).fill(22, 0, 1), 'badMessage'],
  ])('refuse %s', (_, encoded, code) => {
    const read = decodeExchange(encoded)
    // An empty message reads as id 0, choke, with a failed reader.
    expect(read).toMatchObject({ ok: false, code })
  })
})

describe('block frames', () => {
  it('survive the wire, and have the size that the simulator computes', () => {
    fc.assert(
      fc.property(
        uint16,
        uint32,
        uint32,
        fc.uint8Array({ minLength: 1, maxLength: 500 }),
        (handle, piece, begin, data) => {
          const frame = { handle, piece, begin, bytes: new Uint8Array(data) }
          const encoded = encodeBlocks(handle, piece, begin, [frame.bytes])
          expect(decodeBlocks(encoded)).toEqual({ ok: true, value: frame })
          expect(encoded.length).toBe(sizeOf({ type: 'piece', piece, begin, bytes: frame.bytes }))
        },
      ),
    )
  })

  it.each([0, 1, 9, 10])('of %i bytes are refused', (length) => {
    expect(decodeBlocks(new Uint8Array(length))).toMatchObject({ ok: false })
  })

  it('of more than a block are refused', () => {
    expect(decodeBlocks(new Uint8Array(LIMITS.bulkFrameBytes + 1))).toMatchObject({
      ok: false,
      code: 'tooBig',
    })
  })
})

it('blocks as runs of neighbours', () => {
  expect([...runsOf([])]).toEqual([])
  expect([...runsOf([0])]).toEqual([{ first: 0, count: 1 }])
  const runs = [...runsOf([1, 2, 3, 7, 9, 10])]
  expect(runs).toEqual([
    { first: 1, count: 3 },
    { first: 7, count: 1 },
    { first: 9, count: 2 },
  ])
})
