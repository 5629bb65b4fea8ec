/**
 * The hash trees of BEP 52. Leaf `i` is SHA-256 of a file's 16 KiB block `i` (the last block unpadded); the tail
 * is filled with leaves of 32 zero bytes to the next power of two; an inner node is SHA-256 of its two children.
 * Hashes of one layer are held flat: 32 bytes each, end to end. Level 0 is the leaves.
 */
import { type Bytes, concatBytes, equalBytes, fromHex, toHex } from '../kernel/bytes.ts'
import { type FileRoot, parseFileRoot } from '../kernel/ids.ts'
import { defined, invariant } from '../kernel/invariant.ts'
import { allSteps, type Steps } from '../kernel/steps.ts'
import { HASH_BYTES, sha256 } from './sha256.ts'

/** Leaves in one span: the unit in which leaf hashes are fetched (BEP 52 recommends at most 512 a message). */
export const SPAN_BLOCKS = 512
const SPAN_LEVEL = Math.log2(SPAN_BLOCKS)
/** Higher than any tree over a file whose size is a safe integer. */
const MAX_LEVEL = 64

const zeroHashes: Bytes[] = [new Uint8Array(HASH_BYTES)]

/** Root of a subtree `level` layers high that has only padding leaves. Do not change the returned bytes. */
export function zeroHashAt(level: number): Bytes {
  invariant(Number.isInteger(level) && level >= 0 && level <= MAX_LEVEL, 'tree level out of bounds')
  for (let next = zeroHashes.length; next <= level; next++) {
    const below = defined(zeroHashes[next - 1], 'zero hash')
    zeroHashes.push(hashPair(below, below))
  }
  return defined(zeroHashes[level], 'zero hash')
}

/**
 * The next layer up, half as long.
 * @param layer at least one hash, flat.
 * @param level of `layer`, which says what an odd last hash is paired with.
 */
export function layerAbove(layer: Uint8Array, level: number): Bytes {
  const count = hashCount(layer)
  const above = new Uint8Array(Math.ceil(count / 2) * HASH_BYTES)
  for (let i = 0; i < count; i += 2) {
    const pair = layer.subarray(i * HASH_BYTES, (i + 2) * HASH_BYTES)
    const parent = i + 1 < count ? sha256(pair) : hashPair(pair, zeroHashAt(level))
    above.set(parent, (i / 2) * HASH_BYTES)
  }
  return above
}

/** Root over a layer that starts at `level`: padded to a power of two, and only as high as that needs. */
export function rootAbove(layer: Uint8Array, level: number): Bytes {
  invariant(hashCount(layer) > 0, 'a tree has at least one hash')
  let current: Uint8Array = layer
  for (let at = level; current.length > HASH_BYTES; at++) current = layerAbove(current, at)
  return new Uint8Array(current)
}

/** `pieces root` of a file. @param leaves its block hashes, flat; at least one. */
export function merkleRoot(leaves: Uint8Array): Bytes {
  return rootAbove(leaves, 0)
}

/**
 * The `piece layers` entry of one file: one hash for each piece, the last padded to a whole piece.
 * BEP 52 has such an entry only for files larger than a piece.
 */
export function pieceLayer(leaves: Uint8Array, blocksPerPiece: number): Bytes {
  return raise(leaves, 0, Math.log2(blocksPerPiece))
}

/** How many spans the leaves of a file make. @param blockCount blocks of the file. */
export function spanCount(blockCount: number): number {
  return Math.ceil(blockCount / SPAN_BLOCKS)
}

/** How many real leaves a span has: 512, or fewer in the last one; 0 when there is no such span. */
export function spanLength(blockCount: number, span: number): number {
  return Math.max(0, Math.min(SPAN_BLOCKS, blockCount - span * SPAN_BLOCKS))
}

/** How many uncle hashes prove a span of a file; 0 for files of at most 512 blocks. */
export function spanProofLength(blockCount: number): number {
  let levels = 0
  for (let width = SPAN_BLOCKS; width < blockCount; width *= 2) levels++
  return levels
}

