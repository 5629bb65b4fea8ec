import { describe, expect, it } from 'vitest'
import type { InfoHash } from '../../../src/kernel/ids.ts'
import type { Listing } from '../../../src/discovery/listing.ts'
import { providerKey, wordKey } from '../../../src/protocols/chord/position.ts'
import { infoHashOf, listingOf } from '../../discovery/listings.ts'
import { Bench, self } from './bench.ts'

/** Files of one share whose names have so many words that nobody else's have. */
const filesOf = (share: number, count: number, words: number): Listing[] =>
  Array.from({ length: count }, (_, file) => {
    const name = Array.from(
      { length: words },
      (_word, index) => `w${String(share)}x${String(file)}y${String(index)}`,
    )
    return listingOf(name.join(' '), 1_000 * share + file, share)
  })

const holds = (bench: Bench, infoHash: InfoHash) => bench.node.holds(providerKey(infoHash), self)
const finds = (bench: Bench, word: string) => bench.node.holds(wordKey(word), self)
const MINUTE_MS = 60_000

describe('more words of our own than a node puts into the ring', () => {
  it('a share that comes later has its part, and one that has few is there with all', () => {
    const bench = new Bench()
    bench.feed({ type: 'publish', infoHash: infoHashOf(1), listings: filesOf(1, 500, 5) })
    bench.run(MINUTE_MS)
    bench.feed({ type: 'publish', infoHash: infoHashOf(2), listings: filesOf(2, 2, 5) })
    bench.run(MINUTE_MS)
    expect([holds(bench, infoHashOf(1)), holds(bench, infoHashOf(2))]).toEqual([true, true])
    expect(['w2x0y0', 'w2x1y4'].map((word) => finds(bench, word))).toEqual([true, true])
  })

  it('a share that takes the place of one that was taken back has all of it', () => {
    const bench = new Bench()
    bench.feed({ type: 'publish', infoHash: infoHashOf(1), listings: filesOf(1, 500, 5) })
    bench.run(MINUTE_MS)
    bench.feed({ type: 'withdraw', infoHash: infoHashOf(1) })
    bench.feed({ type: 'publish', infoHash: infoHashOf(2), listings: filesOf(2, 300, 5) })
    bench.run(3 * MINUTE_MS)
    expect([holds(bench, infoHashOf(1)), holds(bench, infoHashOf(2))]).toEqual([false, true])
    expect(['w2x0y0', 'w2x299y4'].map((word) => finds(bench, word))).toEqual([true, true])
  })

  it('a share that is put again before it was taken back is there', () => {
    const bench = new Bench()
    bench.feed({ type: 'publish', infoHash: infoHashOf(1), listings: filesOf(1, 500, 5) })
    bench.run(MINUTE_MS)
    bench.feed({ type: 'withdraw', infoHash: infoHashOf(1) })
    bench.feed({ type: 'publish', infoHash: infoHashOf(1), listings: filesOf(1, 500, 5) })
    bench.run(2 * MINUTE_MS)
    expect(holds(bench, infoHashOf(1))).toBe(true)
    expect(finds(bench, 'w1x0y0')).toBe(true)
  })

  it('what one share lost to others it has again when they are gone', () => {
    const bench = new Bench()
    bench.feed({ type: 'publish', infoHash: infoHashOf(1), listings: filesOf(1, 300, 5) })
    bench.feed({ type: 'publish', infoHash: infoHashOf(2), listings: filesOf(2, 300, 5) })
    bench.run(2 * MINUTE_MS)
    expect([finds(bench, 'w1x0y0'), finds(bench, 'w2x0y0')]).toEqual([true, true])
    bench.feed({ type: 'withdraw', infoHash: infoHashOf(1) })
    bench.run(2 * MINUTE_MS)
    expect(finds(bench, 'w2x299y4')).toBe(true)
  })
})
