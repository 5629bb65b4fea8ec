import { constants, openAsBlob } from 'node:fs'
import { mkdir, open, readdir, rm, rmdir, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import { parseInfoHash, type InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { sanitizePaths } from '@ringdrop/shared/content/file-names.ts'
import type { ShareInfo } from '@ringdrop/shared/content/metainfo.ts'
import { HandlePool } from '../block-store/handle-pool.ts'
import type { ShareFiles, ShareStorage } from '../block-store/share-files.ts'
import { hasCode, isFull } from './atomic-file.ts'
import { NO_FOLLOW, readFully } from './open-files.ts'

/** Written bytes after which a file is flushed. As in a browser. */
const FLUSH_BYTES = 16 * 1024 * 1024

/** Where the files of a share will be, seen from the folder of downloads. Safe whatever its maker wrote. */
export function placesOf(info: ShareInfo): string[][] {
  const top = info.isSingleFile ? [] : [info.name]
  return sanitizePaths(info.files.map((file) => [...top, ...file.path]))
}

/** Unfinished downloads: each share in a folder `<infohash>.part`, in which files have their final, safe names. */
export class DiskStorage implements ShareStorage {
  readonly #places = new Map<InfoHash, readonly (readonly string[])[]>()

  /** @param folder ours alone; made when it is needed. */
  constructor(readonly folder: string) {}

  /** Tells the names in a share, before it is opened. Files of an unknown share are numbered. */
  learn(info: ShareInfo): void {
    this.#places.set(info.infoHash, placesOf(info))
  }

  /** The folder of an unfinished share. */
  folderOf(infoHash: InfoHash): string {
    return join(this.folder, `${infoHash}.part`)
  }

  open(infoHash: InfoHash, sizes: readonly number[]): ShareFiles {
    const places = this.#places.get(infoHash) ?? sizes.map((_, index) => [String(index)])
    const paths = places.map((place) => join(this.folderOf(infoHash), ...place))
    return new PartFiles(paths)
  }

  async remove(infoHash: InfoHash): Promise<void> {
    this.#places.delete(infoHash)
    await rm(this.folderOf(infoHash), { recursive: true, force: true })
    // Nothing is left behind when nothing is kept.
    await rmdir(this.folder).catch(() => undefined)
  }

  async list(): Promise<InfoHash[]> {
    try {
      const names = await readdir(this.folder)
      return names.flatMap((name) => parseInfoHash(/^(.*)\.part$/.exec(name)?.[1]) ?? [])
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return []
      throw error
    }
  }
}

/** Files that are being written. */
class PartFiles implements ShareFiles {
  readonly #handles: HandlePool<FileHandle>
  readonly #unflushed = new Map<number, number>()

  constructor(readonly paths: readonly string[]) {
    this.#handles = new HandlePool((file) => openPart(paths[file] ?? ''), closePart)
  }

  read(file: number, offset: number, into: Bytes): Promise<number> {
    return this.#handles.use(file, (handle) => readFully(handle, offset, into))
  }

  async write(file: number, offset: number, bytes: Bytes): Promise<void> {
    try {
      await this.#handles.use(file, async (handle) => {
        for (let done = 0; done < bytes.length;)
          done += (await handle.write(bytes, done, bytes.length - done, offset + done)).bytesWritten
        const unflushed = (this.#unflushed.get(file) ?? 0) + bytes.length
        this.#unflushed.set(file, unflushed >= FLUSH_BYTES ? 0 : unflushed)
        if (unflushed >= FLUSH_BYTES) await handle.sync()
      })
    } catch (error) {
      throw isFull(error) ? new DOMException('the disk is full', 'QuotaExceededError') : error
    }
  }

  async blob(file: number): Promise<Blob> {
    // Makes the file if nothing was written to it yet.
    await this.#handles.use(file, () => undefined)
    return openAsBlob(this.paths[file] ?? '')
  }

  close(): Promise<void> {
    return this.#handles.releaseAll()
  }
}

/** Makes what was written survive a crash of the machine. */
async function closePart(handle: FileHandle): Promise<void> {
  await handle.sync()
  await handle.close()
}

async function openPart(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true })
  return open(path, constants.O_RDWR | constants.O_CREAT | NO_FOLLOW, 0o666)
}
