import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import type { OwnShareFiles } from './share-files.ts'

/** Bytes read at once when a block is asked for: small reads of picked files are slow (docs/performance.md). */
const READ_BYTES = 1024 * 1024
/** Reads kept: 16 MiB. */
const KEPT_READS = 16

/** Reads ahead of what is asked for, since requests come one after the other. */
export class PieceCache {
  readonly #reads = new Map<string, Promise<Bytes>>()

  /** As `ShareFiles.read`. */
  async read(files: OwnShareFiles, file: number, offset: number, into: Bytes): Promise<number> {
    const start = Math.floor(offset / READ_BYTES) * READ_BYTES
    // A run that crosses the borders of what is read at once, in a share with longer pieces.
    if (offset + into.length > start + READ_BYTES) return files.read(file, offset, into)
    const key = `${String(file)}:${String(start)}`
    const known = this.#reads.get(key)
    this.#reads.delete(key)
    const read = known ?? files.load(file, start, READ_BYTES)
    this.#reads.set(key, read)
    const [oldest] = this.#reads.keys()
    if (this.#reads.size > KEPT_READS && oldest !== undefined) this.#reads.delete(oldest)
    try {
      const part = (await read).subarray(offset - start, offset - start + into.length)
      into.set(part)
      return part.length
    } catch (error) {
      this.#reads.delete(key)
      throw error
    }
  }
}
