import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRng } from '../../../src/kernel/rng.ts'
import { Geometry } from '../../../src/content/geometry.ts'
import { Availability } from '../../../src/protocols/bittorrent/availability.ts'
import { BlockSet } from '../../../src/protocols/bittorrent/block-set.ts'
import { BLOCK, PiecePicker } from '../../../src/protocols/bittorrent/piece-picker.ts'

/** Blocks in a piece of these tests. */
const PER_PIECE = 2

/** A swarm drawn as rows, one peer each: the blocks it has. Our own row comes first, with `r` for requested. */
function drawn(ours: string, peers: readonly string[], seed = 1) {
  const geometry = new Geometry(PER_PIECE * 16_384, [ours.length * 16_384])
  const picker = new PiecePicker(geometry, createRng(seed))
  for (const row of peers) {
    ;[...row].forEach((mark, block) => {
      if (mark === '1') picker.availability.increment(geometry.pieceOf(block))
    })
  }
  ;[...ours].forEach((mark, block) => {
    if (mark !== '0') picker.setState(block, mark === 'r' ? BLOCK.requested : BLOCK.have)
  })
  const candidates = peers.map((row) => {
    const set = new BlockSet(ours.length)
    ;[...row].forEach((mark, block) => {
      if (mark === '1' && ours[block] === '0') set.add(block)
    })
    return set
  })
  const pick = (peer: number, count: number, isAskable: (block: number) => boolean = () => true) =>
    picker.pick(candidates[peer] ?? new BlockSet(0), count, isAskable)
  return { picker, pick }
}

describe('the picker', () => {
  it('asks for the rarest piece first', () => {
    const { pick } = drawn('1111000000', ['1111111111', '1111110011', '1111110000'])
    expect(pick(0, 2).sort()).toEqual([6, 7])
    expect(pick(0, 4).slice(2).sort()).toEqual([8, 9])
  })

  it('asks only for what is free and the peer has', () => {
    const { pick } = drawn('11110r0r00', ['0000111100', '1111111111'])
    expect(pick(0, 9).sort()).toEqual([4, 6])
  })

  it('finishes what is begun among equally rare pieces', () => {
    for (let seed = 1; seed <= 20; seed++)
      expect(drawn('1111001000', ['1111111111'], seed).pick(0, 1)).toEqual([7])
  })

  it('leaves out what cannot be verified yet', () => {
    expect(drawn('1111000000', ['1111111111']).pick(0, 9, (block) => block !== 5)).not.toContain(5)
  })

  it('asks for what is being watched in order, whatever is rare', () => {
    const blocks = 200
    const { picker, pick } = drawn('1'.repeat(10) + '0'.repeat(blocks - 10), ['1'.repeat(blocks)])
    picker.play({ file: 0, offset: 40 * PER_PIECE * 16_384 })
    expect(pick(0, 6)).toEqual([80, 81, 82, 83, 84, 85])
    // A seek goes elsewhere at once; beyond the window rarity rules again.
    picker.play({ file: 0, offset: 90 * PER_PIECE * 16_384 + 5 })
    expect(pick(0, 20)).toEqual(Array.from({ length: 20 }, (_, index) => 180 + index))
    // As many as fill whole frames.
    expect(new Set(pick(0, 60)).size).toBe(56)
    picker.play(null)
    expect(pick(0, 6)).not.toEqual([80, 81, 82, 83, 84, 85])
  })

  it('asks for what is being watched in order when little is left', () => {
    const { picker, pick } = drawn('1111000000', ['1111111111', '1111001111'])
    picker.play({ file: 0, offset: 6 * 16_384 })
    expect(pick(0, 4)).toEqual([6, 7, 8, 9])
  })

  it.each([
    ['skip', false],
    ['low', true],
  ] as const)('a file of priority %s that is played starves: %s', (priority, isStarving) => {
    const picker = new PiecePicker(new Geometry(PER_PIECE * 16_384, [65_536, 65_536]), createRng(3))
    picker.prioritize((file) => (file === 1 ? priority : 'normal'))
    picker.play({ file: 1, offset: 0 })
    expect(picker.isStarving).toBe(isStarving)
  })

  it.each([8, 120])(
    'fetches files of high priority first and of low priority last (%i blocks each)',
    (size) => {
      const geometry = new Geometry(PER_PIECE * 16_384, [size * 16_384, size * 16_384, size * 16_384])
      const picker = new PiecePicker(geometry, createRng(3))
      const all = new BlockSet(geometry.blockCount)
      for (let block = 0; block < geometry.blockCount; block++) all.add(block)
      picker.prioritize((file) => (['low', 'high', 'skip'] as const)[file] ?? 'normal')
      const fileOf = (block: number) => geometry.fileOfPiece(geometry.pieceOf(block))
      // The caller's candidates hold wanted blocks only.
      for (let block = 2 * size; block < 3 * size; block++) all.delete(block)
      expect(new Set(picker.pick(all, size, () => true).map(fileOf))).toEqual(new Set([1]))
      expect(
        picker
          .pick(all, 2 * size, () => true)
          .slice(size)
          .every((block) => fileOf(block) === 0),
      ).toBe(true)
      expect(picker.missingCount).toBe(2 * size)
    },
  )

  it('draws the very first blocks by lot', () => {
    const many = '1'.repeat(100)
    const firsts = new Set<number | undefined>()
    for (let seed = 1; seed <= 20; seed++)
      firsts.add(drawn('0'.repeat(100), [many, many], seed).pick(0, 1)[0])
    expect(firsts.size).toBeGreaterThan(10)
  })

  it('walks by rarity when there are many candidates', () => {
    const ours = '1111' + '0'.repeat(96)
    const common = '1'.repeat(98) + '00'
    expect(
      drawn(ours, ['1'.repeat(100), common, common])
        .pick(0, 2)
        .sort(),
    ).toEqual([98, 99])
  })

  it('keeps its counts through any change of states', () => {
    const geometry = new Geometry(65_536, [10 * 16_384 - 5, 3 * 16_384 - 7])
    const change = fc.tuple(fc.nat({ max: 12 }), fc.constantFrom(0, 1, 2, 3))
    fc.assert(
      fc.property(fc.array(change), fc.boolean(), (changes, onlyFirst) => {
        const picker = new PiecePicker(geometry, createRng(1))
        picker.prioritize((file) => (!onlyFirst || file === 0 ? 'normal' : 'skip'))
        for (const [block, state] of changes) picker.setState(block, state as 0 | 1 | 2 | 3)
        const blocks = Array.from({ length: 13 }, (_, block) => block).filter(
          (block) => !onlyFirst || block < 10,
        )
        expect(picker.freeCount).toBe(blocks.filter((block) => picker.state(block) === BLOCK.free).length)
        expect(picker.missingCount).toBe(blocks.filter((block) => picker.state(block) !== BLOCK.have).length)
        const held = Array.from({ length: 13 }, (_, block) => block).filter(
          (block) => picker.state(block) === BLOCK.have,
        )
        expect(picker.haveBytes).toBe(held.reduce((sum, block) => sum + geometry.blockSize(block), 0))
      }),
    )
  })
})

