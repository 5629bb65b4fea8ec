import { Geometry } from '@ringdrop/shared/content/geometry.ts'
import { HashTree } from '@ringdrop/shared/content/merkle.ts'
import type { ShareInfo } from '@ringdrop/shared/content/metainfo.ts'
import type { FileRoot } from '@ringdrop/shared/kernel/ids.ts'
import type { StoredSpan } from '../adapters/stored-state.ts'
import { Breath } from './breath.ts'

/** The hash trees of a share as far as they were kept. Only spans whose proof holds get in. In slices: 20 GB take seconds. */
export async function treesFrom(
  info: ShareInfo,
  spans: readonly StoredSpan[],
): Promise<Map<FileRoot, HashTree>> {
  const trees = new Map<FileRoot, HashTree>()
  const geometry = new Geometry(
    info.pieceBytes,
    info.files.map((file) => file.sizeBytes),
  )
  info.files.forEach((file, index) => {
    if (file.root !== null) trees.set(file.root, new HashTree(file.root, geometry.fileBlocks(index).count))
  })
  const breath = new Breath()
  for (const { root, span, hashes, proof } of spans) {
    trees.get(root)?.addSpan(span, hashes, proof)
    await breath.pause()
  }
  return trees
}
