import { createHash } from 'node:crypto'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import { openOwn, type OwnFile } from './own-files.ts'
import { readFully } from './open-files.ts'

/** Read at once; the process does something else while the disk works. */
const READ_BYTES = 4 * 1024 * 1024

export interface DiskHashJob {
  readonly files: readonly OwnFile[]
  /** So many more bytes have been hashed. */
  readonly onProgress: (bytes: number) => void
}

/** Hashes files where they lie, one after the other, without ever holding one whole. */
export class DiskHasher {
  #lost: OwnFile | null = null

  /** The file for which the last job came to nothing. */
  get lost(): OwnFile | null {
    return this.#lost
  }

  /** The block hashes of each file, or `null` when one can't be read or is not what it was. */
  async hash({ files, onProgress }: DiskHashJob): Promise<readonly Uint8Array<ArrayBuffer>[] | null> {
    const leaves: Uint8Array<ArrayBuffer>[] = []
    for (const file of files)
      try {
        leaves.push(await hashFile(file, onProgress))
      } catch {
        this.#lost = file
        return null
      }
    return leaves
  }
}

async function hashFile(
  file: OwnFile,
  onProgress: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const leaves = new Uint8Array(Math.ceil(file.size / LIMITS.blockBytes) * 32)
  const handle = await openOwn(file)
  try {
    const buffer = new Uint8Array(Math.min(READ_BYTES, file.size))
    for (let offset = 0; offset < file.size; offset += READ_BYTES) {
      const bytes = buffer.subarray(0, Math.min(READ_BYTES, file.size - offset))
      if ((await readFully(handle, offset, bytes)) < bytes.length) throw new Error('the file became shorter')
      for (let at = 0; at < bytes.length; at += LIMITS.blockBytes) {
        const digest = createHash('sha256')
          .update(bytes.subarray(at, at + LIMITS.blockBytes))
          .digest()
        leaves.set(digest, ((offset + at) / LIMITS.blockBytes) * 32)
      }
      onProgress(bytes.length)
    }
  } finally {
    await handle.close()
  }
  return leaves
}
