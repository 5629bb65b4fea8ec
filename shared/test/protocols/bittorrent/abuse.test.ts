import { describe, expect, it } from 'vitest'
import type { ExchangeMessage } from '../../../src/protocols/bittorrent/messages.ts'
import { A, B, Bench, did, told } from './bench.ts'

const SOME: ExchangeMessage = { type: 'bitfield', bits: new Uint8Array([0b1010_0000, 0]) }
const NONE: ExchangeMessage = { type: 'haveNone' }
const ALL: ExchangeMessage = { type: 'haveAll' }

/** Says the messages in turn, `times` times in all. @returns what was done, not what was said. */
const repeat = (bench: Bench, times: number, messages: readonly ExchangeMessage[]): string[] =>
  Array.from({ length: times }, (_, n) => did(bench.say(A, messages[n % messages.length] ?? NONE))).flat()

describe('a peer that tells all that it has', () => {
  it.each<[string, ExchangeMessage]>([
    ['everything', ALL],
    ['nothing', NONE],
    ['something', SOME],
  ])('may repeat itself, as it costs nothing: %s', (_, message) => {
    const bench = Bench.leecher([0])
    bench.join(A)
    bench.say(A, message)
    for (let n = 0; n < 200; n++) expect(bench.say(A, message)).toEqual([])
  })

  it.each<[string, readonly ExchangeMessage[]]>([
    ['nothing and all', [NONE, ALL]],
    ['nothing and something', [NONE, SOME]],
    ['something and all', [SOME, ALL]],
  ])('may not change its mind at will: %s', (_, messages) => {
    const bench = Bench.leecher([0])
    bench.join(A)
    expect(repeat(bench, 20, messages)).toEqual([])
    expect(repeat(bench, 1, messages)).toEqual(['drop tooManyChanges ban'])
  })

  it('may change its mind now and then', () => {
    const bench = Bench.leecher([0])
    bench.join(A)
    for (let n = 0; n < 50; n++) {
      expect(repeat(bench, 1, [n % 2 === 0 ? NONE : SOME])).toEqual([])
      bench.wait(5_000)
    }
  })

  it('is told so itself only a few times, however often others come and go', () => {
    const seed = Bench.source()
    seed.join(A)
    const said = seed.say(A, NONE)
    for (let n = 0; n < 100; n++) said.push(...seed.join(B), ...seed.say(B, NONE), ...seed.leave(B))
    const states = told(said, A).filter((text) => text === 'haveNone' || text === 'haveAll')
    expect(states).toHaveLength(8)
    expect(seed.exchange.swarm?.isSuperSeeding).toBe(false)
  })
})

describe('a peer that announces blocks', () => {
  it('may announce known ones sometimes, not at will', () => {
    const bench = Bench.leecher([0])
    bench.join(A)
    const message = { type: 'have', first: 0, count: 9 } as const
    bench.say(A, message)
    const known = Math.floor(100_000 / 9)
    expect(repeat(bench, known, [message])).toEqual([])
    expect(repeat(bench, 1, [message])).toEqual(['drop tooManyChanges ban'])
  })

  it('is not heard about what is known', () => {
    const bench = Bench.leecher([0])
    bench.join(A)
    expect(told(bench.have(A, 2, 4), A)).toEqual(['interested'])
    expect(bench.have(A, 3, 2)).toEqual([])
    bench.have(A, 4, 4)
    expect(bench.exchange.links.get(A)?.theirs?.count).toBe(6)
  })
})
