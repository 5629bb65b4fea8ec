import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import type { BlockIndex, InfoHash, PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { StoreResult } from '@ringdrop/shared/node/node-io.ts'

/** From the page to the store's worker. */
export type StoreCommand =
  /** `files` null: a download, kept in the browser's storage. */
  | {
      readonly type: 'open'
      readonly infoHash: InfoHash
      readonly pieceBytes: number
      readonly sizes: readonly number[]
      readonly files: readonly File[] | null
    }
  | {
      readonly type: 'store'
      readonly infoHash: InfoHash
      readonly block: BlockIndex
      readonly bytes: Bytes
      readonly hash: Bytes
    }
  | { readonly type: 'read'; readonly infoHash: InfoHash; readonly to: PeerId; readonly block: BlockIndex }
  /** `hashes`: 32 bytes a block, zeroes where unknown. */
  | { readonly type: 'check'; readonly infoHash: InfoHash; readonly hashes: Bytes }
  | {
      readonly type: 'blobs'
      readonly infoHash: InfoHash
      readonly files: readonly number[]
      readonly ticket: number
    }
  | { readonly type: 'remove'; readonly infoHash: InfoHash }
  | { readonly type: 'close'; readonly infoHash: InfoHash }
  /** Deletes downloads that no share knows of any more. */
  | { readonly type: 'sweep'; readonly keep: readonly InfoHash[] }

/** From the worker to the page. */
export type StoreAnswer =
  | { readonly type: 'ready'; readonly kind: 'opfs' | 'indexedDb' }
  | { readonly type: 'result'; readonly infoHash: InfoHash; readonly result: StoreResult }
  | { readonly type: 'blobs'; readonly ticket: number; readonly blobs: readonly Blob[] | null }
