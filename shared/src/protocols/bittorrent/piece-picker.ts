import type { BlockIndex, PieceIndex } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import type { Rng } from '../../kernel/rng.ts'
import type { Bitfield } from '../../content/bitfield.ts'
import type { Geometry } from '../../content/geometry.ts'
import { Availability } from './availability.ts'
import { RANDOM_PIECES } from './constants.ts'

/** What we know and do about one block. */
export const BLOCK = { free: 0, requested: 1, verifying: 2, have: 3 } as const
type BlockState = (typeof BLOCK)[keyof typeof BLOCK]

export interface PickRequest {
  /** Blocks that the peer holds. */
  readonly theirs: Bitfield
  readonly count: number
  /** True for blocks whose hash we know; others can't be verified yet and are not asked for. */
  readonly isVerifiable: (block: BlockIndex) => boolean
}

/**
 * Decides which blocks to ask of a peer: started pieces first, then the rarest piece the peer has, the
 * first few pieces at random. A data structure: it knows blocks and counts, no peers and no time.
 */
export class PiecePicker {
  readonly availability: Availability
  readonly #blocks: Uint8Array
  readonly #freeInPiece: Uint32Array
  readonly #haveInPiece: Uint32Array
  readonly #wanted: Uint8Array
  /** Pieces of which something was asked for or is there, and something is still free. */
  readonly #started = new Set<PieceIndex>()
  #freeWanted = 0
  #missingWanted = 0
  #wholePieces = 0

  constructor(
    readonly geometry: Geometry,
    readonly rng: Rng,
  ) {
    this.availability = new Availability(geometry.pieceCount, rng.child('availability'))
    this.#blocks = new Uint8Array(geometry.blockCount)
    this.#freeInPiece = new Uint32Array(geometry.pieceCount)
    this.#haveInPiece = new Uint32Array(geometry.pieceCount)
    this.#wanted = new Uint8Array(geometry.pieceCount).fill(1)
    for (let piece = 0; piece < geometry.pieceCount; piece++)
      this.#freeInPiece[piece] = geometry.blocksIn(piece)
    this.#recount()
  }

  /** Wanted blocks that nobody has been asked for. */
  get freeCount(): number {
    return this.#freeWanted
  }

  /** Wanted blocks that are not verified and stored yet. */
  get missingCount(): number {
    return this.#missingWanted
  }

