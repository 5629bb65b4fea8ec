import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BoundedMap, TwoGenerationSet } from '../../src/kernel/bounded.ts'
import {
  compareBytes,
  concatBytes,
  equalBytes,
  fromHex,
  toHex,
  utf8Decode,
  utf8Encode,
} from '../../src/kernel/bytes.ts'
import { Deadlines } from '../../src/kernel/deadlines.ts'
import {
  parseFileRoot,
  parseInfoHash,
  parseNonce,
  parsePeerId,
  parseSessionId,
} from '../../src/kernel/ids.ts'
import { defined, invariant, InvariantError } from '../../src/kernel/invariant.ts'
import { createRng, pick, shuffled } from '../../src/kernel/rng.ts'
import { TokenBucket } from '../../src/kernel/token-bucket.ts'

const bytes = fc.uint8Array({ maxLength: 80 })

describe('ids', () => {
  it.each([parsePeerId, parseInfoHash, parseFileRoot])(
    'take 64 lower-case hex digits and nothing else',
    (parse) => {
      expect(parse('ab'.repeat(32))).toBe('ab'.repeat(32))
      for (const bad of [
        'AB'.repeat(32),
        'ab'.repeat(31),
        'ab'.repeat(33),
        'zz'.repeat(32),
        '',
        null,
        7,
        {},
      ]) {
        expect(parse(bad)).toBeNull()
      }
    },
  )
  it.each([parseSessionId, parseNonce])('take 32 lower-case hex digits and nothing else', (parse) => {
    expect(parse('0f'.repeat(16))).toBe('0f'.repeat(16))
    expect(parse('0f'.repeat(32))).toBeNull()
  })
})

describe('bytes', () => {
  it('go to hex and back', () => {
    fc.assert(fc.property(bytes, (value) => equalBytes(fromHex(toHex(value)), value)))
    expect(() => fromHex('xy')).toThrow(RangeError)
  })
  it('go to text and back, and refuse what is no text', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => utf8Decode(utf8Encode(text)) === text))
    expect(utf8Decode(new Uint8Array([0xc3, 0x28]))).toBeNull()
    expect(utf8Decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61]))).toBe('\uFEFFa')
  })
  it('compare as the engine compares', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => Math.sign(compareBytes(a, b)) === Math.sign(Buffer.compare(a, b))),
    )
  })
  it('are joined end to end', () => {
    fc.assert(
      fc.property(fc.array(bytes), (parts) =>
        equalBytes(concatBytes(parts), new Uint8Array(Buffer.concat(parts))),
      ),
    )
  })
})

describe('the random numbers', () => {
  it('are the same for the same seed and others for another', () => {
    const draw = (seed: number) =>
      Array.from(
        { length: 20 },
        (
          (rng) => () =>
            rng.uint32()
        )(createRng(seed)),
      )
    expect(draw(7)).toEqual(draw(7))
    expect(draw(7)).not.toEqual(draw(8))
  })
  it('have children that depend on the label and not on what was drawn', () => {
    const [a, b] = [createRng(1), createRng(1)]
    a.uint32()
    expect(a.child('x').uint32()).toBe(b.child('x').uint32())
    expect(a.child('x').uint32()).not.toBe(a.child('y').uint32())
  })
  it('spread evenly', () => {
    const rng = createRng(3)
    const counts = new Array<number>(8).fill(0)
    for (let i = 0; i < 80_000; i++) counts[rng.below(8)]!++
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500)
  })
  it('shuffle without losing anything', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.nat(), (items, seed) => {
        expect(shuffled(createRng(seed), items).sort((a, b) => a - b)).toEqual(
          [...items].sort((a, b) => a - b),
        )
      }),
    )
    expect(pick(createRng(1), [])).toBeUndefined()
  })
})

describe('deadlines', () => {
  it('report the earliest and hand out what is due in order', () => {
    const deadlines = new Deadlines<string>()
    expect(deadlines.earliest()).toBe(Infinity)
    deadlines.set('b', 20)
    deadlines.set('a', 10)
    deadlines.set('c', 30)
    deadlines.set('b', 5)
    deadlines.clear('c')
    expect(deadlines.earliest()).toBe(5)
    expect(deadlines.due(10)).toEqual(['b', 'a'])
    expect(deadlines.earliest()).toBe(Infinity)
  })
})

describe('bounded tables', () => {
  it('drop the oldest', () => {
    const map = new BoundedMap<string, number>(2)
    map.set('a', 1)
    map.set('b', 2)
    map.set('a', 3)
    expect(map.set('c', 4)).toBe('b')
    expect([...map.entries()]).toEqual([
      ['a', 3],
      ['c', 4],
    ])
  })
  it('make room among a kind by the oldest of it, and only when there are too many', () => {
    const map = new BoundedMap<string, number>(9)
    for (const [key, value] of Object.entries({ a: 2, b: 1, c: 2, d: 1 })) map.set(key, value)
    map.makeRoomAmong((value) => value === 1, 3)
    expect(map.size).toBe(4)
    map.makeRoomAmong((value) => value === 1, 2)
    expect([...map.keys()]).toEqual(['a', 'c', 'd'])
  })
  it('remember for one to two periods', () => {
    const seen = new TwoGenerationSet<string>(100, 1000)
    expect(seen.add('x', 0)).toBe(true)
    expect(seen.add('x', 99)).toBe(false)
    expect(seen.add('x', 150)).toBe(false)
    expect(seen.add('x', 500)).toBe(true)
  })
  it('stay bounded under a flood', () => {
    const seen = new TwoGenerationSet<number>(1e9, 10)
    for (let i = 0; i < 1000; i++) expect(seen.add(i, 0)).toBe(true)
    expect(seen.add(999, 0)).toBe(false)
    expect(seen.add(0, 0)).toBe(true)
  })
})

describe('a token bucket', () => {
  it('lets through its rate and its burst, no more', () => {
    const bucket = new TokenBucket(1000, 500, 0)
    let sent = 0
    for (let now = 0; now <= 10_000; now += 7) while (bucket.takeIntoDebt(100, now)) sent += 100
    expect(sent).toBeGreaterThan(10_300)
    expect(sent).toBeLessThanOrEqual(10_700)
  })
  it('says when it is ready, and is then', () => {
    const bucket = new TokenBucket(1000, 100, 0)
    while (bucket.takeIntoDebt(300, 0));
    const at = bucket.readyAt(0)
    expect(bucket.takeIntoDebt(1, at - 5)).toBe(false)
    expect(bucket.takeIntoDebt(1, at)).toBe(true)
  })
  it('knows no limit when there is none', () => {
    const bucket = new TokenBucket(Infinity, Infinity, 0)
    expect(bucket.takeIntoDebt(1e12, 0) && bucket.take(1e12, 0)).toBe(true)
    expect(bucket.readyAt(5)).toBe(5)
    bucket.configure(10, 10, 0)
    expect(bucket.take(11, 0)).toBe(false)
    expect(new TokenBucket(0, 0, 0).readyAt(0)).toBe(Infinity)
  })
})

describe('invariants', () => {
  it('throw their own error', () => {
    expect(() => invariant(false, 'x')).toThrow(InvariantError)
    expect(() => defined(null, 'x')).toThrow(InvariantError)
    expect(defined(0, 'x')).toBe(0)
  })
})
