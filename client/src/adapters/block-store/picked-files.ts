import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import type { OwnShareFiles } from './share-files.ts'

/** The person's own files, read where they lie. */
export class PickedFiles implements OwnShareFiles {
  constructor(readonly files: readonly File[]) {}

  async read(file: number, offset: number, into: Bytes): Promise<number> {
    const bytes = await this.load(file, offset, into.length)
    into.set(bytes)
    return bytes.length
  }

  async load(file: number, offset: number, length: number): Promise<Bytes> {
    const slice = this.files[file]?.slice(offset, offset + length)
    return slice === undefined ? new Uint8Array() : new Uint8Array(await slice.arrayBuffer())
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
