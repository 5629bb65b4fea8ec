import { concatBytes, type Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import type { BlockIndex, InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import { BLOCK_HEADER_BYTES } from '@ringdrop/shared/protocols/bittorrent/codec.ts'
import type { StoreRequest, StoreResult } from '@ringdrop/shared/node/node-io.ts'
import { SPARE_FRAMES, SpareBuffers } from '../spare-buffers.ts'
import type { ReadRun, StoreAnswer, StoreCommand } from './protocol.ts'
import { resultsOf } from './store-results.ts'

export interface BlockStoreEvents {
  results(infoHash: InfoHash, results: readonly StoreResult[]): void
  ready(kind: 'opfs' | 'indexedDb'): void
  /** Something of a share that should be there could not be read. */
  unreadable?(infoHash: InfoHash): void
}

/** Where the store does its work, in another thread or in this one. */
export interface StoreThread<Source> {
  post(command: StoreCommand<Source>, transfer: Transferable[]): void
  terminate(): void
}
export type StartStoreThread<Source> = (onAnswer: (answer: StoreAnswer) => void) => StoreThread<Source>

/** A frame of as many blocks as go into one. */
const FRAME_BYTES = BLOCK_HEADER_BYTES + LIMITS.blocksPerFrame * LIMITS.blockBytes

/** Blocks of one frame, on their way to the store. */
interface GatheredBlocks {
  readonly infoHash: InfoHash
  readonly buffer: ArrayBuffer
  readonly runs: { first: BlockIndex; count: number; offset: number }[]
  readonly hashes: Bytes[]
  /** Where the last block ends in the buffer. */
  end: number
}

/** The node's side of the block store: passes requests to its thread, with their bytes handed over, not copied. */
export class BlockStore<Source = File> {
  /** Started with the first command: a page that shares nothing needs none. */
  #thread: StoreThread<Source> | null = null
  readonly #events: BlockStoreEvents
  readonly #ranges = new Map<number, (bytes: ArrayBuffer | null) => void>()
  readonly #blobs = new Map<number, (blobs: readonly Blob[] | null) => void>()
  /** Requests of this moment. */
  readonly #stores: GatheredBlocks[] = []
  readonly #reads: (Omit<ReadRun, 'count'> & { count: number })[] = []
  /** Of whole frames that have been sent. */
  readonly #spare = new SpareBuffers(SPARE_FRAMES)
  #nextTicket = 0

  /** @param start called with the first command. @param isOnePiece whether two blocks lie in the same piece, so that they can be read in one go. */
  constructor(
    readonly start: StartStoreThread<Source>,
    events: BlockStoreEvents,
    readonly isOnePiece: (infoHash: InfoHash, a: BlockIndex, b: BlockIndex) => boolean,
  ) {
    this.#events = events
  }

  #onAnswer(answer: StoreAnswer): void {
    if (answer.type === 'ready') this.#events.ready(answer.kind)
    else if (answer.type === 'blobs') settle(this.#blobs, answer.ticket, answer.blobs)
    else if (answer.type === 'range') settle(this.#ranges, answer.ticket, answer.bytes)
    else this.#onResults(answer.infoHash, resultsOf(answer))
  }

  #onResults(infoHash: InfoHash, results: readonly StoreResult[]): void {
    this.#events.results(infoHash, results)
    if (results.some(({ type }) => type === 'readFailed')) this.#events.unreadable?.(infoHash)
  }

  /**
   * Takes a request; those of one moment go to the worker together, at the next `flush`.
   * @param hashesOf all known block hashes of the share, for a check.
   */
  request(infoHash: InfoHash, request: StoreRequest, hashesOf: () => Bytes): void {
    if (request.type === 'store') this.#addStore(infoHash, request)
    else if (request.type === 'read') this.#addRead(infoHash, request)
    else this.post({ type: 'check', infoHash, hashes: hashesOf() })
  }

  flush(): void {
    // The frame's buffer is ours alone and holds little besides its blocks: it is handed over, not copied.
    for (const { infoHash, buffer, runs, hashes } of this.#stores.splice(0)) {
      this.post({ type: 'store', infoHash, buffer, runs, hashes: concatBytes(hashes) }, [buffer])
    }
    for (const run of this.#reads.splice(0)) {
      const memory = run.count === LIMITS.blocksPerFrame ? this.#spare.take(FRAME_BYTES) : null
      this.post({ type: 'read', memory, ...run }, memory === null ? [] : [memory])
    }
  }

  /** Takes over the memory of a frame that has been sent. */
  recycle(memory: ArrayBuffer): void {
    if (memory.byteLength === FRAME_BYTES) this.#spare.give(memory)
  }

  post(command: StoreCommand<Source>, transfer: Transferable[] = []): void {
    this.#thread ??= this.start((answer) => this.#onAnswer(answer))
    this.#thread.post(command, transfer)
  }

  /** Files backed by storage; `null` when they can't be read. */
  blobs(infoHash: InfoHash, files: readonly number[]): Promise<readonly Blob[] | null> {
    return this.#ask(this.#blobs, infoHash, (ticket) => this.post({ type: 'blobs', infoHash, files, ticket }))
  }

  /** Bytes of one file; the caller knows that they are verified. `null` when they can't be read. */
  range(infoHash: InfoHash, file: number, offset: number, length: number): Promise<ArrayBuffer | null> {
    const post = (ticket: number) => this.post({ type: 'range', infoHash, file, offset, length, ticket })
    return this.#ask(this.#ranges, infoHash, post)
  }

  async #ask<Value>(
    waiting: Map<number, (value: Value | null) => void>,
    infoHash: InfoHash,
    post: (ticket: number) => void,
  ): Promise<Value | null> {
    const ticket = this.#nextTicket++
    const value = await new Promise<Value | null>((resolve) => {
      waiting.set(ticket, resolve)
      post(ticket)
    })
    if (value === null) this.#events.unreadable?.(infoHash)
    return value
  }

  terminate(): void {
    this.#thread?.terminate()
  }

  #addStore(infoHash: InfoHash, { block, bytes, hash }: Extract<StoreRequest, { type: 'store' }>): void {
    const last = this.#stores.at(-1)
    const gathered =
      last?.buffer === bytes.buffer ? last : { infoHash, buffer: bytes.buffer, runs: [], hashes: [], end: 0 }
    if (gathered !== last) this.#stores.push(gathered)
    const run = gathered.runs.at(-1)
    if (run !== undefined && run.first + run.count === block && gathered.end === bytes.byteOffset) run.count++
    else gathered.runs.push({ first: block, count: 1, offset: bytes.byteOffset })
    gathered.hashes.push(hash)
    gathered.end = bytes.byteOffset + bytes.length
  }

  #addRead(infoHash: InfoHash, { to, block }: Extract<StoreRequest, { type: 'read' }>): void {
    const run = this.#reads.find((each) => {
      const isNext = each.to === to && each.infoHash === infoHash && each.first + each.count === block
      return isNext && each.count < LIMITS.blocksPerFrame && this.isOnePiece(infoHash, each.first, block)
    })
    if (run !== undefined) run.count++
    else this.#reads.push({ infoHash, to, first: block, count: 1 })
  }
}

function settle<Value>(waiting: Map<number, (value: Value) => void>, ticket: number, value: Value): void {
  waiting.get(ticket)?.(value)
  waiting.delete(ticket)
}
