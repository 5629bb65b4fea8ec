import { describe, expect, it } from 'vitest'
import type { InfoHash, PeerId } from '../../../src/kernel/ids.ts'
import type { Listing } from '../../../src/discovery/listing.ts'
import { CHORD } from '../../../src/protocols/chord/constants.ts'
import type { ChordMessage } from '../../../src/protocols/chord/messages.ts'
import { providerKey, wordKey } from '../../../src/protocols/chord/position.ts'
import { infoHashOf, listingOf } from '../../discovery/listings.ts'
import { Bench, peerOf, self } from './bench.ts'

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

/** A share of so many files, each with so many words of its own. */
const publish = (bench: Bench, number: number, files: number, words: number) =>
  bench.feed({ type: 'publish', infoHash: infoHashOf(number), listings: filesOf(number, files, words) })

describe('more words of our own than a node puts into the ring', () => {
  it('a share that comes later has its part, and one that has few is there with all', () => {
    const bench = new Bench()
    publish(bench, 1, 500, 5)
    bench.run(MINUTE_MS)
    publish(bench, 2, 2, 5)
    bench.run(MINUTE_MS)
    expect([holds(bench, infoHashOf(1)), holds(bench, infoHashOf(2))]).toEqual([true, true])
    expect(['w2x0y0', 'w2x1y4'].map((word) => finds(bench, word))).toEqual([true, true])
  })

  it('a share that takes the place of one that was taken back has all of it', () => {
    const bench = new Bench()
    publish(bench, 1, 500, 5)
    bench.run(MINUTE_MS)
    bench.feed({ type: 'withdraw', infoHash: infoHashOf(1) })
    publish(bench, 2, 300, 5)
    bench.run(3 * MINUTE_MS)
    expect([holds(bench, infoHashOf(1)), holds(bench, infoHashOf(2))]).toEqual([false, true])
    expect(['w2x0y0', 'w2x299y4'].map((word) => finds(bench, word))).toEqual([true, true])
  })

  it('a share that is put again before it was taken back is there', () => {
    const bench = new Bench()
    publish(bench, 1, 500, 5)
    bench.run(MINUTE_MS)
    bench.feed({ type: 'withdraw', infoHash: infoHashOf(1) })
    publish(bench, 1, 500, 5)
    bench.run(2 * MINUTE_MS)
    expect(holds(bench, infoHashOf(1))).toBe(true)
    expect(finds(bench, 'w1x0y0')).toBe(true)
  })

  it('what one share lost to others it has again when they are gone', () => {
    const bench = new Bench()
    publish(bench, 1, 300, 5)
    publish(bench, 2, 300, 5)
    bench.run(2 * MINUTE_MS)
    expect([finds(bench, 'w1x0y0'), finds(bench, 'w2x0y0')]).toEqual([true, true])
    bench.feed({ type: 'withdraw', infoHash: infoHashOf(1) })
    bench.run(2 * MINUTE_MS)
    expect(finds(bench, 'w2x299y4')).toBe(true)
  })
})

describe('a share that is taken back while nobody is linked', () => {
  const other: PeerId = peerOf('9')
  const say = (bench: Bench, message: ChordMessage) => bench.feed({ type: 'message', from: other, message })
  const meet = (bench: Bench) => {
    bench.feed({ type: 'linkUp', peer: other })
    const nobody = { successorCount: 0, predecessorCount: 0, added: [], removed: [] }
    say(bench, { type: 'notify', phase: 'alone', ...nobody })
    const us = { successorCount: 1, predecessorCount: 1, added: [self], removed: [] }
    say(bench, { type: 'notify', phase: 'member', ...us })
  }
  /** Kinds of the records that the other one was given of this share, in order. */
  const given = (bench: Bench, infoHash: InfoHash) =>
    bench.seen.flatMap(({ effect }) => {
      if (effect.type !== 'send' || effect.message.type !== 'find') return []
      const { ask } = effect.message
      return ask.type === 'put' && ask.record.infoHash === infoHash ? [ask.record.kind] : []
    })

  it('is taken back from the ring as well, once there is one again', () => {
    const bench = new Bench()
    meet(bench)
    bench.feed({ type: 'publish', infoHash: infoHashOf(1), listings: [] })
    bench.run(10_000)
    expect(given(bench, infoHashOf(1))).toContain('provider')
    bench.feed({ type: 'linkDown', peer: other })
    bench.feed({ type: 'withdraw', infoHash: infoHashOf(1) })
    bench.run(MINUTE_MS)
    expect(given(bench, infoHashOf(1))).not.toContain('withdrawn')
    meet(bench)
    bench.run(10_000)
    expect(given(bench, infoHashOf(1))).toContain('withdrawn')
  })

  it('is forgotten when nobody can have it any longer', () => {
    const bench = new Bench()
    meet(bench)
    bench.feed({ type: 'publish', infoHash: infoHashOf(1), listings: [] })
    bench.run(10_000)
    bench.feed({ type: 'linkDown', peer: other })
    bench.feed({ type: 'withdraw', infoHash: infoHashOf(1) })
    bench.run(CHORD.recordLifeMs + MINUTE_MS)
    bench.seen.length = 0
    bench.run(2 * CHORD.republishMs)
    expect(bench.count('sign')).toBe(0)
  })
})
