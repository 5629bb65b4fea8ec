import type { Bytes } from '../../src/kernel/bytes.ts'
import type { Rng } from '../../src/kernel/rng.ts'

/** Numbers at which length fields and counts break: ends of ranges, signs, one past a power of two. */
const EDGES = [0, 1, 2, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 129, 200, 253, 254, 255]
const NUMBERS = [0, -0, -1, 0.5, 1, 255, 65_536, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e308, NaN, Infinity]
const TEXTS = [
  '',
  '\u0000',
  '\ud800',
  '\u202e',
  '\u200b',
  '../',
  'con',
  '%',
  '%00',
  '%ff',
  '&amp;',
  '__proto__',
  'constructor',
  'toString',
  '\r\n',
  'a=',
  'm=',
  'xt=urn:btmh:1220',
  '<img src=x onerror=alert(1)>',
  '🏳️‍🌈',
  'İ',
  'ﬃ',
  'e\u0301',
  '가',
  '0'.repeat(70),
]

/** Changes an input a little, so that most of it still means something: one to four changes in a row. */
export class Mutator {
  constructor(readonly rng: Rng) {}

  #pick<T>(from: readonly T[]): T {
    return from[this.rng.below(from.length)] as T
  }

  #rounds(): number {
    return 1 + this.rng.below(4)
  }

  /** @param other another input of the same decoder, to cut and paste from. */
  bytes(input: Bytes, other: Bytes, maxLength: number): Bytes {
    let out = input
    for (let round = this.#rounds(); round > 0; round--) out = this.#changeBytes(out, other)
    return out.subarray(0, maxLength)
  }

  #changeBytes(input: Bytes, other: Bytes): Bytes {
    const at = this.rng.below(input.length + 1)
    const length = this.rng.below(Math.min(64, input.length - at + 1) + 1)
    const copy = input.slice()
    switch (this.rng.below(9)) {
      case 0:
        if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << this.rng.below(8))
        return copy
      case 1:
        if (at < copy.length) copy[at] = this.#pick(EDGES)
        return copy
      case 2:
        copy.fill(this.rng.below(2) * 255, at, at + 1 + this.rng.below(8))
        return copy
      case 3:
        return copy.slice(0, at)
      case 4:
        return join(copy.subarray(0, at), copy.subarray(at + length))
      case 5:
        return join(copy.subarray(0, at), this.rng.bytes(1 + this.rng.below(16)), copy.subarray(at))
      case 6:
        return join(copy.subarray(0, at + length), copy.subarray(at))
      case 7: {
        const from = this.rng.below(other.length + 1)
        return join(copy.subarray(0, at), other.subarray(from, from + this.rng.below(200)), copy.subarray(at))
      }
      default:
        return join(copy.subarray(0, at), other.subarray(this.rng.below(other.length + 1)))
    }
  }

  text(input: string, other: string, maxLength: number): string {
    let out = input
    for (let round = this.#rounds(); round > 0; round--) out = this.#changeText(out, other)
    return out.slice(0, maxLength)
  }

  #changeText(input: string, other: string): string {
    const at = this.rng.below(input.length + 1)
    const [before, after] = [input.slice(0, at), input.slice(at)]
    switch (this.rng.below(8)) {
      case 0:
        return before + this.#pick(TEXTS) + after
      case 1:
        return before + String.fromCharCode(this.rng.below(65_536)) + after.slice(1)
      case 2:
        return before + after.slice(1 + this.rng.below(20))
      case 3:
        return before + after.slice(0, 20).repeat(1 + this.rng.below(40)) + after
      case 4:
        return before + other.slice(this.rng.below(other.length + 1))
      case 5:
        return before + String(this.#pick(NUMBERS)) + after
      case 6:
        return before + String.fromCodePoint(this.rng.below(0x110000)) + after
      default:
        return before + after.toUpperCase()
    }
  }

  /** Changes one place of a plain value: another type, a missing or an extra key, longer lists, deeper nesting. */
  value(input: unknown, other: unknown): unknown {
    let out = input
    for (let round = this.#rounds(); round > 0; round--) out = this.#changeValue(out, other, 6)
    return out
  }

  #changeValue(input: unknown, other: unknown, depth: number): unknown {
    if (depth === 0 || this.rng.below(6) === 0) return this.#odd(input, other)
    if (Array.isArray(input)) return this.#changeList(input, other, depth)
    if (typeof input === 'string' && this.rng.below(2) === 0) return this.text(input, input, 10_000)
    if (typeof input !== 'object' || input === null || input instanceof Uint8Array)
      return this.#odd(input, other)
    const fields = Object.entries(input)
    const index = this.rng.below(fields.length + 1)
    const field = fields[index]
    if (field === undefined) return { ...input, [this.#pick(TEXTS)]: this.#odd(input, other) }
    if (this.rng.below(8) === 0) return Object.fromEntries(fields.filter((_, at) => at !== index))
    return { ...input, [field[0]]: this.#changeValue(field[1], other, depth - 1) }
  }

  #changeList(input: readonly unknown[], other: unknown, depth: number): unknown {
    const at = this.rng.below(input.length + 1)
    if (this.rng.below(4) === 0) {
      const longer: unknown[] = []
      for (let count = 1 << this.rng.below(11); count > 0 && input.length > 0; count--)
        longer.push(input[count % input.length])
      return longer
    }
    return input.map((item, index) => (index === at ? this.#changeValue(item, other, depth - 1) : item))
  }

  #odd(input: unknown, other: unknown): unknown {
    const odd = [null, undefined, true, {}, [], [[]], input, [input], { input }, other, this.rng.bytes(32)]
    const kind = this.rng.below(4)
    if (kind === 0) return this.#pick(NUMBERS)
    return kind === 1 ? this.#pick(TEXTS) : this.#pick(odd)
  }
}

function join(...parts: readonly Bytes[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
