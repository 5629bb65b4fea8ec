import type { Bytes } from '../../src/kernel/bytes.ts'
import { createRng } from '../../src/kernel/rng.ts'
import { HashTree } from '../../src/content/merkle.ts'
import { createInfo, DEFAULT_PIECE_BYTES, type ShareInfo } from '../../src/content/metainfo.ts'
import { sha256 } from '../../src/content/sha256.ts'

/** The bytes of one single-file share and what the store of a node holds of it. */
export interface TestShare {
  readonly info: ShareInfo
  readonly tree: HashTree
  readonly content: Bytes
}

/** A single-file share with content that depends on the seed. */
export function makeTestShare(sizeBytes: number, seed = 1, name = 'file.bin'): TestShare {
  const content = createRng(seed).bytes(sizeBytes)
  const leaves = new Uint8Array(Math.ceil(sizeBytes / 16_384) * 32)
  for (let at = 0; at < sizeBytes; at += 16_384)
    leaves.set(sha256(content.subarray(at, at + 16_384)), (at / 16_384) * 32)
  const tree = HashTree.fromLeaves(leaves)
  const info = createInfo({
    name,
    files: [{ path: [name], sizeBytes, root: tree.root }],
    pieceBytes: DEFAULT_PIECE_BYTES,
  })
  if (!info.ok) throw new Error(info.code)
  return { info: info.value, tree, content }
}
