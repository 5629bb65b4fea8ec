import type { BlockIndex, PieceIndex } from '../kernel/ids.ts'
import { defined, invariant } from '../kernel/invariant.ts'
import { LIMITS } from '../kernel/limits.ts'

const BLOCK_BYTES = LIMITS.blockBytes

/** Where a block's bytes are. */
export interface BlockLocation {
  /** Index of the file in the share. */
  readonly file: number
  /** Byte offset in that file. */
  readonly offset: number
  readonly sizeBytes: number
  /** Position among the blocks of that file, from 0: the block's leaf in the file's hash tree. */
  readonly blockInFile: number
}

/** A run of consecutive indices. */
export interface IndexRange {
  readonly first: number
  readonly count: number
}

/**
 * Which bytes each piece and block of a share covers (BEP 52): files lie end to end, each starting on a piece
 * boundary; the last piece of a file may have fewer blocks and its last block fewer bytes; empty files have no
 * pieces. Block indices are contiguous over the share. Every look-up is O(1), or O(log files) from a block.
 *
 * Indices out of range are our own bug and throw `InvariantError`; only {@link blockAt} takes a peer's numbers.
 */
export class Geometry {
  readonly pieceBytes: number
  readonly blocksPerPiece: number
  readonly fileCount: number
  readonly pieceCount: number
  readonly blockCount: number
  /** Sum of the file sizes; there is no padding between files. */
  readonly totalBytes: number
  readonly #sizes: Float64Array
  /** First piece of each file, and at the end the piece count. */
  readonly #filePieces: Float64Array
  /** First block of each file, and at the end the block count. */
  readonly #fileBlocks: Float64Array
  /** The file of each piece. */
  readonly #pieceFile: Uint32Array

  /**
   * @param pieceBytes a power of two, at least 16 KiB.
   * @param fileSizes in bytes, in the order of the share.
   */
  constructor(pieceBytes: number, fileSizes: readonly number[]) {
    invariant(isPieceSize(pieceBytes), 'a piece is a power of two of at least one block')
    this.pieceBytes = pieceBytes
    this.blocksPerPiece = pieceBytes / BLOCK_BYTES
    this.fileCount = fileSizes.length
    this.#sizes = Float64Array.from(fileSizes)
    this.#filePieces = new Float64Array(fileSizes.length + 1)
    this.#fileBlocks = new Float64Array(fileSizes.length + 1)
    let [pieces, blocks, total] = [0, 0, 0]
    fileSizes.forEach((size, file) => {
      invariant(Number.isSafeInteger(size) && size >= 0, 'a file size is a whole number')
      pieces += Math.ceil(size / pieceBytes)
      blocks += Math.ceil(size / BLOCK_BYTES)
      total += size
      this.#filePieces[file + 1] = pieces
      this.#fileBlocks[file + 1] = blocks
    })
    invariant(Number.isSafeInteger(total), 'the share is too large to count')
    this.pieceCount = pieces
    this.blockCount = blocks
    this.totalBytes = total
    this.#pieceFile = new Uint32Array(pieces)
    for (let file = 0; file < this.fileCount; file++) {
      this.#pieceFile.fill(file, this.#filePieces[file], this.#filePieces[file + 1])
    }
  }

  /** Bytes in a piece: `pieceBytes`, or fewer at the end of a file. */
  pieceSize(piece: PieceIndex): number {
    return Math.min(this.pieceBytes, this.fileSize(this.fileOfPiece(piece)) - this.pieceOffsetInFile(piece))
  }

  /** Blocks in a piece: `blocksPerPiece`, or fewer at the end of a file. */
  blocksIn(piece: PieceIndex): number {
    return Math.ceil(this.pieceSize(piece) / BLOCK_BYTES)
  }

  firstBlock(piece: PieceIndex): BlockIndex {
    const file = this.fileOfPiece(piece)
    const pieceInFile = piece - at(this.#filePieces, file)
    return at(this.#fileBlocks, file) + pieceInFile * this.blocksPerPiece
  }

  pieceOf(block: BlockIndex): PieceIndex {
    const file = this.#fileOfBlock(block)
    const blockInFile = block - at(this.#fileBlocks, file)
    return at(this.#filePieces, file) + Math.floor(blockInFile / this.blocksPerPiece)
  }

  /** Bytes in a block: 16 KiB, or fewer at the end of a file. */
  blockSize(block: BlockIndex): number {
    return this.locate(block).sizeBytes
  }

  locate(block: BlockIndex): BlockLocation {
    const file = this.#fileOfBlock(block)
    const blockInFile = block - at(this.#fileBlocks, file)
    const offset = blockInFile * BLOCK_BYTES
    return { file, offset, sizeBytes: Math.min(BLOCK_BYTES, this.fileSize(file) - offset), blockInFile }
  }

  /** Where a block lies in its piece, and its size: how `request`, `piece`, `cancel` and `reject` name it. */
  rangeOf(block: BlockIndex): {
    readonly piece: PieceIndex
    readonly begin: number
    readonly length: number
  } {
    const piece = this.pieceOf(block)
    const begin = (block - this.firstBlock(piece)) * BLOCK_BYTES
    return { piece, begin, length: this.blockSize(block) }
  }

  fileOfPiece(piece: PieceIndex): number {
    return defined(this.#pieceFile[piece], 'piece')
  }

  /** Byte offset of a piece in its file. */
  pieceOffsetInFile(piece: PieceIndex): number {
    return (piece - at(this.#filePieces, this.fileOfPiece(piece))) * this.pieceBytes
  }

  /** The pieces of a file; `count` is 0 for an empty one. */
  filePieces(file: number): IndexRange {
    const first = at(this.#filePieces, file)
    return { first, count: at(this.#filePieces, file + 1) - first }
  }

  /** The blocks of a file; `count` is 0 for an empty one. */
  fileBlocks(file: number): IndexRange {
    const first = at(this.#fileBlocks, file)
    return { first, count: at(this.#fileBlocks, file + 1) - first }
  }

  fileSize(file: number): number {
    return at(this.#sizes, file)
  }

  /**
   * The block that a peer names by piece and byte offset in the piece.
   * @returns `null` when there is no such piece, or `begin` is not the start of a block inside it.
   */
  blockAt(piece: number, begin: number): BlockIndex | null {
    if (!Number.isInteger(piece) || piece < 0 || piece >= this.pieceCount) return null
    if (!Number.isInteger(begin) || begin < 0 || begin % BLOCK_BYTES !== 0) return null
    return begin < this.pieceSize(piece) ? this.firstBlock(piece) + begin / BLOCK_BYTES : null
  }

  /** The last file whose first block is not after `block`: empty files before it share that number. */
  #fileOfBlock(block: BlockIndex): number {
    invariant(Number.isInteger(block) && block >= 0 && block < this.blockCount, 'block out of range')
    let [low, high] = [0, this.fileCount - 1]
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (at(this.#fileBlocks, middle) <= block) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** True for a power of two of at least one block (BEP 52 `piece length`). */
export function isPieceSize(pieceBytes: number): boolean {
  return (
    Number.isSafeInteger(pieceBytes) &&
    pieceBytes >= BLOCK_BYTES &&
    Number.isInteger(Math.log2(pieceBytes)) &&
    2 ** Math.log2(pieceBytes) === pieceBytes
  )
}

function at(table: Float64Array, index: number): number {
  return defined(table[index], 'file')
}
