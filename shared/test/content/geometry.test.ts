import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Geometry, isPieceSize } from '../../src/content/geometry.ts'
import { InvariantError } from '../../src/kernel/invariant.ts'

const BLOCK = 16_384

interface NaiveBlock {
  piece: number
  begin: number
  file: number
  offset: number
  sizeBytes: number
  blockInFile: number
}

/** Walks through all files block by block. */
function naiveBlocks(pieceBytes: number, sizes: readonly number[]): NaiveBlock[] {
  const blocks: NaiveBlock[] = []
  let nextPiece = 0
  sizes.forEach((size, file) => {
    for (let offset = 0; offset < size; offset += BLOCK) {
      const begin = offset % pieceBytes
      if (begin === 0) nextPiece++
      const sizeBytes = Math.min(BLOCK, size - offset)
      blocks.push({ piece: nextPiece - 1, begin, file, offset, sizeBytes, blockInFile: offset / BLOCK })
    }
  })
  return blocks
}

const share = fc.record({
  pieceBytes: fc.constantFrom(BLOCK, 2 * BLOCK, 4 * BLOCK, 16 * BLOCK),
  sizes: fc.array(
    fc.oneof(
      fc.constant(0),
      fc.nat(40 * BLOCK),
      fc.tuple(fc.nat(40), fc.integer({ min: 0, max: 1 })).map(([n, more]) => n * BLOCK + more),
    ),
    { maxLength: 8 },
  ),
})

describe('Geometry', () => {
  it('agrees with a walk through all blocks', () => {
    fc.assert(
      fc.property(share, ({ pieceBytes, sizes }) => {
        const geometry = new Geometry(pieceBytes, sizes)
        const blocks = naiveBlocks(pieceBytes, sizes)
        expect(geometry.blockCount).toBe(blocks.length)
        expect(geometry.totalBytes).toBe(sizes.reduce((a, b) => a + b, 0))
        expect(geometry.blocksPerPiece).toBe(pieceBytes / BLOCK)
        expect(geometry.fileCount).toBe(sizes.length)
        expect(geometry.pieceCount).toBe((blocks.at(-1)?.piece ?? -1) + 1)
        blocks.forEach((expected, block) => {
          const { piece, begin, ...location } = expected
          expect(geometry.locate(block)).toEqual(location)
          expect(geometry.blockSize(block)).toBe(location.sizeBytes)
          expect(geometry.pieceOf(block)).toBe(piece)
          expect(geometry.blockAt(piece, begin)).toBe(block)
        })
      }),
    )
  })

  it('agrees with the walk piece by piece and file by file', () => {
    fc.assert(
      fc.property(share, ({ pieceBytes, sizes }) => {
        const geometry = new Geometry(pieceBytes, sizes)
        const blocks = naiveBlocks(pieceBytes, sizes)
        for (let piece = 0; piece < geometry.pieceCount; piece++) {
          const inside = blocks.filter((block) => block.piece === piece)
          expect(geometry.blocksIn(piece)).toBe(inside.length)
          expect(geometry.pieceSize(piece)).toBe(inside.reduce((sum, block) => sum + block.sizeBytes, 0))
          expect(geometry.firstBlock(piece)).toBe(blocks.findIndex((block) => block.piece === piece))
          expect(geometry.fileOfPiece(piece)).toBe(inside[0]?.file)
          expect(geometry.pieceOffsetInFile(piece)).toBe(inside[0]?.offset)
        }
        let [pieces, firstBlock] = [0, 0]
        sizes.forEach((size, file) => {
          const inside = blocks.filter((block) => block.file === file)
          const count = new Set(inside.map((block) => block.piece)).size
          expect(geometry.fileSize(file)).toBe(size)
          expect(geometry.filePieces(file)).toEqual({ first: pieces, count })
          expect(geometry.fileBlocks(file)).toEqual({ first: firstBlock, count: inside.length })
          pieces += count
          firstBlock += inside.length
        })
      }),
    )
  })

  it('finds no block where a peer names none', () => {
    const geometry = new Geometry(4 * BLOCK, [5 * BLOCK + 1, 0, 1])
    expect(geometry.blockAt(1, BLOCK)).toBe(5)
    for (const [piece, begin] of [
      [1, 2 * BLOCK],
      [0, 4 * BLOCK],
      [2, BLOCK],
      [3, 0],
      [-1, 0],
      [0, -BLOCK],
      [0, 1],
      [0.5, 0],
      [0, 0.5],
      [NaN, 0],
      [0, NaN],
      [0, 2 ** 60],
      [2 ** 32, 0],
    ] as const) {
      expect(geometry.blockAt(piece, begin)).toBeNull()
    }
  })

  it('handles 1 TiB', () => {
    const size = 2 ** 40
    const geometry = new Geometry(2 ** 24, [size])
    expect(geometry.pieceCount).toBe(65_536)
    expect(geometry.pieceOf(geometry.blockCount - 1)).toBe(65_535)
    expect(geometry.locate(geometry.blockCount - 1).offset).toBe(size - BLOCK)
  })

  it('knows piece sizes', () => {
    expect([BLOCK, 2 ** 18, 2 ** 30].every(isPieceSize)).toBe(true)
    const wrong = [
      0,
      1,
      BLOCK - 1,
      BLOCK + 1,
      BLOCK / 2,
      3 * BLOCK,
      2 ** 40 + 1,
      2 ** 53,
      -BLOCK,
      NaN,
      Infinity,
    ]
    expect(wrong.some(isPieceSize)).toBe(false)
  })

  it('takes its own misuse for a bug', () => {
    const geometry = new Geometry(BLOCK, [BLOCK])
    expect(() => new Geometry(BLOCK + 1, [])).toThrow(InvariantError)
    expect(() => new Geometry(BLOCK, [-1])).toThrow(InvariantError)
    expect(() => new Geometry(BLOCK, [2 ** 53 - 1, 1])).toThrow(InvariantError)
    for (const misuse of [
      () => geometry.locate(1),
      () => geometry.pieceSize(1),
      () => geometry.fileSize(1),
    ]) {
      expect(misuse).toThrow(InvariantError)
    }
  })
})
