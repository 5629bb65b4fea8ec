import { constants, openAsBlob } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import type { BigIntStats } from 'node:fs'
import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import type { ForwardReader, OwnShareFiles } from '../block-store/share-files.ts'
import { HandlePool } from '../block-store/handle-pool.ts'
import { NO_FOLLOW, readFully } from './open-files.ts'

/** A file of the person's own, as it was when it was looked at. */
export interface OwnFile {
  /** Absolute. */
  readonly path: string
  readonly size: number
  /** Another one when the file was changed or replaced. */
  readonly stamp: string
}

/** What stands for the state of a file. */
export const stampOf = ({ dev, ino, mtimeNs, size }: BigIntStats): string =>
  [dev, ino, mtimeNs, size].join(':')

/** Opens a file for reading if it is still the one that it was. Rejects otherwise. */
export async function openOwn(file: OwnFile): Promise<FileHandle> {
  const handle = await open(file.path, constants.O_RDONLY | NO_FOLLOW)
  try {
    await rejectChanged(handle, file)
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function rejectChanged(handle: FileHandle, { stamp }: OwnFile): Promise<void> {
  if (stampOf(await handle.stat({ bigint: true })) !== stamp)
    throw new Error('the file is another one than before')
}

/** The person's own files, read where they lie. A file that was changed or replaced is not read. */
export class OwnFiles implements OwnShareFiles {
  readonly sizes: readonly number[]
  readonly #handles: HandlePool<FileHandle>

  constructor(readonly files: readonly OwnFile[]) {
    this.sizes = files.map((file) => file.size)
    this.#handles = new HandlePool(
      async (file) => openOwn(this.#own(file)),
      (handle) => handle.close(),
    )
  }

  forward(file: number, offset: number): ForwardReader {
    let at = offset
    const fill = async (buffer: ArrayBuffer): Promise<Bytes> => {
      const bytes = new Uint8Array(buffer)
      const count = await this.#handles.use(file, (handle) => this.#read(file, handle, at, bytes))
      at += count
      return bytes.subarray(0, count)
    }
    return { fill, close: () => undefined }
  }

  async #read(file: number, handle: FileHandle, at: number, into: Bytes): Promise<number> {
    const count = await readFully(handle, at, into)
    // Afterwards: an open handle reads on in a file that is edited in place, and receivers ban who sends such bytes.
    await rejectChanged(handle, this.#own(file))
    return count
  }

  #own(file: number): OwnFile {
    const own = this.files[file]
    if (own === undefined) throw new Error('no such file')
    return own
  }

  blob(file: number): Promise<Blob> {
    const path = this.files[file]?.path
    return path === undefined ? Promise.resolve(new Blob([])) : openAsBlob(path)
  }

  close(): Promise<void> {
    return this.#handles.releaseAll()
  }
}
