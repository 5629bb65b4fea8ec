import { createHash } from 'node:crypto'

/** SHA-256 by Node. */
export function nodeSha256(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return Uint8Array.from(hash.digest())
}

/** Block hashes of a file as a list, straight from the definition in BEP 52. */
export function blockHashes(file: Uint8Array): Uint8Array<ArrayBuffer>[] {
  const hashes: Uint8Array<ArrayBuffer>[] = []
  for (let at = 0; at < file.length; at += 16_384) hashes.push(nodeSha256(file.subarray(at, at + 16_384)))
  return hashes
}

/** Root of the subtree over leaves `from` to `from + width`; leaves beyond the end are zero. Width: a power of two. */
export function naiveNode(
  leaves: readonly Uint8Array[],
  from: number,
  width: number,
): Uint8Array<ArrayBuffer> {
  if (width === 1) return Uint8Array.from(leaves[from] ?? new Uint8Array(32))
  return nodeSha256(naiveNode(leaves, from, width / 2), naiveNode(leaves, from + width / 2, width / 2))
}

/** The next power of two. */
export function padded(count: number): number {
  return count <= 1 ? 1 : 2 * padded(Math.ceil(count / 2))
}

export function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return naiveNode(leaves, 0, padded(leaves.length))
}

/** `count` different hashes. */
export function sampleLeaves(count: number): Uint8Array<ArrayBuffer>[] {
  return Array.from({ length: count }, (_, i) => nodeSha256(new TextEncoder().encode(`leaf ${i}`)))
}
