import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import { parseInfoHash, type InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { HandlePool } from './handle-pool.ts'
import type { ShareFiles, ShareStorage } from './share-files.ts'

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

  /** Whether this browser has sync access handles, found out by making one. */
  static async isUsable(): Promise<boolean> {
    try {
      const root = await navigator.storage.getDirectory()
      const file = (await root.getFileHandle('.probe', { create: true })) as SyncFileHandle
      const handle = await file.createSyncAccessHandle()
      handle.write(new Uint8Array([1]), { at: 0 })
      handle.close()
      await root.removeEntry('.probe')
      return true
    } catch (error) {
      // Another tab probes at this moment: the file is locked, so handles exist.
      return error instanceof DOMException && error.name === 'NoModificationAllowedError'
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
    return this.#handles.use(file, (handle) => handle.read(into, { at: offset }))
  }

  write(file: number, offset: number, bytes: Bytes): Promise<void> {
    return this.#handles.use(file, (handle) => {
      const written = handle.write(bytes, { at: offset })
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

function closeHandle(handle: SyncHandle): void {
  handle.flush()
  handle.close()
}

async function sharesDirectory(): Promise<ListableDirectory> {
  const root = await navigator.storage.getDirectory()
  return (await root.getDirectoryHandle('shares', { create: true })) as ListableDirectory
}
