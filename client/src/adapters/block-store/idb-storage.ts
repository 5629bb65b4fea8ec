import { createStore, delMany, getMany, keys, setMany, type UseStore } from 'idb-keyval'
import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import { parseInfoHash, type InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import type { ShareFiles, ShareStorage } from './share-files.ts'

/** Blocks read at a time when a whole file is put together. */
const BLOB_BATCH = 256

/** Fallback for browsers without OPFS sync handles: one IndexedDB entry a block, written in batches. */
export class IdbStorage implements ShareStorage {
  readonly kind = 'indexedDb'
  readonly #store: UseStore

  constructor(name = 'ringdrop-blocks') {
    this.#store = createStore(name, 'blocks')
  }

  open(infoHash: InfoHash, sizes: readonly number[]): ShareFiles {
    return new IdbShareFiles(this.#store, infoHash, sizes)
  }

  async remove(infoHash: InfoHash): Promise<void> {
    const all = await keys<string>(this.#store)
    await delMany(
      all.filter((key) => key.startsWith(`${infoHash}:`)),
      this.#store,
    )
  }

  async list(): Promise<InfoHash[]> {
    const found = new Set<InfoHash>()
    for (const key of await keys<string>(this.#store)) {
      const infoHash = parseInfoHash(key.split(':')[0])
      if (infoHash !== null) found.add(infoHash)
    }
    return [...found]
  }
}

class IdbShareFiles implements ShareFiles {
  #pending: [string, Bytes][] = []
  /** The transaction that is committing. */
  #writing: Promise<void> = Promise.resolve()
  /** The one that will take what is pending, once the first is through. */
  #next: Promise<void> | null = null

  constructor(
    readonly store: UseStore,
    readonly infoHash: InfoHash,
    readonly sizes: readonly number[],
  ) {}

  /** Gaps read as zeroes, as they do in a file; missing blocks at the end make the result shorter. */
  async read(file: number, offset: number, into: Bytes): Promise<number> {
    const first = Math.floor(offset / LIMITS.blockBytes)
    const last = Math.floor((offset + into.length - 1) / LIMITS.blockBytes)
    const wanted = Array.from({ length: last - first + 1 }, (_, index) => this.#key(file, first + index))
    const blocks = await getMany<Bytes | undefined>(wanted, this.store)
    let end = 0
    blocks.forEach((block, index) => {
      const at = (first + index) * LIMITS.blockBytes - offset
      const part = block?.subarray(Math.max(0, -at), into.length - at)
      if (part === undefined) return
      into.set(part, Math.max(0, at))
      end = Math.max(0, at) + part.length
    })
    return end
  }

  /** Writes whole blocks, as the exchange does; waits until they are committed. */
  async write(file: number, offset: number, bytes: Bytes): Promise<void> {
    for (let at = 0; at < bytes.length; at += LIMITS.blockBytes) {
      const block = (offset + at) / LIMITS.blockBytes
      if (!Number.isInteger(block)) throw new RangeError('writes start on a block')
      this.#pending.push([this.#key(file, block), bytes.slice(at, at + LIMITS.blockBytes)])
    }
    this.#next ??= this.#writing.then(
      () => this.#flush(),
      () => this.#flush(),
    )
    await this.#next
  }

  async blob(file: number): Promise<Blob> {
    const blockCount = Math.ceil((this.sizes[file] ?? 0) / LIMITS.blockBytes)
    const parts: Blob[] = []
    for (let first = 0; first < blockCount; first += BLOB_BATCH) {
      const batch = Array.from({ length: Math.min(BLOB_BATCH, blockCount - first) }, (_, i) =>
        this.#key(file, first + i),
      )
      const blocks = await getMany<Bytes | undefined>(batch, this.store)
      // A Blob of its own lets the browser move the batch out of memory.
      parts.push(new Blob(blocks.map((block) => block ?? new Uint8Array())))
    }
    return new Blob(parts)
  }

  async close(): Promise<void> {
    await this.#next
  }

  /** Everything that gathers while one transaction commits goes into the next. */
  #flush(): Promise<void> {
    const batch = this.#pending
    this.#pending = []
    this.#next = null
    this.#writing = setMany(batch, this.store)
    return this.#writing
  }

  #key(file: number, block: number): string {
    return `${this.infoHash}:${String(file)}:${String(block)}`
  }
}
