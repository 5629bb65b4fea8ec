import type { BlockIndex, PieceIndex } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import type { Rng } from '../../kernel/rng.ts'
import type { Geometry } from '../../content/geometry.ts'
import { Availability } from './availability.ts'
import type { BlockSet } from './block-set.ts'
import { PLAY_WINDOW_PIECES, RANDOM_BLOCKS, URGENT_PIECES } from './constants.ts'

/** What we know and do about one block. */
export const BLOCK = { free: 0, requested: 1, verifying: 2, have: 3 } as const
export type BlockState = (typeof BLOCK)[keyof typeof BLOCK]

/** How soon the pieces of a file are asked for; those of `skip` never are. */
export const PRIORITY = { skip: 0, low: 1, normal: 2, high: 3 } as const
export type Priority = keyof typeof PRIORITY

/** Up to so many candidates are ranked one by one; our choice, by profile. */
const FEW_CANDIDATES = 64
/** Who asks for so many at a time gets over 2 MiB/s (see the pipeline's length); our choice. */
const MANY_BLOCKS = 32
/** Between two classes when candidates are ranked: more than copies of a piece can be (peers x blocks). */
const CLASS_STEP = 1e9

interface Take {
  readonly candidates: BlockSet
  readonly count: number
  readonly isAskable: (block: BlockIndex) => boolean
  readonly picked: BlockIndex[]
}

/**
 * Decides which blocks to ask of a peer: those of the rarest piece that it has, the very first ones at random.
 * Rarity goes before finishing what was begun: blocks are verified and relayed singly, and what a peer can give
 * is worth most when few have it. A data structure: it knows blocks and counts, no peers and no time.
 */
export class PiecePicker {
  readonly availability: Availability
  readonly #blocks: Uint8Array
  readonly #freeInPiece: Uint32Array
  readonly #haveInPiece: Uint32Array
  /** Of each piece, as in {@link PRIORITY}. */
  readonly #priority: Uint8Array
  /** The priorities that occur, highest first. */
  #levels: readonly number[] = []
  /** Pieces that somebody is watching at this moment, asked for in order; `null` when nothing is played. */
  #window: { readonly first: PieceIndex; readonly end: PieceIndex } | null = null
  #freeWanted = 0
  #missingWanted = 0
  #haveCount = 0
  #haveBytes = 0

