import type { Bytes } from '../../kernel/bytes.ts'
import type { BlockIndex, FileRoot, PeerId } from '../../kernel/ids.ts'
import type { ShareInfo } from '../../content/metainfo.ts'
import type { ExchangeMessage } from './messages.ts'
import type { Priority } from './piece-picker.ts'
import type { Slot } from './peer-link.ts'

/** Why a peer was dropped by the exchange. All but the last two are the peer's fault. */
export type DropCode =
  | 'corruptBlocks'
  | 'badMetadata'
  | 'badHashes'
  | 'unrequested'
  | 'badRange'
  | 'badBitfield'
  | 'tooManyRequests'
  | 'tooManyChanges'
  | 'unexpectedMessage'
  /** Two full copies. */
  | 'bothSeeds'
  /** Neither wants anything for now; either may come back. */
  | 'bothUploadOnly'
  /** The share failed and gives nothing; whoever waits for it may try again later. */
  | 'shareFailed'

/** Why the store could not keep a block. */
export type StoreFailure = 'quota' | 'io'

/** Things that happened to the exchange. */
export type ExchangeInput =
  | { readonly type: 'peerJoined'; readonly peer: PeerId; readonly hasMetadata: boolean }
  | { readonly type: 'peerLeft'; readonly peer: PeerId }
  | { readonly type: 'message'; readonly from: PeerId; readonly message: ExchangeMessage }
  | { readonly type: 'blockStored'; readonly block: BlockIndex }
  | { readonly type: 'blockCorrupt'; readonly block: BlockIndex }
  | { readonly type: 'storeFailed'; readonly block: BlockIndex; readonly code: StoreFailure }
  | { readonly type: 'blockRead'; readonly to: PeerId; readonly block: BlockIndex; readonly bytes: Bytes }
  | { readonly type: 'readFailed'; readonly to: PeerId; readonly block: BlockIndex }
  /** The link's bulk channel is filled up to its high-water mark; `writable` says that it has drained. */
  | { readonly type: 'congested' | 'writable'; readonly peer: PeerId }
  /** Who decides about uploads to this peer from now on. */
  | { readonly type: 'slot'; readonly peer: PeerId; readonly slot: Slot }
  /** Which blocks the store holds, after `check`: one bit a block. */
  | { readonly type: 'checked'; readonly bits: Bytes }
  | { readonly type: 'checkProgress'; readonly fraction: number }
  | { readonly type: 'checkFailed'; readonly code: 'sourceMissing' | 'io' }
  /** Commands of the person. `files` null: all of them. */
  | { readonly type: 'download'; readonly files: readonly number[] | null }
  | { readonly type: 'select'; readonly files: readonly number[] }
  /** Which of the wanted files come sooner or later than others. */
  | {
      readonly type: 'prioritize'
      readonly files: readonly number[]
      readonly priority: Exclude<Priority, 'skip'>
    }
  /** Somebody watches a file from this byte on; `null`: nobody does any more. */
  | {
      readonly type: 'play'
      readonly at: { readonly file: number; readonly offset: number } | null
    }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  | { readonly type: 'wake' }

/** Things that the exchange asks for. */
export type ExchangeEffect =
  | { readonly type: 'send'; readonly to: PeerId; readonly message: ExchangeMessage }
  /** Hash the block, compare, and write it only when the hash is right. Answer: stored, corrupt or failed. */
  | { readonly type: 'store'; readonly block: BlockIndex; readonly bytes: Bytes; readonly hash: Bytes }
  | { readonly type: 'read'; readonly to: PeerId; readonly block: BlockIndex }
  /** Hash what the store holds against the known block hashes. Answer: `checked` or `checkFailed`. */
  | { readonly type: 'check' }
  /** The info dictionary arrived and fits the infohash: keep it. */
  | { readonly type: 'metadata'; readonly info: ShareInfo }
  /** Verified block hashes: keep them, so that a restart need not fetch them again. */
  | {
      readonly type: 'hashes'
      readonly root: FileRoot
      readonly span: number
      readonly hashes: Bytes
      readonly proof: Bytes
    }
  | { readonly type: 'dropPeer'; readonly peer: PeerId; readonly code: DropCode; readonly ban: boolean }
  | { readonly type: 'peersLearned'; readonly from: PeerId; readonly peers: readonly PeerId[] }
  /** All wanted files are there. */
  | { readonly type: 'completed' }

/** Collects effects in order while an input is handled. */
export class Outbox {
  #effects: ExchangeEffect[] = []

  push(effect: ExchangeEffect): void {
    this.#effects.push(effect)
  }

  send(to: PeerId, message: ExchangeMessage): void {
    this.#effects.push({ type: 'send', to, message })
  }

  take(): ExchangeEffect[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }
}
