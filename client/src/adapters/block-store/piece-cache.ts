import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import type { ShareFiles } from './share-files.ts'

/** Bytes read at once when a block is asked for: small reads of picked files are slow (docs/performance.md). */
const READ_BYTES = 1024 * 1024
/** Reads kept: 16 MiB. */
const KEPT_READS = 16

/** Reads ahead of what is asked for, since requests come one after the other. */
export class PieceCache {
  readonly #reads = new Map<string, Promise<Bytes>>()

  /** As {@link ShareFiles.read}. */
  async read(files: ShareFiles, file: number, offset: number, into: Bytes): Promise<number> {
    const start = Math.floor(offset / READ_BYTES) * READ_BYTES
    // A run that crosses the borders of what is read at once, in a share with longer pieces.
    if (offset + into.length > start + READ_BYTES) return files.read(file, offset, into)
    const key = `${String(file)}:${String(start)}`
    const known = this.#reads.get(key)
    this.#reads.delete(key)
    const read = known ?? readAhead(files, file, start)
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

async function readAhead(files: ShareFiles, file: number, start: number): Promise<Bytes> {
  const bytes = new Uint8Array(READ_BYTES)
  return bytes.subarray(0, await files.read(file, start, bytes))
}