/**
 * The uncle hashes from a span's subtree root up to the file's root, bottom up, end to end.
 * Hashes the whole file's tree; {@link HashTree} answers for many spans at that cost.
 */
export function spanProof(leaves: Uint8Array, span: number): Bytes {
  invariant(isSpan(hashCount(leaves), span), 'span out of range')
  return proofFrom(layersAbove(raise(leaves, 0, SPAN_LEVEL)), span)
}

/**
 * Checks leaf hashes that a peer sent against the file's root.
 * @param hashes the span's real leaves, flat: exactly {@link spanLength} of them.
 * @param proof as {@link spanProof} makes it: exactly {@link spanProofLength} hashes.
 * @returns false for anything wrong; never throws.
 */
export function verifySpan(
  root: FileRoot,
  blockCount: number,
  span: number,
  hashes: Uint8Array,
  proof: Uint8Array,
): boolean {
  if (!isSpan(blockCount, span)) return false
  if (hashes.length !== spanLength(blockCount, span) * HASH_BYTES) return false
  if (proof.length !== spanProofLength(blockCount) * HASH_BYTES) return false
  let node = blockCount <= SPAN_BLOCKS ? merkleRoot(hashes) : raise(hashes, 0, SPAN_LEVEL)
  let index = span
  for (let at = 0; at < proof.length; at += HASH_BYTES) {
    const uncle = proof.subarray(at, at + HASH_BYTES)
    node = index % 2 === 0 ? hashPair(node, uncle) : hashPair(uncle, node)
    index = Math.floor(index / 2)
  }
  return equalBytes(node, fromHex(root))
}

/** The verified leaf hashes of a span, and the uncle hashes that prove them to anybody. */
export interface ProvenSpan {
  readonly hashes: Bytes
  readonly proof: Bytes
}

/**
 * The block hashes of one file that this peer has so far, span by span. Nothing unverified gets in. Each span
 * is kept with its proof, so that a peer that lacks other spans can serve it. Grows only with what is added.
 */
export class HashTree {
  readonly #spans = new Map<number, ProvenSpan>()

  /** @param blockCount blocks of the file, at least one. */
  constructor(
    readonly root: FileRoot,
    readonly blockCount: number,
  ) {
    invariant(Number.isSafeInteger(blockCount) && blockCount > 0, 'a hash tree has at least one block')
  }

  /** A complete tree. Copies its input. @param leaves block hashes of the whole file, flat; at least one. */
  static fromLeaves(leaves: Uint8Array): HashTree {
    return allSteps(HashTree.growing(leaves))
  }

  /** As {@link fromLeaves}, in steps of one span (8 MiB of the file), for whoever has other work in between. */
  static *growing(leaves: Uint8Array): Steps<HashTree> {
    const count = hashCount(leaves)
    // A single span is proven by the root alone; most files are that small.
    const layers = count <= SPAN_BLOCKS ? [] : layersAbove(yield* spanRoots(leaves))
    const root = count <= SPAN_BLOCKS ? merkleRoot(leaves) : defined(layers.at(-1), 'top layer')
    const tree = new HashTree(fileRootOf(root), count)
    for (let span = 0; span < spanCount(count); span++) {
      const first = span * SPAN_BLOCKS * HASH_BYTES
      const hashes = new Uint8Array(leaves.subarray(first, first + spanLength(count, span) * HASH_BYTES))
      tree.#spans.set(span, { hashes, proof: proofFrom(layers, span) })
    }
    return tree
  }

  /** True when every leaf is known. */
  get isComplete(): boolean {
    return this.#spans.size === spanCount(this.blockCount)
  }

  hasSpan(span: number): boolean {
    return this.#spans.has(span)
  }

  /** Takes a peer's span after {@link verifySpan}. Copies its input. @returns false when it is not proven. */
  addSpan(span: number, hashes: Uint8Array, proof: Uint8Array): boolean {
    if (!verifySpan(this.root, this.blockCount, span, hashes, proof)) return false
    if (!this.#spans.has(span)) {
      this.#spans.set(span, { hashes: new Uint8Array(hashes), proof: new Uint8Array(proof) })
    }
    return true
  }

