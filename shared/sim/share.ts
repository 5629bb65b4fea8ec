import type { Bytes } from '../src/kernel/bytes.ts'
import { type FileRoot, parseInfoHash, parsePeerId, type PeerId } from '../src/kernel/ids.ts'
import { defined } from '../src/kernel/invariant.ts'
import { LIMITS } from '../src/kernel/limits.ts'
import type { Rng } from '../src/kernel/rng.ts'
import { Geometry } from '../src/content/geometry.ts'
import { HashTree } from '../src/content/merkle.ts'
import { createInfo, type ShareInfo } from '../src/content/metainfo.ts'

/** What a simulated swarm shares: real metadata and a real hash tree over leaves drawn by lot; no content. */
export interface SimShare {
  readonly info: ShareInfo
  readonly geometry: Geometry
  readonly leaves: ReadonlyMap<FileRoot, Bytes>
}

/** Stands for the right bytes of every block of its size: passed by reference, never looked into. */
const goodBlocks = new Map<number, Bytes>()
const badBlocks = new Map<number, Bytes>()

function blockOf(cache: Map<number, Bytes>, size: number): Bytes {
  const existing = cache.get(size)
  if (existing !== undefined) return existing
  const bytes = new Uint8Array(size)
  cache.set(size, bytes)
  return bytes
}

/** The right content of any block of this size. */
export const goodBlock = (size: number): Bytes => blockOf(goodBlocks, size)

/** Wrong content, which fails its hash. */
export const badBlock = (size: number): Bytes => blockOf(badBlocks, size)

/** Files of these sizes with random leaf hashes. */
export function createSimShare(rng: Rng, fileSizes: readonly number[], pieceBytes: number): SimShare {
  const leaves = new Map<FileRoot, Bytes>()
  const files = fileSizes.map((sizeBytes, index) => {
    const hashes = rng.bytes(Math.ceil(sizeBytes / LIMITS.blockBytes) * 32)
    const { root } = HashTree.fromLeaves(hashes)
    leaves.set(root, hashes)
    return { path: [`file-${String(index).padStart(4, '0')}`], sizeBytes, root }
  })
  const created = createInfo({ name: 'swarm', files, pieceBytes })
  const info = defined(created.ok ? created.value : null, 'share info')
  const sizes = info.files.map((file) => file.sizeBytes)
  return { info, geometry: new Geometry(info.pieceBytes, sizes), leaves }
}

/** A full set of hash trees: what a source has. Each node needs its own, since trees grow. */
export function fullTrees(share: SimShare): Map<FileRoot, HashTree> {
  return new Map([...share.leaves].map(([root, leaves]) => [root, HashTree.fromLeaves(leaves)]))
}

/** Ids for numbered peers, spread like real ones. */
export function simPeerId(rng: Rng): PeerId {
  let hex = ''
  for (let i = 0; i < 8; i++) hex += rng.uint32().toString(16).padStart(8, '0')
  return defined(parsePeerId(hex), 'peer id')
}

/** An infohash that no share has. */
export const NO_INFO_HASH = defined(parseInfoHash('0'.repeat(64)), 'infohash')
