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
export async function openOwn({ path, stamp }: OwnFile): Promise<FileHandle> {
  const handle = await open(path, constants.O_RDONLY | NO_FOLLOW)
  const now = stampOf(await handle.stat({ bigint: true }))
  if (now === stamp) return handle
  await handle.close()
  throw new Error('the file is another one than before')
}

/** The person's own files, read where they lie. A file that was changed or replaced is not read. */
export class OwnFiles implements OwnShareFiles {
  readonly sizes: readonly number[]
  readonly #handles: HandlePool<FileHandle>

  constructor(readonly files: readonly OwnFile[]) {
    this.sizes = files.map((file) => file.size)
    const open = (file: number) => {
      const own = files[file]
      return own === undefined ? Promise.reject(new Error('no such file')) : openOwn(own)
    }
    this.#handles = new HandlePool(open, (handle) => handle.close())
  }

  forward(file: number, offset: number): ForwardReader {
    let at = offset
    const fill = async (buffer: ArrayBuffer): Promise<Bytes> => {
      const bytes = new Uint8Array(buffer)
      const count = await this.#handles.use(file, (handle) => readFully(handle, at, bytes))
      at += count
      return bytes.subarray(0, count)
    }
    return { fill, close: () => undefined }
  }

  blob(file: number): Promise<Blob> {
    const path = this.files[file]?.path
    return path === undefined ? Promise.resolve(new Blob([])) : openAsBlob(path)
  }

  close(): Promise<void> {
    return this.#handles.releaseAll()
  }
}
