import { equalBytes, type Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import type { BlockIndex, InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import { Bitfield } from '@ringdrop/shared/content/bitfield.ts'
import { Geometry } from '@ringdrop/shared/content/geometry.ts'
import { BLOCK_HEADER_BYTES } from '@ringdrop/shared/protocols/bittorrent/codec.ts'
import type { StoreResult } from '@ringdrop/shared/node/node-io.ts'
import { SPARE_FRAMES, SpareBuffers } from '../spare-buffers.ts'
import { OpenShare } from './open-share.ts'
import type { StoreAnswer, StoreCommand, StoredRun } from './protocol.ts'
import { ReadAhead } from './read-ahead.ts'
import { isQuotaError, type OwnShareFiles, type ShareStorage } from './share-files.ts'

/** Bytes hashed between two progress reports of a check. */
const CHECK_BYTES = 4 * 1024 * 1024

type Post = (answer: StoreAnswer, transfer: Transferable[]) => void

/** The working side of the block store: nothing is written whose hash is wrong, nothing is read but whole blocks. */
export class StoreServer<Source = File> {
  readonly #shares = new Map<InfoHash, OpenShare>()
  /** Shares that are being closed or deleted; what is asked of them meanwhile comes after that. */
  readonly #closing = new Map<InfoHash, Promise<void>>()
  /** Of frames that were stored, for frames to be read: they are of one size. */
  readonly #spare = new SpareBuffers(SPARE_FRAMES)

  constructor(
    readonly storage: ShareStorage,
    /** Opens the person's own files, which are only read. */
    readonly openOwn: (files: readonly Source[]) => OwnShareFiles,
    readonly post: Post,
  ) {}

  handle(command: StoreCommand<Source>): void {
    const closing = 'infoHash' in command ? this.#closing.get(command.infoHash) : undefined
    if (closing !== undefined) return void closing.then(() => this.handle(command))
    switch (command.type) {
      case 'open':
        if (!this.#shares.has(command.infoHash)) return this.#open(command)
        // Files can't be open twice: the new ones wait until the old ones are let go.
        this.#startClosing(command.infoHash, false)
        return this.handle(command)
      case 'store':
      case 'read':
      case 'check':
        return this.#work(command)
      case 'blobs':
        void this.#blobs(command.infoHash, command.files, command.ticket)
        return
      case 'range':
        void this.#range(command)
        return
      case 'close':
      case 'remove':
        return this.#startClosing(command.infoHash, command.type === 'remove')
      case 'sweep':
        void this.#sweep(new Set(command.keep))
    }
  }

  /** What is under way is finished, or ends early, before the files are closed. */
  #work(command: Extract<StoreCommand, { type: 'store' | 'read' | 'check' }>): void {
    const share = this.#shares.get(command.infoHash)
    if (share === undefined) return
    void share.use(() => {
      if (command.type === 'store') return this.#store(share, command)
      if (command.type === 'read') return this.#read(share, command)
      return this.#check(share, command.infoHash, command.hashes)
    })
  }

  #open({ infoHash, pieceBytes, sizes, files }: Extract<StoreCommand<Source>, { type: 'open' }>): void {
    const geometry = new Geometry(pieceBytes, sizes)
    // Only the person's own files gain from reading ahead; what is still being written must not be cached.
    const own = files === null ? null : new ReadAhead(this.openOwn(files))
    this.#shares.set(infoHash, new OpenShare(geometry, own ?? this.storage.open(infoHash, sizes)))
  }

  async #store(
    share: OpenShare,
    { infoHash, buffer, runs, hashes }: Extract<StoreCommand, { type: 'store' }>,
  ): Promise<void> {
    const blocks = runs.flatMap((run) => placesOf(run, share.geometry))
    const digests = await Promise.all(blocks.map((each) => digestOf(buffer, each)))
    if (!share.isOpen) return this.#spare.give(buffer)
    const isRight = digests.map((digest, index) =>
      equalBytes(digest, hashes.subarray(index * 32, index * 32 + 32)),
    )
    const good = blocks.filter((_, index) => isRight[index])
    const corrupt = blocks.filter((_, index) => isRight[index] !== true)
    if (corrupt.length > 0)
      this.#results(
        share,
        infoHash,
        corrupt.map(({ block }) => ({ type: 'blockCorrupt', block })),
      )
    for (const run of neighbours(good, share.geometry)) await this.#writeRun(infoHash, share, buffer, run)
    this.#spare.give(buffer)
  }

  /** Blocks that lie side by side in the buffer and in the file: one write. */
  async #writeRun(
    infoHash: InfoHash,
    share: OpenShare,
    buffer: ArrayBuffer,
    run: readonly BlockPlace[],
  ): Promise<void> {
    const [first] = run
    if (first === undefined || !share.isOpen) return
    const length = run.reduce((sum, stored) => sum + stored.length, 0)
    const place = share.geometry.locate(first.block)
    try {
      await share.files.write(place.file, place.offset, new Uint8Array(buffer, first.offset, length))
      if (share.isOpen) this.post({ type: 'stored', infoHash, first: first.block, count: run.length }, [])
    } catch (error) {
      const code = isQuotaError(error) ? 'quota' : 'io'
      this.#results(
        share,
        infoHash,
        run.map(({ block }) => ({ type: 'storeFailed', block, code })),
      )
    }
  }

  async #read(
    share: OpenShare,
    { infoHash, to, first, count: blockCount, memory }: Extract<StoreCommand, { type: 'read' }>,
  ): Promise<void> {
    const { geometry } = share
    const blocks = Array.from({ length: blockCount }, (_, index) => first + index)
    const { file, offset } = geometry.locate(first)
    const length = blocks.reduce((sum, block) => sum + geometry.blockSize(block), 0)
    try {
      // With room for the frame's header, so that the bytes go out without another copy.
      const bytes = new Uint8Array(this.#frame(BLOCK_HEADER_BYTES + length, memory), BLOCK_HEADER_BYTES)
      const count = await share.files.read(file, offset, bytes)
      if (count !== length) throw new Error('short read')
      const answer = { type: 'read', infoHash, to, first, count: blockCount, buffer: bytes.buffer } as const
      if (share.isOpen) this.post(answer, [bytes.buffer])
    } catch {
      this.#results(
        share,
        infoHash,
        blocks.map((block) => ({ type: 'readFailed', to, block })),
      )
    }
  }

  /** Memory for a frame of this size. @param offered some that may do. */
  #frame(byteLength: number, offered: ArrayBuffer | null): ArrayBuffer {
    if (offered?.byteLength === byteLength) return offered
    return this.#spare.take(byteLength) ?? new ArrayBuffer(byteLength)
  }

  /** Hashes everything that is there and says which blocks are right. */
  async #check(share: OpenShare, infoHash: InfoHash, hashes: Bytes): Promise<void> {
    const { geometry } = share
    const held = new Bitfield(geometry.blockCount)
    let checkedBytes = 0
    try {
      for (let file = 0; file < geometry.fileCount; file++) {
        for (let offset = 0; offset < geometry.fileSize(file); offset += CHECK_BYTES) {
          await this.#checkRange(share, file, offset, hashes, held)
          if (!share.isOpen) return
          checkedBytes += CHECK_BYTES
          const fraction = Math.min(1, checkedBytes / Math.max(1, geometry.totalBytes))
          this.#results(share, infoHash, [{ type: 'checkProgress', fraction }])
        }
      }
      this.#results(share, infoHash, [{ type: 'checked', bits: held.toBytes() }])
    } catch {
      this.#results(share, infoHash, [{ type: 'checkFailed', code: 'io' }])
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
    const buffer = new Uint8Array(Math.min(CHECK_BYTES, geometry.fileSize(file) - offset))
    const bytes = buffer.subarray(0, await files.read(file, offset, buffer))
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
      await share?.use(async () => {
        for (const file of files) {
          const blob = await share.files.blob(file)
          // Made anew, empty, in the place of one that the browser has deleted.
          if (blob.size !== share.geometry.fileSize(file)) throw new Error('not whole')
          blobs.push(blob)
        }
      })
      this.post({ type: 'blobs', ticket, blobs: share === undefined ? null : blobs }, [])
    } catch {
      this.post({ type: 'blobs', ticket, blobs: null }, [])
    }
  }

  async #range(command: Extract<StoreCommand, { type: 'range' }>): Promise<void> {
    const { infoHash, file, offset, length, ticket } = command
    const buffer = new ArrayBuffer(length)
    try {
      const share = this.#shares.get(infoHash)
      let count = 0
      await share?.use(async () => {
        count = await share.files.read(file, offset, new Uint8Array(buffer))
      })
      const bytes = share !== undefined && count === length ? buffer : null
      this.post({ type: 'range', ticket, bytes }, bytes === null ? [] : [bytes])
    } catch {
      this.post({ type: 'range', ticket, bytes: null }, [])
    }
  }

  #startClosing(infoHash: InfoHash, remove: boolean): void {
    const share = this.#shares.get(infoHash)
    this.#shares.delete(infoHash)
    const close = async () => {
      try {
        await share?.close()
      } finally {
        // What could not be written to the end goes all the same.
        if (remove) await this.storage.remove(infoHash)
      }
    }
    const done = () => void this.#closing.delete(infoHash)
    // What can't be deleted now (another tab may be at it) is swept next time.
    this.#closing.set(infoHash, close().then(done, done))
  }

  async #sweep(keep: ReadonlySet<InfoHash>): Promise<void> {
    for (const infoHash of await this.storage.list()) {
      if (keep.has(infoHash) || this.#shares.has(infoHash) || this.#closing.has(infoHash)) continue
      // As with any that is removed: whoever opens it meanwhile waits until the old files are gone.
      this.#startClosing(infoHash, true)
      await this.#closing.get(infoHash)
    }
  }

  #results(share: OpenShare, infoHash: InfoHash, results: readonly StoreResult[]): void {
    if (share.isOpen) this.post({ type: 'results', infoHash, results }, [])
  }
}

/** Where a block lies in the buffer that carries it. */
interface BlockPlace {
  readonly block: BlockIndex
  readonly offset: number
  readonly length: number
}

function placesOf({ first, count, offset }: StoredRun, geometry: Geometry): BlockPlace[] {
  return Array.from({ length: count }, (_, index) => {
    const block = first + index
    return { block, offset: offset + index * LIMITS.blockBytes, length: geometry.blockSize(block) }
  })
}

async function digestOf(buffer: ArrayBuffer, { offset, length }: BlockPlace): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(buffer, offset, length)))
}

/** Cuts blocks into runs that lie side by side, both in their buffer and in their file. */
function neighbours(blocks: readonly BlockPlace[], geometry: Geometry): BlockPlace[][] {
  const runs: BlockPlace[][] = []
  for (const stored of blocks) {
    const last = runs.at(-1)?.at(-1)
    const isNext = last?.block === stored.block - 1 && last.offset + last.length === stored.offset
    const isSameFile =
      last !== undefined && geometry.locate(last.block).file === geometry.locate(stored.block).file
    if (isNext && isSameFile) runs.at(-1)?.push(stored)
    else runs.push([stored])
  }
  return runs
}
