import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Bitfield } from '../../src/content/bitfield.ts'
import { InvariantError } from '../../src/kernel/invariant.ts'

const commands = fc.array(
  fc.record({ kind: fc.constantFrom('set', 'clear'), at: fc.nat(), span: fc.nat() }),
  { maxLength: 60 },
)

describe('Bitfield', () => {
  it('behaves like a set of numbers', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.boolean(), commands, (length, startsFull, steps) => {
        const field = startsFull ? Bitfield.full(length) : new Bitfield(length)
        const model = new Set(startsFull ? Array(length).keys() : [])
        for (const { kind, at, span } of steps) {
          const index = at % length
          const had = model.has(index)
          if (kind === 'set') {
            expect(field.set(index)).toBe(!had)
            model.add(index)
          } else {
            expect(field.clear(index)).toBe(had)
            model.delete(index)
          }
          const sorted = [...model].sort((a, b) => a - b)
          const count = span % (length - index + 1)
          expect(field.get(index)).toBe(model.has(index))
          expect(field.count).toBe(model.size)
          expect([...field.ones()]).toEqual(sorted)
          expect(field.isFull).toBe(model.size === length)
          expect(field.isEmpty).toBe(model.size === 0)
          expect(field.countRange(index, count)).toBe(
            sorted.filter((i) => i >= index && i < index + count).length,
          )
          let clear = index
          while (model.has(clear)) clear++
          expect(field.firstClear(index)).toBe(clear < length ? clear : -1)
        }
        const copy = Bitfield.fromBytes(field.toBytes(), length)
        expect(copy?.toBytes()).toEqual(field.toBytes())
        expect(copy?.count).toBe(field.count)
      }),
    )
  })

  it('unites', () => {
    const members = fc.array(fc.nat(70), { maxLength: 80 })
    fc.assert(
      fc.property(members, members, (left, right) => {
        const [a, b] = [new Bitfield(71), new Bitfield(71)]
        for (const i of left) a.set(i)
        for (const i of right) b.set(i)
        const before = b.toBytes()
        a.or(b)
        expect(new Set(a.ones())).toEqual(new Set([...left, ...right]))
        expect(a.count).toBe(new Set([...left, ...right]).size)
        expect(b.toBytes()).toEqual(before)
      }),
    )
  })

  it('writes the high bit first', () => {
    const field = new Bitfield(10)
    field.set(0)
    field.set(9)
    expect([...field.toBytes()]).toEqual([0x80, 0x40])
    expect([...Bitfield.full(10).toBytes()]).toEqual([0xff, 0xc0])
    expect([...Bitfield.full(16).toBytes()]).toEqual([0xff, 0xff])
  })

  it('refuses wrong lengths and spare bits', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6 }), fc.nat(48), (bytes, length) => {
        const spare = [...bytes].flatMap((byte, i) =>
          [...Array(8).keys()].map((b) => [i * 8 + b, byte & (0x80 >> b)]),
        )
        const isValid =
          bytes.length === Math.ceil(length / 8) && spare.every(([at = 0, bit]) => at < length || bit === 0)
        expect(Bitfield.fromBytes(bytes, length) !== null).toBe(isValid)
      }),
    )
    expect(Bitfield.fromBytes(new Uint8Array(), 0)?.isFull).toBe(true)
  })

  it('keeps copies apart', () => {
    const wire = new Uint8Array([0x80])
    const field = Bitfield.fromBytes(wire, 3)
    const copy = field?.clone()
    wire[0] = 0
    copy?.set(1)
    field?.toBytes().fill(0)
    expect([...(field?.ones() ?? [])]).toEqual([0])
    expect([...(copy?.ones() ?? [])]).toEqual([0, 1])
  })

  it('takes indices out of range for a bug', () => {
    const field = new Bitfield(9)
    for (const index of [-1, 9, 15, 0.5, NaN]) {
      for (const misuse of [() => field.get(index), () => field.set(index), () => field.clear(index)]) {
        expect(misuse).toThrow(InvariantError)
      }
    }
    expect(() => field.countRange(5, 5)).toThrow(InvariantError)
    expect(() => field.or(new Bitfield(8))).toThrow(InvariantError)
    expect(field.firstClear(9)).toBe(-1)
  })

  it('is quick with a million bits', () => {
    const field = new Bitfield(1_000_000)
    const start = performance.now()
    for (let i = 0; i < field.length; i++) field.set(i)
    expect(field.firstClear(0)).toBe(-1)
    expect(field.countRange(1, 999_998)).toBe(999_998)
    let sum = 0
    for (const index of field.ones()) sum += index
    expect(sum).toBe(499_999_500_000)
    expect(performance.now() - start).toBeLessThan(1_000)
  })
})
