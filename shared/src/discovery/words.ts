import { utf8Encode } from '../kernel/bytes.ts'
import { LIMITS } from '../kernel/limits.ts'

/** Scripts written without spaces, whose runs are cut into overlapping pairs. */
const CJK_RUN = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]+/gu
const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]/u
/** Letters, the marks that belong to them in Indic scripts and others, and digits. */
const WORD = /[\p{L}\p{M}\p{N}]+/gu
/** Accents of Latin, Greek and Cyrillic; marks of other scripts carry meaning and stay. */
const ACCENTS = /[\u0300-\u036f]/g

/**
 * The words of a text, in order, each once: compatibility forms unified (NFKC), case folded, accents
 * stripped, runs of CJK characters as bigrams. The one tokenizer of all systems: a file is found by the same
 * words in each of them. No call depends on the locale.
 */
export function wordsOf(text: string, limit: number = LIMITS.wordsPerName): string[] {
  const words = new Set<string>()
  for (const [run] of fold(text).matchAll(WORD)) {
    for (const word of CJK.test(run) ? splitCjk(run) : [run]) {
      if (words.size >= limit) return [...words]
      words.add(shorten(word))
    }
  }
  return [...words]
}

/** The words of a query as a person typed it; at most as many and as long as the network allows. */
export function queryWords(text: string): string[] {
  const bounded = utf8Encode(text).length <= LIMITS.queryBytes ? text : cutToBytes(text, LIMITS.queryBytes)
  return wordsOf(bounded, LIMITS.queryWords)
}

/** True when the name has all words of the query; the last may be the beginning of a word. */
export function matches(nameWords: readonly string[], query: readonly string[]): boolean {
  return (
    query.length > 0 &&
    query.every((word, index) => {
      const isLast = index === query.length - 1
      return nameWords.some((each) => each === word || (isLast && each.startsWith(word)))
    })
  )
}

/** Words that came from a peer: not longer, not more and not other than our own tokenizer makes them. */
export function areQueryWords(words: readonly string[]): boolean {
  return (
    words.length > 0 &&
    words.length <= LIMITS.queryWords &&
    words.every((word) => {
      const [only, ...more] = wordsOf(word)
      return more.length === 0 && only === word
    })
  )
}

function fold(text: string): string {
  // Upper case unifies letters that only differ in one case, like ß and ss; before it lower case, since ẞ has no other upper case.
  const folded = text.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase()
  return folded.normalize('NFD').replace(ACCENTS, '').normalize('NFC')
}

function splitCjk(run: string): string[] {
  const parts: string[] = []
  let at = 0
  for (const match of run.matchAll(CJK_RUN)) {
    if (match.index > at) parts.push(run.slice(at, match.index))
    parts.push(...bigrams([...match[0]]))
    at = match.index + match[0].length
  }
  if (at < run.length) parts.push(run.slice(at))
  return parts
}

function bigrams(characters: readonly string[]): string[] {
  if (characters.length < 2) return [characters.join('')]
  return characters.slice(1).map((character, index) => `${characters[index] ?? ''}${character}`)
}

/** Counted in characters, so that none is cut in half. */
function shorten(word: string): string {
  return word.length <= LIMITS.wordLength ? word : [...word].slice(0, LIMITS.wordLength).join('')
}

function cutToBytes(text: string, limit: number): string {
  let length = 0
  let cut = ''
  for (const character of text) {
    length += utf8Encode(character).length
    if (length > limit) break
    cut += character
  }
  return cut
}
