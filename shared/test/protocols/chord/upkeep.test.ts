import { describe, expect, it } from 'vitest'
import { CHORD } from '../../../src/protocols/chord/constants.ts'
import type { ChordMessage } from '../../../src/protocols/chord/messages.ts'
import { Bench, peerOf, self } from './bench.ts'

const [other, third] = [peerOf('9'), peerOf('b')]
const LISTS = { successorCount: 1, predecessorCount: 1, added: [self], removed: [] }

/** A member linked with two others. */
function meet(): Bench {
  const bench = new Bench()
  for (const from of [other, third]) {
    bench.feed({ type: 'linkUp', peer: from })
    bench.feed({ type: 'message', from, message: { type: 'notify', phase: 'member', ...LISTS } })
  }
  bench.run(1_000)
  return bench
}

const say = (bench: Bench, message: ChordMessage, from = other) =>
  bench.feed({ type: 'message', from, message }).filter(({ type }) => type === 'send').length

const answersTo = (bench: Bench, message: ChordMessage, times: number): number =>
  Array.from({ length: times }, () => say(bench, message)).filter((sent) => sent > 0).length

describe('a neighbour that does nothing but keep up the ring', () => {
  it.each<[string, ChordMessage]>([
    ['asks for our neighbours', { type: 'stabilize' }],
    ['asks who is behind a place', { type: 'whois', position: 7 }],
    ['offers records', { type: 'offer', tags: ['0'.repeat(16)] }],
  ])('without end is answered so often at once, and then now and then: %s', (_, message) => {
    const bench = meet()
    expect(answersTo(bench, message, 2_000)).toBeLessThanOrEqual(CHORD.upkeepBurst)
    bench.now += 1_000
    expect(answersTo(bench, message, 2_000)).toBe(CHORD.upkeepRate)
    // It takes nothing from anybody else.
    expect(say(bench, message, third)).toBeGreaterThan(0)
  })

  it('is not heard about its lists beyond that', () => {
    const bench = meet()
    answersTo(bench, { type: 'stabilize' }, CHORD.upkeepBurst)
    expect(bench.node.view().successors).toContain(other)
    const parted = { type: 'notify', phase: 'alone', ...LISTS, added: [], removed: [] } as const
    say(bench, parted)
    expect(bench.node.view().successors).toContain(other)
    bench.now += 1_000
    say(bench, parted)
    expect(bench.node.view().successors).not.toContain(other)
  })

  it('may do so as the liveliest of the simulator, five times as often, for as long as it likes', () => {
    const bench = meet()
    // 14 in one second and 41 in ten, 122 in a minute (median sessions of 30 s).
    for (let second = 0; second < 600; second++) {
      bench.now += 1_000
      expect(answersTo(bench, { type: 'stabilize' }, second % 60 === 0 ? 70 : 10)).toBe(
        second % 60 === 0 ? 70 : 10,
      )
    }
  })

  it('may say at once what a link held back for half a minute', () => {
    const bench = meet()
    bench.now += 30_000
    expect(answersTo(bench, { type: 'stabilize' }, 16 * 20)).toBe(16 * 20)
  })
})
