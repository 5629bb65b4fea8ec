import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import type { ShareFiles } from './share-files.ts'

/** The person's own files, read where they lie. */
export class PickedFiles implements ShareFiles {
  constructor(readonly files: readonly File[]) {}

  async read(file: number, offset: number, into: Bytes): Promise<number> {
    const slice = this.files[file]?.slice(offset, offset + into.length)
    if (slice === undefined) return 0
    into.set(new Uint8Array(await slice.arrayBuffer()))
    return slice.size
  }

  write(): Promise<void> {
    return Promise.reject(new Error('the files of a share are never written to'))
  }

  blob(file: number): Promise<Blob> {
    return Promise.resolve(this.files[file] ?? new Blob([]))
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
