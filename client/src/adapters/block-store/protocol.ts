import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import type { BlockIndex, InfoHash, PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { StoreResult } from '@ringdrop/shared/node/node-io.ts'

/** Neighbouring blocks that lie side by side in the buffer that carries them. */
export interface StoredRun {
  readonly first: BlockIndex
  readonly count: number
  /** Where the first one starts in the buffer. */
  readonly offset: number
}

/** A run of neighbouring blocks of one piece, read for one peer. */
export interface ReadRun {
  readonly infoHash: InfoHash
  readonly to: PeerId
  readonly first: BlockIndex
  readonly count: number
}

/** From the node to its store. `Source`: how a file of the person's own is named. */
export type StoreCommand<Source = File> =
  /** `files` null: a download, kept in the storage. */
  | {
      readonly type: 'open'
      readonly infoHash: InfoHash
      readonly pieceBytes: number
      readonly sizes: readonly number[]
      readonly files: readonly Source[] | null
    }
  /** Blocks that came in one frame: their bytes lie in one buffer, which is handed over. `hashes`: 32 bytes a block. */
  | {
      readonly type: 'store'
      readonly infoHash: InfoHash
      readonly buffer: ArrayBuffer
      readonly runs: readonly StoredRun[]
      readonly hashes: Bytes
    }
  /** `memory`: of a frame that has been sent, to be read into; it is handed over. */
  | ({ readonly type: 'read'; readonly memory: ArrayBuffer | null } & ReadRun)
  /** `hashes`: 32 bytes a block, zeroes where unknown. */
  | { readonly type: 'check'; readonly infoHash: InfoHash; readonly hashes: Bytes }
  | {
      readonly type: 'blobs'
      readonly infoHash: InfoHash
      readonly files: readonly number[]
      readonly ticket: number
    }
  /** Bytes that the caller knows to be verified, for a player. */
  | {
      readonly type: 'range'
      readonly infoHash: InfoHash
      readonly file: number
      readonly offset: number
      readonly length: number
      readonly ticket: number
    }
  | { readonly type: 'remove'; readonly infoHash: InfoHash }
  | { readonly type: 'close'; readonly infoHash: InfoHash }
  /** Deletes downloads that no share knows of any more. */
  | { readonly type: 'sweep'; readonly keep: readonly InfoHash[] }

/** From the worker to the page. What every block causes is sent in few words: messages are what costs. */
export type StoreAnswer =
  | { readonly type: 'ready'; readonly kind: 'opfs' | 'indexedDb' }
  | { readonly type: 'results'; readonly infoHash: InfoHash; readonly results: readonly StoreResult[] }
  /** So many blocks are written. */
  | {
      readonly type: 'stored'
      readonly infoHash: InfoHash
      readonly first: BlockIndex
      readonly count: number
    }
  /** Blocks read for a peer: end to end, after room for the header of a frame. */
  | ({ readonly type: 'read'; readonly buffer: ArrayBuffer } & ReadRun)
  | { readonly type: 'blobs'; readonly ticket: number; readonly blobs: readonly Blob[] | null }
  | { readonly type: 'range'; readonly ticket: number; readonly bytes: ArrayBuffer | null }
