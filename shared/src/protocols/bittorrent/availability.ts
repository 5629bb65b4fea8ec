import type { Rng } from '../../kernel/rng.ts'

/**
 * Pieces in order of rarity, kept up to date in constant time per change: an array sorted by count, cut
 * into buckets of equal count. A piece's count is the number of copies of its blocks that connected peers
 * hold; peers that hold everything raise all pieces alike and are left out.
 */
export class Availability {
  readonly #order: Uint32Array
  readonly #position: Uint32Array
  readonly #count: Uint32Array
  /** `#bucketStart[c]` is the first position in `#order` whose piece has a count of at least `c`. */
  readonly #bucketStart: number[] = [0]

  constructor(
    readonly pieceCount: number,
    rng: Rng,
  ) {
    // Equally rare pieces are taken in order from a point of this node's own: neighbours read and write side by
    // side, and two nodes that begin together begin apart.
    const start = pieceCount === 0 ? 0 : rng.below(pieceCount)
    this.#order = Uint32Array.from({ length: pieceCount }, (_, rank) => (start + rank) % pieceCount)
    this.#position = new Uint32Array(pieceCount)
    this.#count = new Uint32Array(pieceCount)
    this.#order.forEach((piece, position) => (this.#position[piece] = position))
  }

  /** Copies of blocks of this piece. */
  count(piece: number): number {
    return this.#count[piece] ?? 0
  }

  increment(piece: number): void {
    const count = this.count(piece)
    const lastOfBucket = this.#startOf(count + 1) - 1
    this.#swap(this.#position[piece] ?? 0, lastOfBucket)
    this.#bucketStart[count + 1] = lastOfBucket
    this.#count[piece] = count + 1
  }

  decrement(piece: number): void {
    const count = this.count(piece)
    if (count === 0) return
    const firstOfBucket = this.#startOf(count)
    this.#swap(this.#position[piece] ?? 0, firstOfBucket)
    this.#bucketStart[count] = firstOfBucket + 1
    this.#count[piece] = count - 1
  }

  /** The piece at a rank: 0 is the rarest. */
  at(rank: number): number {
    return this.#order[rank] ?? 0
  }

  #startOf(count: number): number {
    const start = this.#bucketStart[count]
    if (start !== undefined) return start
    this.#bucketStart[count] = this.pieceCount
    return this.pieceCount
  }

  #swap(a: number, b: number): void {
    const pieceA = this.#order[a] ?? 0
    const pieceB = this.#order[b] ?? 0
    this.#order[a] = pieceB
    this.#order[b] = pieceA
    this.#position[pieceB] = a
    this.#position[pieceA] = b
  }
}
