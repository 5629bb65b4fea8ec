import type { BlockIndex } from '../../kernel/ids.ts'

/** Neighbouring blocks, as `have` announces them. */
export interface BlockRun {
  readonly first: BlockIndex
  readonly count: number
}

/** Ascending blocks as runs of neighbours. */
export function* runsOf(blocks: Iterable<BlockIndex>): IterableIterator<BlockRun> {
  let first = -1
  let next = -1
  for (const block of blocks) {
    if (block !== next) {
      if (first >= 0) yield { first, count: next - first }
      first = block
    }
    next = block + 1
  }
  if (first >= 0) yield { first, count: next - first }
}
