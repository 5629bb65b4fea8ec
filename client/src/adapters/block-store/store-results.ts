import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import { BLOCK_HEADER_BYTES } from '@ringdrop/shared/protocols/bittorrent/codec.ts'
import type { StoreResult } from '@ringdrop/shared/node/node-io.ts'
import type { StoreAnswer } from './protocol.ts'

/** Answers about the blocks of a share. */
type BlocksAnswer = Extract<StoreAnswer, { infoHash: InfoHash }>

/** What an answer tells the node, block by block. */
export function resultsOf(answer: BlocksAnswer): readonly StoreResult[] {
  switch (answer.type) {
    case 'results':
      return answer.results
    case 'stored':
      return Array.from({ length: answer.count }, (_, index) => ({
        type: 'blockStored',
        block: answer.first + index,
      }))
    case 'read':
      return resultsOfRead(answer)
  }
}

function resultsOfRead(answer: Extract<StoreAnswer, { type: 'read' }>): StoreResult[] {
  const { to, first, count, buffer } = answer
  return Array.from({ length: count }, (_, index) => {
    const at = BLOCK_HEADER_BYTES + index * LIMITS.blockBytes
    // Only the last block of a file is shorter.
    const bytes = new Uint8Array(buffer, at, Math.min(LIMITS.blockBytes, buffer.byteLength - at))
    return { type: 'blockRead', to, block: first + index, bytes }
  })
}
