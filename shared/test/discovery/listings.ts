import { defined } from '../../src/kernel/invariant.ts'
import {
  parseFileRoot,
  parseInfoHash,
  parsePeerId,
  type InfoHash,
  type PeerId,
} from '../../src/kernel/ids.ts'
import type { Listing } from '../../src/discovery/listing.ts'

const hex = (number: number): string => number.toString(16).padStart(64, '0')

/** Ids that are easy to tell apart in tests. */
export const peerOf = (number: number): PeerId => defined(parsePeerId(hex(number)), 'peer')
export const infoHashOf = (number: number): InfoHash => defined(parseInfoHash(hex(number)), 'infohash')

/** A file of a share; equal numbers make equal bytes. */
export function listingOf(name: string, file = 1, share = file, sizeBytes = 1_000 * file): Listing {
  return { name, root: defined(parseFileRoot(hex(file)), 'root'), infoHash: infoHashOf(share), sizeBytes }
}
