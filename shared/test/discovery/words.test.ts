import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../src/kernel/limits.ts'
import { areQueryWords, matches, queryWords, wordsOf } from '../../src/discovery/words.ts'

describe('wordsOf', () => {
  it.each([
    ['Holiday Photos/2024-08 beach.JPG', ['holiday', 'photos', '2024', '08', 'beach', 'jpg']],
    ['Ｆｕｌｌ　ｗｉｄｔｈ ﬁle', ['full', 'width', 'file']],
    ['Straße STRASSE STRAẞE', ['strasse']],
    ['Café naïve Ångström', ['cafe', 'naive', 'angstrom']],
    ['日本語', ['日本', '本語']],
    ['猫', ['猫']],
    ['mix漢字and数', ['mix', '漢字', 'and', '数']],
    ['한국어 파일', ['한국어', '파일']],
    ['हिन्दी', ['हिन्दी']],
    ['a\u202Eb <script>', ['a', 'b', 'script']],
    ['İstanbul I ı i', ['istanbul', 'i']],
    ['🎉 .. //', []],
  ])('%s', (name, words) => {
    expect(wordsOf(name)).toEqual(words)
  })

  it('is idempotent, bounded and the same for any writing of a text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        const words = wordsOf(name)
        expect(words.length).toBeLessThanOrEqual(LIMITS.wordsPerName)
        for (const word of words) {
          expect([...word].length).toBeLessThanOrEqual(LIMITS.wordLength)
          expect(wordsOf(word)).toEqual([word])
        }
        expect(wordsOf(name.normalize('NFD'))).toEqual(wordsOf(name.normalize('NFC')))
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('matches', () => {
  it.each([
    ['holiday beach', true],
    ['beach hol', true],
    ['hol beach', false],
    ['beach lake', false],
    ['', false],
  ])('%s', (query, expected) => {
    expect(matches(wordsOf('Holiday at the beach.jpg'), queryWords(query))).toBe(expected)
  })
})

describe('query words', () => {
  it('are bounded in bytes and number', () => {
    expect(queryWords('a b c d e f g h i j')).toHaveLength(LIMITS.queryWords)
    expect(queryWords('🎉'.repeat(32) + ' after the end')).toEqual([])
    expect(queryWords('x'.repeat(500))[0]).toHaveLength(LIMITS.wordLength)
  })

  it('from a peer must be as our tokenizer makes them', () => {
    expect(areQueryWords(['holiday', '日本'])).toBe(true)
    for (const bad of [[], [''], ['Two words'], ['UPPER'], ['x'.repeat(33)], Array<string>(9).fill('a')])
      expect(areQueryWords(bad)).toBe(false)
  })
})
