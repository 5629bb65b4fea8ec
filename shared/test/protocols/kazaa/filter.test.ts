import fc from 'fast-check'
import { expect, it } from 'vitest'
import { wordsOf } from '../../../src/discovery/words.ts'
import { FILTER_BYTES } from '../../../src/protocols/kazaa/constants.ts'
import { buildFilter, mayMatch } from '../../../src/protocols/kazaa/filter.ts'
import { infoHashOf } from './harness.ts'

const byWords = (...words: string[]) => ({ by: 'words' as const, words })

it('never says no to what is there, whole or by the beginning of the last word', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), fc.nat(), (name, cut) => {
      const words = wordsOf(name)
      fc.pre(words.length > 0)
      const filter = buildFilter(words, [infoHashOf(1)])
      expect(mayMatch(filter, byWords(...words))).toBe(true)
      const last = [...(words.at(-1) ?? '')]
      const beginning = last.slice(0, 1 + (cut % last.length)).join('')
      expect(mayMatch(filter, byWords(...words.slice(0, -1), beginning))).toBe(true)
      expect(mayMatch(filter, { by: 'infoHash', infoHash: infoHashOf(1) })).toBe(true)
    }),
  )
})

it('mostly says no to what is not there, as long as it is not overfull', () => {
  const words = Array.from({ length: 2_000 }, (_, i) => `${String(i)}word`)
  const filter = buildFilter(words, [])
  expect(filter.length).toBeLessThanOrEqual(FILTER_BYTES)
  const wrong = Array.from({ length: 2_000 }, (_, i) => `x${String(i)}`).filter((word) =>
    mayMatch(filter, byWords(word, 'end')),
  )
  expect(wrong.length).toBeLessThan(100)
})

it('a filter that is unknown or makes no sense says yes', () => {
  for (const filter of [null, new Uint8Array(0), new Uint8Array(3)])
    expect(mayMatch(filter, byWords('anything'))).toBe(true)
})
