import { equalBytes, type Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import type { BlockIndex, InfoHash, PeerId } from '@ringdrop/shared/kernel/ids.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import { Bitfield } from '@ringdrop/shared/content/bitfield.ts'
import { Geometry } from '@ringdrop/shared/content/geometry.ts'
import type { StoreResult } from '@ringdrop/shared/node/node-io.ts'
import { PickedFiles } from './picked-files.ts'
import { PieceCache } from './piece-cache.ts'
import type { StoreAnswer, StoreCommand } from './protocol.ts'
import { isQuotaError, type ShareFiles, type ShareStorage } from './share-files.ts'

/** Bytes hashed between two progress reports of a check. */
const CHECK_BYTES = 4 * 1024 * 1024

interface OpenShare {
  readonly geometry: Geometry
  readonly files: ShareFiles
  readonly cache: PieceCache
}

type Post = (answer: StoreAnswer, transfer: Transferable[]) => void

/** The worker's side of the block store: nothing is written whose hash is wrong, nothing is read but whole blocks. */
export class StoreServer {
  readonly #shares = new Map<InfoHash, OpenShare>()

  constructor(
    readonly storage: ShareStorage,
    readonly post: Post,
  ) {}

  handle(command: StoreCommand): void {
    switch (command.type) {
      case 'open':
        return this.#open(command)
      case 'store':
        void this.#store(command.infoHash, command.block, command.bytes, command.hash)
        return
      case 'read':
        void this.#read(command.infoHash, command.to, command.block)
        return
      case 'check':
        void this.#check(command.infoHash, command.hashes)
        return
      case 'blobs':
        void this.#blobs(command.infoHash, command.files, command.ticket)
        return
      case 'close':
      case 'remove':
        void this.#close(command.infoHash, command.type === 'remove')
        return
      case 'sweep':
        void this.#sweep(new Set(command.keep))
    }
  }

  #open({ infoHash, pieceBytes, sizes, files }: Extract<StoreCommand, { type: 'open' }>): void {
    void this.#shares.get(infoHash)?.files.close()
    this.#shares.set(infoHash, {
      geometry: new Geometry(pieceBytes, sizes),
      files: files === null ? this.storage.open(infoHash, sizes) : new PickedFiles(files),
      cache: new PieceCache(),
    })
  }

  async #store(infoHash: InfoHash, block: BlockIndex, bytes: Bytes, hash: Bytes): Promise<void> {
    const share = this.#shares.get(infoHash)
    if (share === undefined) return
    try {
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
      if (!equalBytes(digest, hash)) return this.#result(infoHash, { type: 'blockCorrupt', block })
      const place = share.geometry.locate(block)
      await share.files.write(place.file, place.offset, bytes)
      this.#result(infoHash, { type: 'blockStored', block })
    } catch (error) {
      this.#result(infoHash, { type: 'storeFailed', block, code: isQuotaError(error) ? 'quota' : 'io' })
    }
  }

  async #read(infoHash: InfoHash, to: PeerId, block: BlockIndex): Promise<void> {
    const share = this.#shares.get(infoHash)
    if (share === undefined) return
    const place = share.geometry.locate(block)
    try {
      // Only picked files gain from reading ahead; what is still being written must not be cached.
      const isPicked = share.files instanceof PickedFiles
      const bytes = isPicked
        ? await share.cache.read(share.files, place.file, place.offset, place.sizeBytes)
        : await share.files.read(place.file, place.offset, place.sizeBytes)
      if (bytes.length !== place.sizeBytes) throw new Error('short read')
      this.#result(infoHash, { type: 'blockRead', to, block, bytes }, [bytes.buffer])
    } catch {
      this.#result(infoHash, { type: 'readFailed', to, block })
    }
  }

  /** Hashes everything that is there and says which blocks are right. */
  async #check(infoHash: InfoHash, hashes: Bytes): Promise<void> {
    const share = this.#shares.get(infoHash)
    if (share === undefined) return
    const { geometry } = share
    const held = new Bitfield(geometry.blockCount)
    let checkedBytes = 0
    try {
      for (let file = 0; file < geometry.fileCount; file++) {
        for (let offset = 0; offset < geometry.fileSize(file); offset += CHECK_BYTES) {
          await this.#checkRange(share, file, offset, hashes, held)
          checkedBytes += CHECK_BYTES
          const fraction = Math.min(1, checkedBytes / Math.max(1, geometry.totalBytes))
          this.#result(infoHash, { type: 'checkProgress', fraction })
        }
      }
      this.#result(infoHash, { type: 'checked', bits: held.toBytes() })
    } catch {
      this.#result(infoHash, { type: 'checkFailed', code: 'io' })
    }
  }

  async #checkRange(
    share: OpenShare,
    file: number,
    offset: number,
    hashes: Bytes,
    held: Bitfield,
  ): Promise<void> {
    const { geometry, files } = share
    const first = geometry.fileBlocks(file).first + offset / LIMITS.blockBytes
    const bytes = await files.read(file, offset, Math.min(CHECK_BYTES, geometry.fileSize(file) - offset))
    const digests: Promise<void>[] = []
    for (let at = 0; at < bytes.length; at += LIMITS.blockBytes) {
      const block = first + at / LIMITS.blockBytes
      const part = bytes.subarray(at, at + geometry.blockSize(block))
      if (part.length < geometry.blockSize(block)) break
      digests.push(
        crypto.subtle.digest('SHA-256', part).then((digest) => {
          if (equalBytes(new Uint8Array(digest), hashes.subarray(block * 32, block * 32 + 32)))
            held.set(block)
        }),
      )
    }
    await Promise.all(digests)
  }

  async #blobs(infoHash: InfoHash, files: readonly number[], ticket: number): Promise<void> {
    const share = this.#shares.get(infoHash)
    try {
      const blobs: Blob[] = []
      for (const file of files) blobs.push((await share?.files.blob(file)) ?? new Blob([]))
      this.post({ type: 'blobs', ticket, blobs: share === undefined ? null : blobs }, [])
    } catch {
      this.post({ type: 'blobs', ticket, blobs: null }, [])
    }
  }

  async #close(infoHash: InfoHash, remove: boolean): Promise<void> {
    const share = this.#shares.get(infoHash)
    this.#shares.delete(infoHash)
    await share?.files.close()
    if (remove) await this.storage.remove(infoHash)
  }

  async #sweep(keep: ReadonlySet<InfoHash>): Promise<void> {
    for (const infoHash of await this.storage.list()) {
      if (keep.has(infoHash) || this.#shares.has(infoHash)) continue
      // What can't be deleted now (another tab may be at it) is swept next time.
      await this.storage.remove(infoHash).catch(() => undefined)
    }
  }

  #result(infoHash: InfoHash, result: StoreResult, transfer: Transferable[] = []): void {
    this.post({ type: 'result', infoHash, result }, transfer)
  }
}