  /** The hash of a block of this file, or `null` when its span is not known. A view; do not change it. */
  leaf(block: number): Bytes | null {
    const span = Math.floor(block / SPAN_BLOCKS)
    const at = (block - span * SPAN_BLOCKS) * HASH_BYTES
    const hashes = this.#spans.get(span)?.hashes
    return hashes !== undefined && at < hashes.length ? hashes.subarray(at, at + HASH_BYTES) : null
  }

  /** All leaves, flat; `null` unless complete. A copy. */
  leaves(): Bytes | null {
    if (!this.isComplete) return null
    const parts: Bytes[] = []
    for (let span = 0; span < this.#spans.size; span++) {
      parts.push(defined(this.#spans.get(span), 'span').hashes)
    }
    return concatBytes(parts)
  }

  /** The proof of a span; `null` unless complete. */
  proof(span: number): Bytes | null {
    return this.isComplete ? (this.#spans.get(span)?.proof ?? null) : null
  }

  /** What to send a peer that asks for this span; `null` when it is not known. Views; do not change them. */
  servable(span: number): ProvenSpan | null {
    return this.#spans.get(span) ?? null
  }
}

/** The identity of a file from its root hash. @param root 32 bytes. */
export function fileRootOf(root: Uint8Array): FileRoot {
  return defined(parseFileRoot(toHex(root)), 'root hash')
}

/** The layer of span roots, one a step. */
function* spanRoots(leaves: Uint8Array): Generator<void, Bytes, void> {
  const roots: Bytes[] = []
  for (let at = 0; at < leaves.length; at += SPAN_BLOCKS * HASH_BYTES) {
    roots.push(raise(leaves.subarray(at, at + SPAN_BLOCKS * HASH_BYTES), 0, SPAN_LEVEL))
    yield
  }
  return concatBytes(roots)
}

/** Layers from the span roots (first) up to the file's root (last). */
function layersAbove(spanRoots: Bytes): Bytes[] {
  invariant(hashCount(spanRoots) > 0, 'a tree has at least one hash')
  let layer = spanRoots
  const layers = [layer]
  for (let level = SPAN_LEVEL; layer.length > HASH_BYTES; level++) {
    layer = layerAbove(layer, level)
    layers.push(layer)
  }
  return layers
}

function proofFrom(layers: readonly Bytes[], span: number): Bytes {
  const uncles: Bytes[] = []
  let index = span
  layers.slice(0, -1).forEach((layer, height) => {
    const sibling = index % 2 === 0 ? index + 1 : index - 1
    const hash = layer.subarray(sibling * HASH_BYTES, (sibling + 1) * HASH_BYTES)
    uncles.push(hash.length === HASH_BYTES ? hash : zeroHashAt(SPAN_LEVEL + height))
    index = Math.floor(index / 2)
  })
  return concatBytes(uncles)
}

/** The layer `levels` above `layer`, which is at `level`. */
function raise(layer: Uint8Array, level: number, levels: number): Bytes {
  invariant(Number.isInteger(levels) && levels >= 0, 'layers are a power of two wide')
  let current: Uint8Array = layer
  for (let at = level; at < level + levels; at++) current = layerAbove(current, at)
  return new Uint8Array(current)
}

function isSpan(blockCount: number, span: number): boolean {
  return (
    Number.isSafeInteger(blockCount) && Number.isInteger(span) && span >= 0 && span < spanCount(blockCount)
  )
}

function hashCount(layer: Uint8Array): number {
  invariant(layer.length % HASH_BYTES === 0, 'a layer is whole hashes')
  return layer.length / HASH_BYTES
}

function hashPair(left: Uint8Array, right: Uint8Array): Bytes {
  const pair = new Uint8Array(2 * HASH_BYTES)
  pair.set(left)
  pair.set(right, HASH_BYTES)
  return sha256(pair)
}
