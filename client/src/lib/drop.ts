import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import type { PickedFile } from '../app/api.ts'

/** The part of `DataTransferItem` that is used; `getAsFileSystemHandle` is not in TypeScript's DOM library. */
export interface DropItem {
  readonly kind: string
  getAsFile(): File | null
  webkitGetAsEntry?(): FileSystemEntry | null
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>
}

export interface Gathered {
  readonly files: PickedFile[]
  /** Files and folders that the browser would not read. */
  readonly unreadableCount: number
}

interface Collected {
  readonly entry: FileSystemEntry | null
  readonly file: File | null
  readonly handle: Promise<FileSystemHandle | null>
}

/**
 * Everything in a drop or a clipboard, folders with all that is in them. Must be called in the event's handler: all
 * items are asked before the first `await`, since the browser empties the list after it.
 * @param onProgress how many files were found so far.
 */
export async function gather(
  items: Iterable<DropItem>,
  onProgress: (files: number) => void = () => undefined,
): Promise<Gathered> {
  const collected: Collected[] = []
  for (const item of items) {
    if (item.kind !== 'file') continue
    const entry = item.webkitGetAsEntry?.() ?? null
    const handle = item.getAsFileSystemHandle?.()
    collected.push({
      entry,
      file: item.getAsFile(),
      handle: handle === undefined ? Promise.resolve(null) : handle.catch(() => null),
    })
  }
  const walk = new Walk(onProgress)
  for (const each of collected) await walk.visitTop(each)
  return walk.result
}

/** What an `<input type=file>` holds; files of a folder carry their place in `webkitRelativePath`. */
export function fromInput(list: Iterable<File>): PickedFile[] {
  return [...list].map((file) => {
    const relative = file.webkitRelativePath
    return { file, path: relative === '' ? [file.name] : relative.split('/') }
  })
}

/** True when all there is is one `.torrent` file. */
export function isLoneTorrent(files: readonly PickedFile[]): boolean {
  return files.length === 1 && files[0]?.file.name.toLowerCase().endsWith('.torrent') === true
}

class Walk {
  readonly #files: PickedFile[] = []
  #unreadableCount = 0
  /** Of the file or the folder that was dropped and is being visited. */
  #handle: FileSystemHandle | null = null
  readonly #onProgress: (files: number) => void

  constructor(onProgress: (files: number) => void) {
    this.#onProgress = onProgress
  }

  get result(): Gathered {
    return { files: this.#files, unreadableCount: this.#unreadableCount }
  }

  /** One more than a share may have is enough to be refused. */
  get #isFull(): boolean {
    return this.#files.length > LIMITS.files
  }

  async visitTop({ entry, file, handle }: Collected): Promise<void> {
    if (entry?.isDirectory === true) {
      this.#handle = ofKind('directory', await handle)
      return this.#visitFolder(entry as FileSystemDirectoryEntry, [entry.name])
    }
    if (file === null) {
      this.#unreadableCount++
      return
    }
    this.#handle = ofKind('file', await handle)
    this.#add(file, [file.name])
  }

  async #visitFolder(folder: FileSystemDirectoryEntry, path: readonly string[]): Promise<void> {
    if (path.length > LIMITS.pathDepth) {
      this.#unreadableCount++
      return
    }
    const reader = folder.createReader()
    for (;;) {
      // Chromium gives at most 100 entries a time; an empty batch is the end.
      const batch = await readBatch(reader)
      if (batch === null) this.#unreadableCount++
      if (batch === null || batch.length === 0) return
      for (const entry of batch) {
        if (this.#isFull) return
        const below = [...path, entry.name]
        if (entry.isDirectory) await this.#visitFolder(entry as FileSystemDirectoryEntry, below)
        else await this.#visitFile(entry as FileSystemFileEntry, below)
      }
    }
  }

  async #visitFile(entry: FileSystemFileEntry, path: readonly string[]): Promise<void> {
    const file = await new Promise<File | null>((resolve) => {
      entry.file(resolve, () => resolve(null))
    })
    if (file === null) this.#unreadableCount++
    else this.#add(file, path)
  }

  #add(file: File, path: readonly string[]): void {
    const handle = this.#handle
    this.#files.push(handle === null ? { file, path } : { file, path, handle })
    this.#onProgress(this.#files.length)
  }
}

const ofKind = (kind: FileSystemHandleKind, handle: FileSystemHandle | null): FileSystemHandle | null =>
  handle?.kind === kind ? handle : null

function readBatch(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[] | null> {
  return new Promise((resolve) => {
    reader.readEntries(resolve, () => resolve(null))
  })
}
