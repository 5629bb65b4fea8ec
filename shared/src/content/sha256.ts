import { sha256 as digest } from '@noble/hashes/sha2.js'
import type { Bytes } from '../kernel/bytes.ts'

/** Size of one SHA-256 digest. */
export const HASH_BYTES = 32

/**
 * SHA-256 (FIPS 180-4), synchronous, for metainfo and Merkle nodes. About 140 MB/s here; bulk file hashing
 * goes through the host's hasher instead.
 */
export function sha256(bytes: Uint8Array): Bytes {
  return digest(bytes)
}
