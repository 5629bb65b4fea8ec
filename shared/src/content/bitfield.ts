import type { Bytes } from '../kernel/bytes.ts'
import { invariant } from '../kernel/invariant.ts'

/** Number of ones in each byte. */
const ONES = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0
  for (let rest = byte; rest !== 0; rest &= rest - 1) count++
  return count
})

/** A fixed number of bits with a running count of those set. Indices out of range throw `InvariantError`. */
export class Bitfield {
  readonly #bytes: Bytes
  #count = 0

  /** All clear. @param length in bits. */
  constructor(readonly length: number) {
    invariant(Number.isSafeInteger(length) && length >= 0, 'a bitfield length is a whole number')
    this.#bytes = new Uint8Array(Math.ceil(length / 8))
  }

  /** All set. */
  static full(length: number): Bitfield {
    const field = new Bitfield(length)
    field.#bytes.fill(0xff)
    if (length % 8 !== 0) field.#bytes[field.#bytes.length - 1] = spareMask(length) ^ 0xff
    field.#count = length
    return field
  }

  /**
   * Reads the wire form: BEP 3 bit order, the high bit of the first byte is index 0. Copies its input.
   * @returns `null` when the byte length is not that of `length` bits, or a spare bit at the end is set.
   */
  static fromBytes(bytes: Uint8Array, length: number): Bitfield | null {
    if (bytes.length !== Math.ceil(length / 8)) return null
    if (((bytes[bytes.length - 1] ?? 0) & spareMask(length)) !== 0) return null
    const field = new Bitfield(length)
    field.#bytes.set(bytes)
    field.#count = field.#onesInBytes(0, bytes.length)
    return field
  }

  /** How many bits are set. */
  get count(): number {
    return this.#count
  }

  get isFull(): boolean {
    return this.#count === this.length
  }

  get isEmpty(): boolean {
    return this.#count === 0
  }

  get(index: number): boolean {
    this.#check(index)
    return ((this.#bytes[index >>> 3] ?? 0) & (0x80 >>> (index & 7))) !== 0
  }

  /** @returns true when the bit was clear before. */
  set(index: number): boolean {
    if (this.get(index)) return false
    this.#bytes[index >>> 3] = (this.#bytes[index >>> 3] ?? 0) | (0x80 >>> (index & 7))
    this.#count++
    return true
  }

  /** @returns true when the bit was set before. */
  clear(index: number): boolean {
    if (!this.get(index)) return false
    this.#bytes[index >>> 3] = (this.#bytes[index >>> 3] ?? 0) & ~(0x80 >>> (index & 7))
    this.#count--
    return true
  }

  /** The wire form, as read by {@link fromBytes}; a copy. */
  toBytes(): Bytes {
    return this.#bytes.slice()
  }

  clone(): Bitfield {
    const copy = new Bitfield(this.length)
    copy.#bytes.set(this.#bytes)
    copy.#count = this.#count
    return copy
  }

  /** How many of the `count` bits from `first` on are set. */
  countRange(first: number, count: number): number {
    invariant(first >= 0 && count >= 0 && first + count <= this.length, 'bit range out of bounds')
    const end = first + count
    let ones = 0
    let index = first
    for (; index < end && (index & 7) !== 0; index++) if (this.get(index)) ones++
    const wholeBytes = (end - index) >>> 3
    ones += this.#onesInBytes(index >>> 3, (index >>> 3) + wholeBytes)
    for (index += wholeBytes * 8; index < end; index++) if (this.get(index)) ones++
    return ones
  }

  /** Indices of the set bits, ascending. */
  *ones(): IterableIterator<number> {
    for (let at = 0; at < this.#bytes.length; at++) {
      for (let rest = this.#bytes[at] ?? 0; rest !== 0;) {
        const bit = Math.clz32(rest) - 24
        yield at * 8 + bit
        rest &= ~(0x80 >>> bit)
      }
    }
  }

  /** Sets every bit that is set in `other`, which has the same length. */
  or(other: Bitfield): void {
    invariant(other.length === this.length, 'bitfields of different lengths')
    for (let at = 0; at < this.#bytes.length; at++) {
      const before = this.#bytes[at] ?? 0
      const after = before | (other.#bytes[at] ?? 0)
      if (after === before) continue
      this.#bytes[at] = after
      this.#count += (ONES[after] ?? 0) - (ONES[before] ?? 0)
    }
  }

  /** The first clear bit at or after `from`; -1 when there is none. */
  firstClear(from: number): number {
    let index = Math.max(0, from)
    while (index < this.length) {
      if ((index & 7) === 0 && this.#bytes[index >>> 3] === 0xff) index += 8
      else if (this.get(index)) index++
      else return index
    }
    return -1
  }

  #check(index: number): void {
    invariant(Number.isInteger(index) && index >= 0 && index < this.length, 'bit index out of bounds')
  }

  #onesInBytes(from: number, to: number): number {
    let ones = 0
    for (let at = from; at < to; at++) ones += ONES[this.#bytes[at] ?? 0] ?? 0
    return ones
  }
}

/** Bits of the last byte that are beyond `length`. */
function spareMask(length: number): number {
  return length % 8 === 0 ? 0 : 0xff >>> (length % 8)
}
