import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'

/** Files open at a time for one share; each costs a descriptor. As in a browser. */
const OPEN_FILES = 64

/** Never through a symbolic link, which might lead anywhere. Windows knows no such flag. */
export const NO_FOLLOW = constants.O_NOFOLLOW ?? 0

/** The files of one share that are open now; the one that was used longest ago is closed for the next. */
export class OpenFiles {
  /** Least recently used first. */
  readonly #open = new Map<number, Promise<FileHandle>>()

  constructor(readonly openFile: (file: number) => Promise<FileHandle>) {}

  async get(file: number): Promise<FileHandle> {
    const handle = this.#open.get(file) ?? this.openFile(file)
    this.#open.delete(file)
    this.#open.set(file, handle)
    const [oldest] = this.#open.keys()
    if (this.#open.size > OPEN_FILES && oldest !== undefined) await this.release(oldest)
    try {
      return await handle
    } catch (error) {
      this.#open.delete(file)
      throw error
    }
  }

  /** Closes a file when what goes on in it is done. */
  async release(file: number): Promise<void> {
    const handle = this.#open.get(file)
    this.#open.delete(file)
    const opened = await handle?.catch(() => null)
    await opened?.close()
  }

  async releaseAll(): Promise<void> {
    for (const file of [...this.#open.keys()]) await this.release(file)
  }

  /** Makes everything that was written survive a crash of the machine. */
  async flush(): Promise<void> {
    for (const handle of [...this.#open.values()]) await (await handle.catch(() => null))?.sync()
  }
}

/** Reads until `into` is full or the file ends. */
export async function readFully(handle: FileHandle, offset: number, into: Uint8Array): Promise<number> {
  let count = 0
  while (count < into.length) {
    const { bytesRead } = await handle.read(into, count, into.length - count, offset + count)
    if (bytesRead === 0) break
    count += bytesRead
  }
  return count
}
