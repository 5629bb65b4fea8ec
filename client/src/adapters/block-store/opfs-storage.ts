import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import { parseInfoHash, type InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { HandlePool } from './handle-pool.ts'
import { Pack } from './pack.ts'
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

/** The file of a share that holds its small files, and the number that stands for it. */
const PACK_NAME = 'small'
const PACK = -1

/**
 * Downloads in the origin private file system: `shares/<infohash>/<file index>`, and `shares/<infohash>/small` for small files
 * where there are many. Peer names are never used.
 */
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

/** Where the files of a share lie. */
interface Folder {
  readonly directory: FileSystemDirectoryHandle
  /** `null`: each file lies singly. */
  readonly pack: Pack | null
}

class OpfsShareFiles implements ShareFiles {
  /** By the number of the file, or {@link PACK}. */
  readonly #handles = new HandlePool((slot) => this.#openHandle(slot), closeHandle)
  readonly #unflushed = new Map<number, number>()
  readonly #pack: Pack | null
  #folder: Promise<Folder> | null = null

  constructor(
    readonly infoHash: InfoHash,
    readonly sizes: readonly number[],
  ) {
    this.#pack = Pack.of(sizes)
  }

  async read(file: number, offset: number, into: Bytes): Promise<number> {
    const { slot, begin } = await this.#placeOf(file)
    // Behind a small file lies the next one.
    const part = into.subarray(0, Math.max(0, (this.sizes[file] ?? 0) - offset))
    return this.#handles.use(slot, (handle) => counted(handle.read(part, { at: begin + offset }), part))
  }

  async write(file: number, offset: number, bytes: Bytes): Promise<void> {
    const { slot, begin } = await this.#placeOf(file)
    return this.#handles.use(slot, (handle) => {
      const written = counted(handle.write(bytes, { at: begin + offset }), bytes)
      if (written < bytes.length) throw new DOMException('short write', 'QuotaExceededError')
      const unflushed = (this.#unflushed.get(slot) ?? 0) + bytes.length
      if (unflushed >= FLUSH_BYTES) handle.flush()
      this.#unflushed.set(slot, unflushed >= FLUSH_BYTES ? 0 : unflushed)
    })
  }

  async blob(file: number): Promise<Blob> {
    const size = this.sizes[file] ?? 0
    if (size === 0) return new Blob([])
    if ((await this.#placeOf(file)).slot === PACK) return this.#copyOf(file, size)
    await this.#handles.release(file)
    const { directory } = await this.#open()
    return (await directory.getFileHandle(String(file))).getFile()
  }

  close(): Promise<void> {
    return this.#handles.releaseAll()
  }

  /** Of a small file: one that is backed by storage could not be read any more once a neighbour is written. */
  async #copyOf(file: number, size: number): Promise<Blob> {
    const bytes = new Uint8Array(size)
    if ((await this.read(file, 0, bytes)) < size) throw new DOMException('not whole', 'NotReadableError')
    return new Blob([bytes])
  }

  async #placeOf(file: number): Promise<{ slot: number; begin: number }> {
    const pack = this.#pack === null ? null : (await this.#open()).pack
    const begin = pack?.offsetOf(file)
    return begin === undefined ? { slot: file, begin: 0 } : { slot: PACK, begin }
  }

  async #openHandle(slot: number): Promise<SyncHandle> {
    const { directory } = await this.#open()
    const name = slot === PACK ? PACK_NAME : String(slot)
    const entry = (await directory.getFileHandle(name, { create: true })) as SyncFileHandle
    return entry.createSyncAccessHandle()
  }

  #open(): Promise<Folder> {
    this.#folder ??= this.#find().catch((error: unknown) => {
      // The next call tries anew: the person may have made room.
      this.#folder = null
      throw error
    })
    return this.#folder
  }

  async #find(): Promise<Folder> {
    const shares = await sharesDirectory()
    const directory = (await shares.getDirectoryHandle(this.infoHash, { create: true })) as ListableDirectory
    const pack = this.#pack !== null && !(await liesSingly(this.#pack, directory)) ? this.#pack : null
    return { directory, pack }
  }
}

/** Whether small files were begun singly, as earlier versions did. */
async function liesSingly(pack: Pack, directory: ListableDirectory): Promise<boolean> {
  for await (const name of directory.keys()) {
    if (name === PACK_NAME) return false
    if (pack.offsetOf(Number(name)) !== undefined) return true
  }
  return false
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