  constructor(
    readonly geometry: Geometry,
    readonly rng: Rng,
  ) {
    this.availability = new Availability(geometry.pieceCount, rng.child('availability'))
    this.#blocks = new Uint8Array(geometry.blockCount)
    this.#freeInPiece = new Uint32Array(geometry.pieceCount)
    this.#haveInPiece = new Uint32Array(geometry.pieceCount)
    this.#priority = new Uint8Array(geometry.pieceCount).fill(PRIORITY.normal)
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

  /** Bytes that are here, wanted or not. */
  get haveBytes(): number {
    return this.#haveBytes
  }

  state(block: BlockIndex): BlockState {
    return (this.#blocks[block] ?? BLOCK.free) as BlockState
  }

  isWantedPiece(piece: PieceIndex): boolean {
    return (this.#priority[piece] ?? 0) > PRIORITY.skip
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

  /** Chooses which files matter, and how much. */
  prioritize(priorityOf: (file: number) => Priority): void {
    for (let piece = 0; piece < this.geometry.pieceCount; piece++) {
      this.#priority[piece] = PRIORITY[priorityOf(this.geometry.fileOfPiece(piece))]
    }
    this.#recount()
  }

  /** From here on, pieces of a file are needed in order, one after the other. `null`: nobody watches any more. */
  play(at: { readonly file: number; readonly offset: number } | null): void {
    this.#window = null
    if (at === null || at.file >= this.geometry.fileCount) return
    const pieces = this.geometry.filePieces(at.file)
    const end = pieces.first + pieces.count
    const first = Math.min(end, pieces.first + Math.floor(at.offset / this.geometry.pieceBytes))
    this.#window = { first, end: Math.min(end, first + PLAY_WINDOW_PIECES) }
  }

  /** Whether what is watched next has wanted blocks that nobody has been asked for. */
  get isStarving(): boolean {
    if (this.#window === null) return false
    const { first, end } = this.#window
    for (let piece = first; piece < Math.min(end, first + URGENT_PIECES); piece++)
      if (this.isWantedPiece(piece) && (this.#freeInPiece[piece] ?? 0) > 0) return true
    return false
  }

  isWatched(block: BlockIndex): boolean {
    return this.#isWatchedPiece(this.geometry.pieceOf(block))
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
    if (next === BLOCK.have) this.#addHave(block, piece, 1, wanted)
    if (before === BLOCK.have) this.#addHave(block, piece, -1, wanted)
  }

  /**
   * Up to `count` blocks to ask for; the caller marks them as requested.
   * @param candidates free wanted blocks that the peer has.
   * @param isAskable false for blocks that cannot be verified yet, or are still to be answered for.
   */
  pick(candidates: BlockSet, count: number, isAskable: (block: BlockIndex) => boolean): BlockIndex[] {
    const picked: BlockIndex[] = []
    if (candidates.count === 0) return picked
    // Of much, whole frames: a rest would cut those that follow.
    const whole = count >= MANY_BLOCKS ? count - (count % LIMITS.blocksPerFrame) : count
    const take = { candidates, count: whole, isAskable, picked }
    if (candidates.count <= FEW_CANDIDATES) return this.#pickFromFew(take)
    this.#takeWindow(take)
    for (const level of this.#levels) this.#takeLevel(level, take)
    return picked
  }

  /** What is being watched, in order: lateness is worse than rarity. */
  #takeWindow(take: Take): void {
    if (this.#window === null) return
    const { first, end } = this.#window
    for (let piece = first; piece < end && take.picked.length < take.count; piece++)
      this.#takeFrom(piece, take, 'inOrder')
  }

  #takeLevel(level: number, take: Take): void {
    const { count, picked } = take
    const pieceCount = this.geometry.pieceCount
    const random = this.#haveCount < RANDOM_BLOCKS
    const start = random ? this.rng.below(pieceCount) : 0
    for (let step = 0; step < pieceCount && picked.length < count; step++) {
      const piece = random ? (start + step) % pieceCount : this.availability.at(step)
      if (this.#priority[piece] === level && !this.#isWatchedPiece(piece))
        this.#takeFrom(piece, take, 'anywhere')
    }
  }

  #isWatchedPiece(piece: PieceIndex): boolean {
    return this.#window !== null && piece >= this.#window.first && piece < this.#window.end
  }

  /** A relay has few blocks that we lack: sorting them costs less than a walk over the pieces. */
  #pickFromFew({ candidates, count, isAskable }: Take): BlockIndex[] {
    const ranked: { block: BlockIndex; rank: number }[] = []
    for (
      let at = candidates.next(0, candidates.length);
      at >= 0;
      at = candidates.next(at + 1, candidates.length)
    ) {
      if (!isAskable(at)) continue
      ranked.push({ block: at, rank: this.#rankOf(at) })
    }
    ranked.sort((a, b) => a.rank - b.rank)
    return ranked.slice(0, count).map(({ block }) => block)
  }

  /** Lower comes first: what is watched, in order; then one priority after the other, rare pieces before common ones. */
  #rankOf(block: BlockIndex): number {
    const piece = this.geometry.pieceOf(block)
    if (this.#isWatchedPiece(piece)) return block - this.geometry.blockCount
    const { high } = PRIORITY
    const level = (high - (this.#priority[piece] ?? high)) * CLASS_STEP
    // Among equals, pieces that are begun come first, then the lot decides.
    const tie = (this.#isUntouched(piece) ? 1 : 0) + this.rng.float()
    return level + this.availability.count(piece) + tie / 2
  }

  #takeFrom(
    piece: PieceIndex,
    { candidates, count, isAskable, picked }: Take,
    order: 'inOrder' | 'anywhere',
  ): void {
    const first = this.geometry.firstBlock(piece)
    const end = first + this.geometry.blocksIn(piece)
    if (candidates.next(first, end) < 0) return
    const from = order === 'anywhere' && this.#isUntouched(piece) ? this.#startIn(first, end, count) : first
    for (
      let at = candidates.next(from, end);
      at >= 0 && picked.length < count;
      at = candidates.next(at + 1, end)
    ) {
      if (isAskable(at)) picked.push(at)
    }
    for (
      let at = candidates.next(first, from);
      at >= 0 && picked.length < count;
      at = candidates.next(at + 1, from)
    ) {
      if (isAskable(at)) picked.push(at)
    }
  }

  /**
   * Each node walks a piece from another point, so two that take the same piece at once hold different parts. Who takes
   * much at a time starts where a frame does: there speed is worth more.
   */
  #startIn(first: BlockIndex, end: BlockIndex, count: number): BlockIndex {
    const step = count >= MANY_BLOCKS ? LIMITS.blocksPerFrame : 1
    return first + step * this.rng.below(Math.ceil((end - first) / step))
  }

  #isUntouched(piece: PieceIndex): boolean {
    return this.#freeInPiece[piece] === this.geometry.blocksIn(piece)
  }

  #addFree(piece: PieceIndex, change: number, wanted: boolean): void {
    this.#freeInPiece[piece] = (this.#freeInPiece[piece] ?? 0) + change
    if (wanted) this.#freeWanted += change
  }

  #addHave(block: BlockIndex, piece: PieceIndex, change: 1 | -1, wanted: boolean): void {
    this.#haveInPiece[piece] = (this.#haveInPiece[piece] ?? 0) + change
    if (wanted) this.#missingWanted -= change
    this.#haveCount += change
    this.#haveBytes += change * this.geometry.blockSize(block)
  }

  #recount(): void {
    this.#freeWanted = 0
    this.#missingWanted = 0
    this.#levels = [...new Set(this.#priority)].filter((level) => level > 0).sort((a, b) => b - a)
    for (let piece = 0; piece < this.geometry.pieceCount; piece++) {
      if (!this.isWantedPiece(piece)) continue
      this.#freeWanted += this.#freeInPiece[piece] ?? 0
      this.#missingWanted += this.geometry.blocksIn(piece) - (this.#haveInPiece[piece] ?? 0)
    }
  }
}
