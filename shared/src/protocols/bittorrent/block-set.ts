import type { BlockIndex } from '../../kernel/ids.ts'

/** A set of blocks as a bit map with its size; made for scans that skip 32 absent blocks at a time. */
export class BlockSet {
  readonly #words: Uint32Array
  #count = 0

  constructor(readonly length: number) {
    this.#words = new Uint32Array(Math.ceil(length / 32))
  }

  get count(): number {
    return this.#count
  }

  has(block: BlockIndex): boolean {
    return (((this.#words[block >>> 5] ?? 0) >>> (block & 31)) & 1) === 1
  }

  add(block: BlockIndex): void {
    const word = this.#words[block >>> 5] ?? 0
    const bit = 1 << (block & 31)
    if ((word & bit) !== 0) return
    this.#words[block >>> 5] = word | bit
    this.#count++
  }

  delete(block: BlockIndex): void {
    const word = this.#words[block >>> 5] ?? 0
    const bit = 1 << (block & 31)
    if ((word & bit) === 0) return
    this.#words[block >>> 5] = word & ~bit
    this.#count--
  }

  clear(): void {
    this.#words.fill(0)
    this.#count = 0
  }

  /** The first member at or after `from` and before `end`, or -1. */
  next(from: BlockIndex, end: number): BlockIndex {
    let at = from
    while (at < end) {
      const rest = (this.#words[at >>> 5] ?? 0) >>> (at & 31)
      if (rest === 0) {
        at = (at | 31) + 1
        continue
      }
      at += 31 - Math.clz32(rest & -rest)
      return at < end ? at : -1
    }
    return -1
  }

  /** Members in ascending order. */
  *[Symbol.iterator](): IterableIterator<BlockIndex> {
    for (let at = this.next(0, this.length); at >= 0; at = this.next(at + 1, this.length)) yield at
  }
}
