import { describe, expect, it } from 'vitest'
import { createRng } from '../../../src/kernel/rng.ts'
import { Geometry } from '../../../src/content/geometry.ts'
import { BlockSet } from '../../../src/protocols/bittorrent/block-set.ts'
import type { ExchangeEffect } from '../../../src/protocols/bittorrent/effects.ts'
import { PiecePicker } from '../../../src/protocols/bittorrent/piece-picker.ts'
import { RateMeter } from '../../../src/protocols/bittorrent/rate-meter.ts'
import { createSimShare } from '../../../sim/share.ts'
import { A, B, Bench, did } from './bench.ts'

const BLOCK = 16_384
const PIECE = 16 * BLOCK
/** 25 MiB in pieces of 16 blocks. */
const BIG = createSimShare(createRng(2), [1_600 * BLOCK], PIECE)

/** Blocks that a batch of effects wants read, as the store gathers them: neighbours of one piece together. */
function runsOf(effects: readonly ExchangeEffect[]): number[][] {
  const runs: number[][] = []
  for (const effect of effects) {
    if (effect.type !== 'read') continue
    const last = runs.at(-1)
    const isNext = last?.at(-1) === effect.block - 1 && effect.block % 16 > 0
    if (last !== undefined && isNext && last.length < 8) last.push(effect.block)
    else runs.push([effect.block])
  }
  return runs
}

/** A source with an unchoked peer that has nothing yet. */
function source(): Bench {
  const bench = new Bench({ start: 'source', isSource: true }, BIG)
  bench.join(A)
  bench.say(A, { type: 'bitfield', bits: new Uint8Array(BIG.geometry.blockCount / 8) })
  bench.say(A, { type: 'interested' })
  bench.wait(10_000)
  return bench
}

/** A source whose peer asks for everything from `first` on; a run is read every `stepMs`. @returns the runs in order. */
function served(first: number, stepMs: number): number[][] {
  const bench = source()
  const pending: number[][] = []
  const done: number[][] = []
  for (let next = first; next < BIG.geometry.blockCount || pending.length > 0;) {
    const asked: ExchangeEffect[] = []
    for (; next < BIG.geometry.blockCount && bench.exchange.links.get(A)?.queue.length !== 64; next++)
      asked.push(...bench.request(A, next))
    pending.push(...runsOf(asked))
    const run = pending.shift() ?? []
    done.push(run)
    bench.now += stepMs
    pending.push(...runsOf(run.flatMap((block) => bench.read(A, block))))
    if (done.length > 2_000) throw new Error('no end')
  }
  return done
}

describe('frames', () => {
  it('of a fast link carry eight blocks each, wherever the requests began', () => {
    for (const first of [0, 3, 13]) {
      const runs = served(first, 2)
      expect(runs.flat()).toEqual(Array.from({ length: 1_600 - first }, (_, index) => first + index))
      const later = runs.slice(runs.length / 2)
      expect(later.filter((run) => run.length !== 8)).toEqual([])
    }
  })

  it('of a slow link carry few blocks, and two at most while others wait', () => {
    // Alone, a frame is up to a tenth of a second of the link's rate.
    expect(served(1_200, 200).filter((run) => run.length > 4)).toEqual([])
    const bench = source()
    bench.join(B)
    bench.say(B, { type: 'bitfield', bits: new Uint8Array(BIG.geometry.blockCount / 8) })
    bench.say(B, { type: 'interested' })
    bench.wait(10_000)
    for (let block = 0; block < 64; block++) bench.request(B, 512 + block)
    const pending = runsOf(Array.from({ length: 64 }, (_, block) => bench.request(A, block)).flat())
    const done: number[][] = []
    for (let run = pending.shift(); run !== undefined; run = pending.shift()) {
      done.push(run)
      bench.now += 100
      pending.push(...runsOf(run.flatMap((block) => bench.read(A, block))))
    }
    expect(done.flat()).toHaveLength(64)
    expect(done.filter((run) => run.length > 2)).toEqual([])
  })

  it('are never waited for when nothing else is asked', () => {
    const bench = source()
    expect(did(bench.request(A, 5))).toEqual(['read 5'])
  })
})

describe('what one frame brings', () => {
  const bad = { type: 'have', first: 0xffffffff, count: 0xffffffff } as const
  const told = [{ type: 'haveAll' }, { type: 'unchoke' }] as const

  it('is handled in its order, and what is looked at after every input once', () => {
    const [together, apart] = [Bench.leecher(), Bench.leecher()]
    for (const bench of [together, apart]) bench.join(A)
    const inputs = told.map((message) => ({ type: 'message', from: A, message }) as const)
    expect(did(together.exchange.handleAll(inputs, together.now))).toEqual(
      did(inputs.flatMap((input) => apart.feed(input))),
    )
    expect(together.exchange.links.get(A)?.outstanding).toEqual(apart.exchange.links.get(A)?.outstanding)
    expect(together.exchange.links.get(A)?.outstanding.size).toBeGreaterThan(0)
  })

  it('is left unread behind what costs the peer its link', () => {
    const bench = Bench.leecher()
    bench.join(A)
    const inputs = [bad, ...told].map((message) => ({ type: 'message', from: A, message }) as const)
    expect(did(bench.exchange.handleAll(inputs, bench.now))).toEqual(['drop badBitfield ban'])
    expect(bench.exchange.links.size).toBe(0)
  })
})

describe('who asks for much', () => {
  const geometry = new Geometry(PIECE, [640 * BLOCK])
  const all = () => {
    const set = new BlockSet(geometry.blockCount)
    for (let block = 0; block < geometry.blockCount; block++) set.add(block)
    return set
  }

  it('asks for whole frames', () => {
    for (let seed = 1; seed < 20; seed++) {
      const picked = new PiecePicker(geometry, createRng(seed)).pick(all(), 77, () => true)
      expect(picked).toHaveLength(72)
      for (let at = 0; at < picked.length; at += 8) {
        const first = picked[at] ?? NaN
        expect(first % 8).toBe(0)
        expect(picked.slice(at, at + 8)).toEqual(Array.from({ length: 8 }, (_, index) => first + index))
      }
    }
  })

  it('who asks for little begins anywhere in a piece', () => {
    const starts = new Set<number>()
    for (let seed = 1; seed < 200; seed++)
      starts.add((new PiecePicker(geometry, createRng(seed)).pick(all(), 5, () => true)[0] ?? NaN) % 16)
    expect(starts.size).toBe(16)
  })
})

describe('a rate after silence', () => {
  it('is that of the new transfer at once, or of the whole window', () => {
    const [restart, average] = [new RateMeter(4_000, 0, 'restart'), new RateMeter(4_000, 0)]
    for (const meter of [restart, average])
      for (let now = 60_000; now <= 61_000; now += 10) meter.add(1_000, now)
    expect(restart.rate(61_000)).toBeCloseTo(101_000, -3)
    expect(average.rate(61_000)).toBeLessThan(30_000)
  })
})
