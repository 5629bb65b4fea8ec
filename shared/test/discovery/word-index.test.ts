import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WordIndex } from '../../src/discovery/word-index.ts'
import { matches, wordsOf } from '../../src/discovery/words.ts'
import { infoHashOf, listingOf } from './listings.ts'

describe('WordIndex', () => {
  it('finds by all words, the last as a prefix, whole matches first', () => {
    const index = new WordIndex<string>()
    index.add('ann', listingOf('beachball.png', 1))
    index.add('ann', listingOf('beach.jpg', 2))
    index.add('bob', listingOf('a beach in spain.jpg', 3))
    const names = (query: string[]) => index.find(query, 10).map(({ listing }) => listing.name)
    expect(names(['beach'])).toEqual(['beach.jpg', 'a beach in spain.jpg', 'beachball.png'])
    expect(names(['spain', 'be'])).toEqual(['a beach in spain.jpg'])
    expect(names(['be', 'spain'])).toEqual([])
    expect(names([])).toEqual([])
    expect(index.find(['beach'], 1)).toHaveLength(1)
  })

  it('counts the memory of names, most for words that nobody else has, and is back at nothing in the end', () => {
    const index = new WordIndex<string>()
    const taken = (name: string, file: number, owner = 'ann') => {
      const before = index.bytes
      index.add(owner, listingOf(name, file))
      return index.bytes - before
    }
    const [own, shared] = [taken('some words here', 1), taken('some words here', 1, 'bob')]
    expect(own).toBeGreaterThan(shared + 900)
    expect(taken('some words and many more of them here', 2)).toBeGreaterThan(own)
    // The same file again replaces its name.
    expect(taken('some words here', 1)).toBe(0)
    for (const owner of ['ann', 'bob']) index.removeOwner(owner)
    expect([index.bytes, index.size]).toEqual([0, 0])
  })

  it('forgets owners, shares and files and nothing else', () => {
    const index = new WordIndex<string>()
    index.add('ann', listingOf('one.txt', 1, 7))
    index.add('ann', listingOf('two.txt', 2, 8))
    index.add('bob', listingOf('one.txt', 1, 7))
    index.removeShare('ann', infoHashOf(7))
    expect(index.find(['txt'], 9).map(({ owner, listing }) => [owner, listing.name])).toEqual([
      ['ann', 'two.txt'],
      ['bob', 'one.txt'],
    ])
    index.removeOwner('ann')
    index.removeListing('bob', listingOf('one.txt', 1, 7))
    expect([index.size, index.countOf('bob'), [...index.words()]]).toEqual([0, 0, []])
  })

  it('answers as a plain scan would', () => {
    const word = fc.constantFrom('red', 'reed', 'green', 'blue', 'bluer')
    const name = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(' '))
    const owners = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), name), { maxLength: 20 })
    const query = fc.array(fc.constantFrom('red', 're', 'blue', 'bl', 'green'), {
      minLength: 1,
      maxLength: 2,
    })
    fc.assert(
      fc.property(owners, fc.constantFrom('a', 'b', 'none'), query, (files, gone, words) => {
        const index = new WordIndex<string>()
        files.forEach(([owner, each], number) => {
          index.add(owner, listingOf(each, number + 1))
        })
        index.removeOwner(gone)
        const left = files.filter(([owner]) => owner !== gone)
        const expected = left.filter(([, each]) => matches(wordsOf(each), words)).map(([, each]) => each)
        const found = index.find(words, 100).map(({ listing }) => listing.name)
        expect(found.sort()).toEqual(expected.sort())
      }),
    )
  })
})
