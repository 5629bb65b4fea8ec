import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import { parseInfoHash, type InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { HandlePool } from './handle-pool.ts'
import { isQuotaError, type ShareFiles, type ShareStorage } from './share-files.ts'

/** Sync access handles exist in workers only; TypeScript's DOM library does not name them. */
interface SyncHandle {
  read(buffer: Bytes, options: { at: number }): number
  write(buffer: Bytes, options: { at: number }): number
  getSize(): number
  flush(): void
  close(): void
}

type SyncFileHandle = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncHandle> }
type ListableDirectory = FileSystemDirectoryHandle & { keys(): AsyncIterable<string> }

/** Written bytes after which a file is flushed. */
const FLUSH_BYTES = 16 * 1024 * 1024

/** Downloads in the origin private file system: `shares/<infohash>/<file index>`. Peer names are never used. */
export class OpfsStorage implements ShareStorage {
  readonly kind = 'opfs'

  /**
   * Whether this browser has sync access handles, found out by making one. A full disk does not speak against it: whoever
   * looked elsewhere then would not find what is here.
   */
  static async isUsable(): Promise<boolean> {
    try {
      const root = await navigator.storage.getDirectory()
      const file = (await root.getFileHandle('.probe', { create: true })) as SyncFileHandle
      const handle = await file.createSyncAccessHandle()
      handle.close()
      await root.removeEntry('.probe')
      return true
    } catch (error) {
      // Another tab probes at this moment: the file is locked, so handles exist.
      if (error instanceof DOMException && error.name === 'NoModificationAllowedError') return true
      return isQuotaError(error)
    }
  }

  open(infoHash: InfoHash, sizes: readonly number[]): ShareFiles {
    return new OpfsShareFiles(infoHash, sizes)
  }

  async remove(infoHash: InfoHash): Promise<void> {
    const shares = await sharesDirectory()
    try {
      await shares.removeEntry(infoHash, { recursive: true })
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error
    }
  }

  async list(): Promise<InfoHash[]> {
    const found: InfoHash[] = []
    for await (const name of (await sharesDirectory()).keys()) {
      const infoHash = parseInfoHash(name)
      if (infoHash !== null) found.push(infoHash)
    }
    return found
  }
}

class OpfsShareFiles implements ShareFiles {
  readonly #handles = new HandlePool((file) => this.#openHandle(file), closeHandle)
  readonly #unflushed = new Map<number, number>()
  #directory: Promise<FileSystemDirectoryHandle> | null = null

  constructor(
    readonly infoHash: InfoHash,
    readonly sizes: readonly number[],
  ) {}

  read(file: number, offset: number, into: Bytes): Promise<number> {
    return this.#handles.use(file, (handle) => counted(handle.read(into, { at: offset }), into))
  }

  write(file: number, offset: number, bytes: Bytes): Promise<void> {
    return this.#handles.use(file, (handle) => {
      const written = counted(handle.write(bytes, { at: offset }), bytes)
      if (written < bytes.length) throw new DOMException('short write', 'QuotaExceededError')
      const unflushed = (this.#unflushed.get(file) ?? 0) + bytes.length
      if (unflushed >= FLUSH_BYTES) handle.flush()
      this.#unflushed.set(file, unflushed >= FLUSH_BYTES ? 0 : unflushed)
    })
  }

  async blob(file: number): Promise<Blob> {
    if (this.sizes[file] === 0) return new Blob([])
    await this.#handles.release(file)
    const directory = await this.#shareDirectory()
    return (await directory.getFileHandle(String(file))).getFile()
  }

  close(): Promise<void> {
    return this.#handles.releaseAll()
  }

  async #openHandle(file: number): Promise<SyncHandle> {
    const directory = await this.#shareDirectory()
    const entry = (await directory.getFileHandle(String(file), { create: true })) as SyncFileHandle
    return entry.createSyncAccessHandle()
  }

  #shareDirectory(): Promise<FileSystemDirectoryHandle> {
    this.#directory ??= sharesDirectory()
      .then((shares) => shares.getDirectoryHandle(this.infoHash, { create: true }))
      .catch((error: unknown) => {
        // The next call tries anew: the person may have made room.
        this.#directory = null
        throw error
      })
    return this.#directory
  }
}

/** The file is let go even if what was written can't be made to last: it could not be opened again. */
function closeHandle(handle: SyncHandle): void {
  try {
    handle.flush()
  } finally {
    handle.close()
  }
}

/** `FILE_ERROR_NO_SPACE` of Chromium (`base/files/file.h`) as an unsigned number. */
const NO_SPACE = 2 ** 32 - 8

/**
 * What a handle says it has moved. Older Chromium does not throw when the system fails: it answers the negative number of
 * the error, as one that is larger than any count.
 */
function counted(moved: number, bytes: Bytes): number {
  if (moved === NO_SPACE) throw new DOMException('no space', 'QuotaExceededError')
  if (moved > bytes.length) throw new DOMException(`file error ${String(moved)}`, 'InvalidStateError')
  return moved
}

async function sharesDirectory(): Promise<ListableDirectory> {
  const root = await navigator.storage.getDirectory()
  return (await root.getDirectoryHandle('shares', { create: true })) as ListableDirectory
}