describe('availability', () => {
  it('equals a naive count, and stays in order', () => {
    const step = fc.tuple(fc.nat({ max: 7 }), fc.boolean())
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.nat(), (steps, seed) => {
        const availability = new Availability(8, createRng(seed))
        const naive = new Array<number>(8).fill(0)
        for (const [piece, up] of steps) {
          if (up) availability.increment(piece)
          else availability.decrement(piece)
          naive[piece] = Math.max(0, (naive[piece] ?? 0) + (up ? 1 : -1))
          const order = naive.map((_, rank) => availability.at(rank))
          expect([...order].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
          const counts = order.map((at) => availability.count(at))
          expect(counts).toEqual([...counts].sort((a, b) => a - b))
        }
        naive.forEach((count, piece) => {
          expect(availability.count(piece)).toBe(count)
        })
      }),
    )
  })
})

describe('a block set', () => {
  it('does what a set does', () => {
    const step = fc.tuple(fc.nat({ max: 99 }), fc.boolean())
    fc.assert(
      fc.property(fc.array(step), fc.nat({ max: 99 }), fc.nat({ max: 100 }), (steps, from, end) => {
        const [set, model] = [new BlockSet(100), new Set<number>()]
        for (const [block, isAdded] of steps) {
          if (isAdded) set.add(block)
          else set.delete(block)
          if (isAdded) model.add(block)
          else model.delete(block)
        }
        const sorted = [...model].sort((a, b) => a - b)
        expect([...set]).toEqual(sorted)
        expect(set.count).toBe(model.size)
        expect(set.next(from, end)).toBe(sorted.find((block) => block >= from && block < end) ?? -1)
      }),
    )
  })
})
