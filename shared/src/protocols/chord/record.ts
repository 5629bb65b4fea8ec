import { fromHex, toHex, utf8Encode } from '../../kernel/bytes.ts'
import type { InfoHash, PeerId } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { sha256 } from '../../content/sha256.ts'
import { listingFormat, type Listing } from '../../discovery/listing.ts'
import { wordsOf } from '../../discovery/words.ts'
import * as binary from '../../wire/binary.ts'
import { CHORD } from './constants.ts'
import { POSITION_DIGITS, providerKey, wordKey, type Position } from './position.ts'

/** One statement of a provider, kept by the owner of its key: "I have this share" or "this file of mine has that word". */
export interface RingRecord {
  readonly key: Position
  /** `withdrawn` takes back the statement of the same key, provider, share and file. */
  readonly kind: 'provider' | 'word' | 'withdrawn'
  readonly infoHash: InfoHash
  /** The file, for words; `null` otherwise. A withdrawn word keeps its file, so that it is known which is meant. */
  readonly listing: Listing | null
  readonly provider: PeerId
  /** Uncompressed P-256 point, 65 bytes in hex; the provider's id is its SHA-256. */
  readonly publicKey: string
  /** Of several versions the highest counts; milliseconds of the provider's clock. */
  readonly sequence: number
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number
  /** ECDSA over {@link signedText}, 64 bytes in hex. */
  readonly signature: string
}

const KEY_BYTES = 65
const SIGNATURE_BYTES = 64
const TAG_BYTES = 8

export const recordFormat: binary.Format<RingRecord> = binary.struct<RingRecord>({
  key: binary.hex(POSITION_DIGITS / 2),
  kind: binary.oneOf(['provider', 'word', 'withdrawn']),
  infoHash: binary.infoHash,
  listing: binary.nullable(listingFormat),
  provider: binary.peerId,
  publicKey: binary.hex(KEY_BYTES),
  sequence: binary.uint48,
  expiresAt: binary.uint48,
  signature: binary.hex(SIGNATURE_BYTES),
})

/** The text that the provider signs: all fields but the signature, none of which can run into the next. */
export function signedText(record: Omit<RingRecord, 'signature'>): string {
  const { key, kind, infoHash, listing, provider, publicKey, sequence, expiresAt } = record
  const file =
    listing === null
      ? 'none'
      : `${listing.root},${listing.infoHash},${String(listing.sizeBytes)},${JSON.stringify(listing.name)}`
  return ['ringdrop record 1', key, kind, infoHash, file, provider, publicKey, sequence, expiresAt].join('\n')
}

/** What a record is about: a later version of it has the same name. */
export function nameOf(record: Pick<RingRecord, 'key' | 'provider' | 'infoHash' | 'listing'>): string {
  return `${record.key}:${record.provider}:${record.infoHash}:${record.listing?.root ?? ''}`
}

/** Tells versions of records apart, in 8 bytes of hex. */
export function tagOf(record: RingRecord): string {
  return toHex(sha256(utf8Encode(record.signature)).subarray(0, TAG_BYTES))
}
export const tagFormat: binary.Format<string> = binary.hex(TAG_BYTES)

/** Whether a key is the one from which an id was made. */
export type IsKeyOf = (peer: PeerId, publicKey: string) => boolean
export const isKeyOf: IsKeyOf = (peer, publicKey) => toHex(sha256(fromHex(publicKey))) === peer

/** Everything about a record that can be told without checking its signature. */
export function isPlausible(record: RingRecord, now: number, keyCheck: IsKeyOf): boolean {
  return (
    record.expiresAt > now &&
    record.expiresAt <= now + CHORD.recordLifeMs + CHORD.clockSkewMs &&
    record.sequence <= now + CHORD.clockSkewMs &&
    hasRightKey(record) &&
    recordFormat.size(record) <= LIMITS.recordBytes &&
    keyCheck(record.provider, record.publicKey)
  )
}

/** The key must follow from what the record says, or peers could fill places of their choice. */
function hasRightKey({ key, kind, infoHash, listing }: RingRecord): boolean {
  if (listing === null) return kind !== 'word' && key === providerKey(infoHash)
  if (kind === 'provider' || listing.infoHash !== infoHash) return false
  return wordsOf(listing.name).some((word) => wordKey(word) === key)
}
