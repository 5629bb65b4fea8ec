import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as binary from '../../src/wire/binary.ts'

type Sample =
  | { readonly type: 'empty' }
  | {
      readonly type: 'all'
      readonly small: number
      readonly big: number
      readonly on: boolean
      readonly word: 'left' | 'right'
      readonly note: string | null
      readonly items: readonly number[]
    }

const format = binary.messages<Sample>({
  empty: [3, {}],
  all: [
    9,
    {
      small: binary.uint16,
      big: binary.uint48,
      on: binary.flag,
      word: binary.oneOf(['left', 'right']),
      note: binary.nullable(binary.text(20)),
      items: binary.list(binary.uint8, 4),
    },
  ],
})

const sample: fc.Arbitrary<Sample> = fc.oneof(
  fc.constant({ type: 'empty' as const }),
  fc.record({
    type: fc.constant('all' as const),
    small: fc.nat(65_535),
    big: fc.nat(2 ** 48 - 1),
    on: fc.boolean(),
    word: fc.constantFrom('left' as const, 'right' as const),
    note: fc.option(fc.string({ maxLength: 10, unit: 'grapheme-ascii' })),
    items: fc.array(fc.nat(255), { maxLength: 4 }),
  }),
)

describe('binary formats', () => {
  it('give back what was written, and know its size', () => {
    fc.assert(
      fc.property(sample, (value) => {
        const bytes = binary.encodeWhole(format, value)
        expect(bytes.length).toBe(format.size(value))
        expect(binary.decodeWhole(format, bytes)).toEqual({ ok: true, value })
      }),
    )
  })

  it('accept of garbage only what is written the one right way', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (garbage) => {
        const bytes = new Uint8Array([9, ...garbage])
        const decoded = binary.decodeWhole(format, bytes)
        if (decoded.ok) expect(binary.encodeWhole(format, decoded.value)).toEqual(bytes)
      }),
      { numRuns: 5_000 },
    )
  })

  it.each([
    ['an unknown message', [4]],
    ['bytes left over', [3, 0]],
    ['a flag that is neither', [9, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]],
    ['a word that is none', [9, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0]],
    ['bad UTF-8', [9, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0xff, 0, 0]],
    ['too many items', [9, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 5, 1, 2, 3, 4, 5]],
  ])('refuse %s', (_, bytes) => {
    expect(binary.decodeWhole(format, new Uint8Array(bytes)).ok).toBe(false)
  })
})
