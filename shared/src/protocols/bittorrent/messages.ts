import type { Bytes } from '../../kernel/bytes.ts'
import type { BlockIndex, FileRoot, PeerId, PieceIndex } from '../../kernel/ids.ts'

/** A range of one piece, as BEP 3 writes it. `length` is the size of one block. */
export interface BlockRange {
  readonly piece: PieceIndex
  readonly begin: number
  readonly length: number
}

/**
 * Messages of the exchange over one share. All travel on the control channel but `piece`, which carries a
 * block on the bulk channel.
 */
export type ExchangeMessage =
  | { readonly type: 'choke' | 'unchoke' | 'interested' | 'notInterested' | 'haveAll' | 'haveNone' }
  /** BEP 21: the sender fetches nothing more of the share, though it lacks some; `wantsMore` takes that back. */
  | { readonly type: 'uploadOnly' | 'wantsMore' }
  /** A run of verified blocks. BEP 3 announces whole pieces; we relay blocks before their piece is whole. */
  | { readonly type: 'have'; readonly first: BlockIndex; readonly count: number }
  /** One bit a block, first block in the high bit of the first byte. */
  | { readonly type: 'bitfield'; readonly bits: Bytes }
  | ({ readonly type: 'request' | 'cancel' | 'reject' } & BlockRange)
  | { readonly type: 'piece'; readonly piece: PieceIndex; readonly begin: number; readonly bytes: Bytes }
  /** The sender now knows the info dictionary and can serve and understand everything else. */
  | { readonly type: 'metadataReady' }
  | { readonly type: 'metadataRequest'; readonly part: number }
  | { readonly type: 'metadata'; readonly part: number; readonly totalBytes: number; readonly bytes: Bytes }
  | { readonly type: 'metadataReject'; readonly part: number }
  /** Asks for the block hashes of one span (512 blocks) of a file, with the proof up to its root. */
  | { readonly type: 'hashRequest' | 'hashReject'; readonly root: FileRoot; readonly span: number }
  | {
      readonly type: 'hashes'
      readonly root: FileRoot
      readonly span: number
      readonly hashes: Bytes
      readonly proof: Bytes
    }
  /** The sender can serve the hashes of this span. */
  | { readonly type: 'haveHashes'; readonly root: FileRoot; readonly span: number }
  /** The sender can serve the hashes of every span. */
  | { readonly type: 'haveAllHashes' }
  /** Peer exchange (BEP 11) by peer id: peers of this share that the sender is connected to. */
  | { readonly type: 'peers'; readonly peers: readonly PeerId[] }

export type ExchangeMessageType = ExchangeMessage['type']
