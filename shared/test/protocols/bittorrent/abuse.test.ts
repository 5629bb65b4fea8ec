import { describe, expect, it } from 'vitest'
import { defined } from '../../../src/kernel/invariant.ts'
import type { ExchangeMessage } from '../../../src/protocols/bittorrent/messages.ts'
import { A, asked, B, Bench, did, peer, SHARE, told } from './bench.ts'

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

describe('a peer that leaves and joins anew', () => {
  const again = (bench: Bench) => {
    bench.leave(A)
    return bench.join(A)
  }
  const whole = () => {
    const bench = Bench.leecher()
    bench.join(A)
    bench.say(A, ALL)
    return { bench, blocks: asked(bench.say(A, { type: 'unchoke' }), A) }
  }
  const corrupt = (bench: Bench, block = -1) => did(bench.feed({ type: 'blockCorrupt', block }))

  it.each(['before', 'after'] as const)(
    'is asked nothing more when it left %s its bad block was found',
    (order) => {
      const { bench, blocks } = whole()
      bench.piece(A, blocks[0] ?? -1)
      if (order === 'before') bench.leave(A)
      corrupt(bench, blocks[0])
      again(bench)
      bench.say(A, ALL)
      expect(told(bench.say(A, { type: 'unchoke' }), A)).toEqual([])
      expect(bench.exchange.links.get(A)?.trust).toBe('quarantined')
    },
  )

  it.each(['here', 'gone'] as const)('is banned for its second bad block while it is %s', (where) => {
    const { bench, blocks } = whole()
    for (const block of blocks.slice(0, 2)) bench.piece(A, block)
    expect(corrupt(bench, blocks[0])).toEqual([])
    bench.leave(A)
    if (where === 'here') bench.join(A)
    expect(corrupt(bench, blocks[1])).toEqual(['drop corruptBlocks ban'])
  })

  it('is still slow, until it delivers', () => {
    const { bench } = whole()
    bench.wait(10_000)
    again(bench)
    bench.say(A, ALL)
    const [only, ...others] = asked(bench.say(A, { type: 'unchoke' }), A)
    expect(others).toEqual([])
    bench.piece(A, only ?? -1)
    expect(bench.exchange.links.get(A)?.trust).toBe('trusted')
  })

  it('gives way to others when it has only taken', () => {
    const bench = Bench.leecher([0, 1, 2, 3, 4, 5])
    const begin = () => {
      bench.have(A, 9)
      bench.say(A, { type: 'interested' })
    }
    bench.join(A)
    begin()
    for (let block = 0; block < 6; block++) {
      bench.request(A, block)
      bench.read(A, block)
    }
    bench.wait(3_000)
    again(bench)
    begin()
    expect(bench.exchange.links.get(A)?.amChoking).toBe(false)
    for (let n = 2; n <= 5; n++) {
      bench.join(peer(n))
      bench.say(peer(n), { type: 'interested' })
    }
    const choked = [...bench.exchange.links.values()].filter(({ amChoking }) => amChoking)
    expect(choked.map((link) => link.peer)).toEqual([A])
  })

  it('is remembered for what it gave, but counts and rates of a visit start anew', () => {
    const { bench, blocks } = whole()
    bench.piece(A, blocks[0] ?? -1)
    bench.feed({ type: 'blockStored', block: blocks[0] ?? -1 })
    const joinedAt = bench.now
    bench.wait(5_000)
    again(bench)
    const link = bench.exchange.links.get(A)
    expect(link).toMatchObject({ downloadedBytes: 0, record: { givenBytes: 16_384, metAt: joinedAt } })
    expect(link?.downSpeed.totalBytes).toBe(0)
  })

  const root = defined(SHARE.info.files[0]?.root, 'root')
  it.each<[string, number, ExchangeMessage]>([
    ['metadata', 256, { type: 'metadataRequest', part: 0 }],
    ['hashes', 1_000, { type: 'hashRequest', root, span: 0 }],
    ['names', 3, { type: 'peers', peers: [peer(9)] }],
  ])('has spent what it has spent: %s', (_, budget, message) => {
    const bench = Bench.leecher()
    bench.join(A)
    const isGranted = () => {
      const [effect] = bench.say(A, message)
      return effect !== undefined && !(effect.type === 'send' && effect.message.type.endsWith('Reject'))
    }
    for (let n = 0; n < budget; n++) expect(isGranted()).toBe(true)
    again(bench)
    expect(isGranted()).toBe(false)
  })

  it('may not do so at will', () => {
    const bench = Bench.leecher([0])
    bench.join(A)
    for (let n = 1; n < 20; n++) expect(did(again(bench))).toEqual([])
    expect(again(bench)).toEqual([{ type: 'dropPeer', peer: A, code: 'tooManyChanges', ban: true }])
    bench.wait(5_000)
    expect(did(bench.join(A))).toEqual([])
  })

  it('is forgotten when many others left after it', () => {
    const { bench, blocks } = whole()
    bench.piece(A, blocks[0] ?? -1)
    corrupt(bench, blocks[0])
    bench.leave(A)
    for (let n = 100; n < 300; n++) {
      bench.join(peer(n))
      bench.leave(peer(n))
    }
    bench.join(A)
    expect(bench.exchange.links.get(A)?.trust).toBe('trusted')
  })
})
