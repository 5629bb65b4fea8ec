import fc from 'fast-check'
import { defined } from '../../src/kernel/invariant.ts'
import {
  parseFileRoot,
  parseInfoHash,
  parseNonce,
  parsePeerId,
  type FileRoot,
  type InfoHash,
  type Nonce,
  type PeerId,
} from '../../src/kernel/ids.ts'
import { LIMITS } from '../../src/kernel/limits.ts'
import type { Hit, Listing } from '../../src/discovery/listing.ts'
import type { Criteria, SearchStep } from '../../src/discovery/overlay.ts'
import { STEPS_PER_REPORT, type WorkReport } from '../../src/discovery/search-format.ts'
import { queryWords } from '../../src/discovery/words.ts'

const id = <T>(bytes: number, parse: (text: unknown) => T | null): fc.Arbitrary<T> =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((raw) => defined(parse(Buffer.from(raw).toString('hex')), 'id'))

export const peerIds: fc.Arbitrary<PeerId> = id(32, parsePeerId)
export const infoHashes: fc.Arbitrary<InfoHash> = id(32, parseInfoHash)
export const fileRoots: fc.Arbitrary<FileRoot> = id(32, parseFileRoot)
export const nonces: fc.Arbitrary<Nonce> = id(16, parseNonce)
export const uint8s = fc.nat(255)
export const uint16s = fc.nat(65_535)
export const uint32s = fc.nat(4_294_967_295)

export const criterias: fc.Arbitrary<Criteria> = fc.oneof(
  infoHashes.map((infoHash) => ({ by: 'infoHash' as const, infoHash })),
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .map(queryWords)
    .filter((words) => words.length > 0)
    .map((words) => ({ by: 'words' as const, words })),
)

export const listings: fc.Arbitrary<Listing> = fc.record({
  root: fileRoots,
  infoHash: infoHashes,
  name: fc.string({ unit: 'grapheme', maxLength: 40 }),
  sizeBytes: fc.nat(Number.MAX_SAFE_INTEGER).map((size) => size % 2 ** 48),
})

export const hits: fc.Arbitrary<Hit> = fc.record({
  listing: listings,
  providers: fc.array(peerIds, { maxLength: LIMITS.providersPerHit }),
})

const steps: fc.Arbitrary<SearchStep> = fc.record({
  from: peerIds,
  to: peerIds,
  hops: uint8s,
  kind: fc.constantFrom('query' as const, 'duplicate' as const, 'hit' as const, 'ack' as const),
})

export const workReports: fc.Arbitrary<WorkReport> = fc.record({
  guid: nonces,
  messages: uint32s,
  bytes: uint32s,
  steps: fc.array(steps, { maxLength: STEPS_PER_REPORT, size: 'small' }),
})
