import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8Encode } from '../../src/kernel/bytes.ts'
import { LIMITS } from '../../src/kernel/limits.ts'
import { hitFormat, listingName, mergeHits } from '../../src/discovery/listing.ts'
import { decodeWhole, encodeWhole } from '../../src/wire/binary.ts'
import { listingOf, peerOf } from './listings.ts'

describe('listingName', () => {
  it.each([
    ['one.txt', ['one.txt'], 'one.txt'],
    ['Trip', ['day 1', 'a.jpg'], 'Trip/day 1/a.jpg'],
    ['Trip', ['Trip', 'a.jpg'], 'Trip/a.jpg'],
  ])('%s %j', (share, path, name) => {
    expect(listingName(share, path)).toBe(name)
  })

  it('keeps the end of what is too long, without cutting a character', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 600 }),
        fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }), {
          minLength: 1,
          maxLength: 5,
        }),
        (share, path) => {
          const name = listingName(share, path)
          expect(utf8Encode(name).length).toBeLessThanOrEqual(LIMITS.listingNameBytes)
          expect(name).not.toMatch(/\p{Surrogate}/u)
          if (utf8Encode([share, ...path].join('/')).length <= LIMITS.listingNameBytes)
            expect(name.endsWith(path.join('/'))).toBe(true)
        },
      ),
    )
  })
})

it('hits of several answers are merged by file and share', () => {
  const a = listingOf('a', 1)
  const merged = mergeHits([
    { listing: a, providers: [peerOf(1), peerOf(2)] },
    { listing: { ...a, name: 'other name' }, providers: [peerOf(2), peerOf(3)] },
    { listing: listingOf('a', 1, 9), providers: [peerOf(4)] },
  ])
  expect(merged.map(({ listing, providers }) => [listing.name, providers.length])).toEqual([
    ['a', 3],
    ['a', 1],
  ])
})

it('hits survive the wire and garbage is refused', () => {
  const hit = { listing: listingOf('Ärger/日本.txt', 3), providers: [peerOf(1), peerOf(2)] }
  const bytes = encodeWhole(hitFormat, hit)
  expect(decodeWhole(hitFormat, bytes)).toEqual({ ok: true, value: hit })
  expect(hitFormat.size(hit)).toBe(bytes.length)
  for (let length = 0; length < bytes.length; length++)
    expect(decodeWhole(hitFormat, bytes.slice(0, length)).ok).toBe(false)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (garbage) => {
      const decoded = decodeWhole(hitFormat, new Uint8Array(garbage))
      if (decoded.ok) expect(encodeWhole(hitFormat, decoded.value)).toEqual(new Uint8Array(garbage))
    }),
  )
})
