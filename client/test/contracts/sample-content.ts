import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import type { Rng } from '@ringdrop/shared/kernel/rng.ts'
import { sha256 } from '@ringdrop/shared/content/sha256.ts'

/** Files of random bytes, their blocks in the order of a share, and the hashes of those, 32 bytes each. */
export function sampleContent(rng: Rng, sizes: readonly number[]) {
  const files = sizes.map((size) => rng.bytes(size))
  const blocks: Bytes[] = []
  for (const file of files)
    for (let at = 0; at < file.length; at += LIMITS.blockBytes)
      blocks.push(file.slice(at, at + LIMITS.blockBytes))
  const hashes = new Uint8Array(blocks.length * 32)
  blocks.forEach((block, index) => hashes.set(sha256(block), index * 32))
  return { sizes, files, blocks, hashes }
}
