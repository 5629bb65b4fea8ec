import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import type { StoreRequest, StoreResult } from '@ringdrop/shared/node/node-io.ts'
import type { StoreAnswer, StoreCommand } from './protocol.ts'

export interface BlockStoreEvents {
  result(infoHash: InfoHash, result: StoreResult): void
  ready(kind: 'opfs' | 'indexedDb'): void
}

/** The page's side of the block store: passes requests to the worker, with their bytes handed over, not copied. */
export class BlockStore {
  readonly #worker: Worker
  readonly #blobs = new Map<number, (blobs: readonly Blob[] | null) => void>()
  #nextTicket = 0

  constructor(events: BlockStoreEvents) {
    this.#worker = new Worker(new URL('../../workers/store.worker.ts', import.meta.url), { type: 'module' })
    this.#worker.onmessage = (event: MessageEvent<StoreAnswer>) => {
      const answer = event.data
      if (answer.type === 'ready') events.ready(answer.kind)
      else if (answer.type === 'result') events.result(answer.infoHash, answer.result)
      else this.#onBlobs(answer.ticket, answer.blobs)
    }
  }

  /** @param hashesOf all known block hashes of the share, for a check. */
  request(infoHash: InfoHash, request: StoreRequest, hashesOf: () => Uint8Array<ArrayBuffer>): void {
    if (request.type === 'store') {
      const { block, bytes, hash } = request
      // The frame's buffer is ours alone and holds little besides the block.
      this.post({ type: 'store', infoHash, block, bytes, hash }, [bytes.buffer])
    } else if (request.type === 'read') {
      this.post({ type: 'read', infoHash, to: request.to, block: request.block })
    } else {
      this.post({ type: 'check', infoHash, hashes: hashesOf() })
    }
  }

  post(command: StoreCommand, transfer: Transferable[] = []): void {
    this.#worker.postMessage(command, transfer)
  }

  /** Files backed by storage; `null` when they can't be read. */
  blobs(infoHash: InfoHash, files: readonly number[]): Promise<readonly Blob[] | null> {
    const ticket = this.#nextTicket++
    return new Promise((resolve) => {
      this.#blobs.set(ticket, resolve)
      this.post({ type: 'blobs', infoHash, files, ticket })
    })
  }

  terminate(): void {
    this.#worker.terminate()
  }

  #onBlobs(ticket: number, blobs: readonly Blob[] | null): void {
    this.#blobs.get(ticket)?.(blobs)
    this.#blobs.delete(ticket)
  }
}
