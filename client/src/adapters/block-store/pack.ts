/** Files up to this size lie together: four blocks. Our choice. */
const SMALL_BYTES = 64 * 1024
/** Fewer small files than this lie singly, as large ones do. Our choice. */
const PACKED_FROM = 16

/**
 * Where the small files of a share lie in one file that holds them all, one behind the other. The private file system takes
 * milliseconds to make, open and close a file, so thousands of them would take longer than their bytes need to come.
 */
export class Pack {
  readonly #offsets: ReadonlyMap<number, number>

  private constructor(offsets: ReadonlyMap<number, number>) {
    this.#offsets = offsets
  }

  /** @returns `null` where there is too little to put together. */
  static of(sizes: readonly number[]): Pack | null {
    const offsets = new Map<number, number>()
    let end = 0
    for (const [file, size] of sizes.entries()) {
      if (size === 0 || size > SMALL_BYTES) continue
      offsets.set(file, end)
      end += size
    }
    return offsets.size < PACKED_FROM ? null : new Pack(offsets)
  }

  /** Where a file begins, in bytes; `undefined` for one that lies singly. */
  offsetOf(file: number): number | undefined {
    return this.#offsets.get(file)
  }
}