  state(block: BlockIndex): BlockState {
    return (this.#blocks[block] ?? BLOCK.free) as BlockState
  }

  isWantedPiece(piece: PieceIndex): boolean {
    return this.#wanted[piece] === 1
  }

  /** True when the block is wanted and not there yet. */
  isMissing(block: BlockIndex): boolean {
    return this.state(block) !== BLOCK.have && this.isWantedPiece(this.geometry.pieceOf(block))
  }

  /** Blocks of a piece that are here. */
  haveInPiece(piece: PieceIndex): number {
    return this.#haveInPiece[piece] ?? 0
  }

  /** Bytes of a piece that are here. */
  verifiedInPiece(piece: PieceIndex): number {
    const held = this.haveInPiece(piece)
    const length = this.geometry.blocksIn(piece)
    if (held === 0) return 0
    if (held === length) return this.geometry.pieceSize(piece)
    const last = this.geometry.firstBlock(piece) + length - 1
    const fullBlocks = this.state(last) === BLOCK.have ? held - 1 : held
    const lastBytes = this.state(last) === BLOCK.have ? this.geometry.blockSize(last) : 0
    return fullBlocks * LIMITS.blockBytes + lastBytes
  }

  hasWholePiece(piece: PieceIndex): boolean {
    return this.#haveInPiece[piece] === this.geometry.blocksIn(piece)
  }

  /** Chooses which files matter: pieces of the others are not picked. */
  select(isWantedFile: (file: number) => boolean): void {
    for (let piece = 0; piece < this.geometry.pieceCount; piece++) {
      this.#wanted[piece] = isWantedFile(this.geometry.fileOfPiece(piece)) ? 1 : 0
    }
    this.#recount()
  }

  /** Moves a block to a new state and keeps all counts. */
  setState(block: BlockIndex, next: BlockState): void {
    const before = this.state(block)
    if (before === next) return
    const piece = this.geometry.pieceOf(block)
    this.#blocks[block] = next
    const wanted = this.isWantedPiece(piece)
    if (before === BLOCK.free) this.#addFree(piece, -1, wanted)
    if (next === BLOCK.free) this.#addFree(piece, 1, wanted)
    if (next === BLOCK.have) this.#addHave(piece, 1, wanted)
    if (before === BLOCK.have) this.#addHave(piece, -1, wanted)
    if (this.#freeInPiece[piece] === 0 || this.#isUntouched(piece)) this.#started.delete(piece)
    else this.#started.add(piece)
  }

  /** Up to `count` free blocks that the peer has; the caller marks them as requested. */
  pick(request: PickRequest): BlockIndex[] {
    const picked: BlockIndex[] = []
    if (this.#freeWanted === 0) return picked
    for (const piece of this.#started) {
      if (picked.length >= request.count) return picked
      this.#takeFrom(piece, request, picked)
    }
    const pieceCount = this.geometry.pieceCount
    const random = this.#wholePieces < RANDOM_PIECES
    const start = random ? this.rng.below(pieceCount) : 0
    for (let step = 0; step < pieceCount && picked.length < request.count; step++) {
      const piece = random ? (start + step) % pieceCount : this.availability.at(step)
      if (this.#isUntouched(piece)) this.#takeFrom(piece, request, picked)
    }
    return picked
  }

  /** Wanted blocks that are being fetched from somebody and that this peer has too, for the endgame. */
  *busy(theirs: Bitfield): IterableIterator<BlockIndex> {
    for (let piece = 0; piece < this.geometry.pieceCount; piece++) {
      if (!this.isWantedPiece(piece) || this.hasWholePiece(piece)) continue
      const first = this.geometry.firstBlock(piece)
      for (let block = first; block < first + this.geometry.blocksIn(piece); block++) {
        if (this.#blocks[block] === BLOCK.requested && theirs.get(block)) yield block
      }
    }
  }

  #takeFrom(piece: PieceIndex, request: PickRequest, picked: BlockIndex[]): void {
    if (!this.isWantedPiece(piece) || this.#freeInPiece[piece] === 0) return
    const first = this.geometry.firstBlock(piece)
    const length = this.geometry.blocksIn(piece)
    // Each node walks a piece from another point, so two that take the same piece at once hold different parts.
    const offset = this.#isUntouched(piece) ? this.rng.below(length) : 0
    for (let i = 0; i < length && picked.length < request.count; i++) {
      const block = first + ((i + offset) % length)
      if (this.#blocks[block] !== BLOCK.free || !request.theirs.get(block)) continue
      if (request.isVerifiable(block)) picked.push(block)
    }
  }

  #isUntouched(piece: PieceIndex): boolean {
    return this.#freeInPiece[piece] === this.geometry.blocksIn(piece)
  }

  #addFree(piece: PieceIndex, change: number, wanted: boolean): void {
    this.#freeInPiece[piece] = (this.#freeInPiece[piece] ?? 0) + change
    if (wanted) this.#freeWanted += change
  }

  #addHave(piece: PieceIndex, change: number, wanted: boolean): void {
    const whole = this.hasWholePiece(piece)
    this.#haveInPiece[piece] = (this.#haveInPiece[piece] ?? 0) + change
    if (wanted) this.#missingWanted -= change
    if (this.hasWholePiece(piece) !== whole) this.#wholePieces += change
  }

  #recount(): void {
    this.#freeWanted = 0
    this.#missingWanted = 0
    for (let piece = 0; piece < this.geometry.pieceCount; piece++) {
      if (!this.isWantedPiece(piece)) continue
      this.#freeWanted += this.#freeInPiece[piece] ?? 0
      this.#missingWanted += this.geometry.blocksIn(piece) - (this.#haveInPiece[piece] ?? 0)
    }
  }
}
