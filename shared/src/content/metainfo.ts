/** The info dictionary of BitTorrent v2 (BEP 52). */
import { type Bytes, toHex, utf8Decode, utf8Encode } from '../kernel/bytes.ts'
import { type InfoHash, parseInfoHash } from '../kernel/ids.ts'
import { defined } from '../kernel/invariant.ts'
import { LIMITS } from '../kernel/limits.ts'
import { allSteps, type Steps } from '../kernel/steps.ts'
import { fail, ok, type Result } from '../wire/result.ts'
import { type Bencode, type BencodeLimits, decodingBencode, encodingBencode, isDict } from './bencode.ts'
import { buildingFileTree, type FileTreeCode, readingFileTree, type ShareFile } from './file-tree.ts'
import { isPieceSize } from './geometry.ts'
import { sha256 } from './sha256.ts'

export type { ShareFile } from './file-tree.ts'

/** What is shared: names, sizes and hashes, and the infohash that stands for all of it. */
export interface ShareInfo {
  readonly infoHash: InfoHash
  /** Raw, as the maker wrote it: see `file-names.ts` before it is shown or stored. */
  readonly name: string
  readonly pieceBytes: number
  /** At least one, in file-tree order: names by raw bytes at each level, depth first. */
  readonly files: readonly ShareFile[]
  /** One file, not in a folder, that has the name of the share. */
  readonly isSingleFile: boolean
  readonly totalBytes: number
  /** The bencoded dictionary, of which {@link infoHash} is the SHA-256. */
  readonly infoBytes: Bytes
}

/** Why bytes are not an acceptable info dictionary. */
export type MetainfoCode =
  | FileTreeCode
  /** More than 4 MiB. */
  | 'tooLong'
  /** Not one canonical bencoded dictionary, or nested or numerous beyond reason. */
  | 'notBencode'
  /** A v1 torrent: it has no file tree. */
  | 'v1Only'
  /** `meta version` is not 2. */
  | 'badVersion'
  /** Not a power of two from 16 KiB to 16 MiB. */
  | 'badPieceLength'
  | 'tooManyPieces'

/** What {@link createInfo} makes a share of. */
export interface ShareContent {
  readonly name: string
  /** In any order. */
  readonly files: readonly ShareFile[]
  readonly pieceBytes: number
}

/** Pieces are 256 KiB except in very large shares (docs/adr/0004). */
export const DEFAULT_PIECE_BYTES = 262_144
/**
 * Our bound, as BEP 52 has none: with the bound on pieces it limits a share to 1 TiB and 2^26 blocks, so that a
 * hostile dictionary cannot make us allocate block tables of more than 8 MiB.
 */
export const MAX_PIECE_BYTES = 16 * 1024 * 1024

/** A path of 32 names, its folders and file dictionary, and the info dictionary around them, and some to spare. */
const INFO_DEPTH = LIMITS.pathDepth + 8
/** Four values for each of 10,000 files and their folders, with room for keys that we do not know. */
const INFO_ELEMENTS = 100_000

/** Bounds for decoding an info dictionary. */
export const INFO_LIMITS: BencodeLimits = {
  maxBytes: LIMITS.metainfoBytes,
  maxDepth: INFO_DEPTH,
  maxElements: INFO_ELEMENTS,
}

/**
 * Makes the info dictionary of a share. A single file has `path` equal to `[name]`.
 * Lone surrogates in names become U+FFFD. Returned files are in file-tree order.
 */
export function createInfo(content: ShareContent): Result<ShareInfo, MetainfoCode> {
  return allSteps(creatingInfo(content))
}

/** As {@link createInfo}, in steps: with thousands of files all of it takes a fifth of a second. */
export function* creatingInfo(content: ShareContent): Steps<Result<ShareInfo, MetainfoCode>> {
  const tree = yield* buildingFileTree(content.files)
  if (!tree.ok) return tree
  if (!isAllowedPieceSize(content.pieceBytes)) return fail('badPieceLength')
  const info = new Map<string, Bencode>([
    ['file tree', tree.value],
    ['meta version', 2n],
    ['name', utf8Encode(content.name)],
    ['piece length', BigInt(content.pieceBytes)],
  ])
  return yield* parsingInfo(yield* encodingBencode(info))
}

/**
 * Reads an info dictionary from anywhere. Keys that we do not know, and those of v1 in a hybrid, are ignored (but
 * count for the infohash). Copies its input. Never throws.
 * @param infoHash of these bytes, where it has been computed already.
 */
export function parseInfo(bytes: Uint8Array, infoHash?: InfoHash): Result<ShareInfo, MetainfoCode> {
  return allSteps(parsingInfo(bytes, infoHash))
}

/** As {@link parseInfo}, in steps. */
export function* parsingInfo(bytes: Uint8Array, infoHash?: InfoHash): Steps<Result<ShareInfo, MetainfoCode>> {
  if (bytes.length > LIMITS.metainfoBytes) return fail('tooLong')
  const decoded = yield* decodingBencode(bytes, INFO_LIMITS)
  if (!decoded.ok || !isDict(decoded.value)) return fail('notBencode')
  const info = decoded.value
  const version = info.get('meta version')
  if (version === undefined && info.has('pieces')) return fail('v1Only')
  if (version !== 2n) return fail('badVersion')
  const name = readShareName(info.get('name'))
  if (name === null) return fail('badName')
  const pieceLength = info.get('piece length')
  const pieceBytes = typeof pieceLength === 'bigint' ? Number(pieceLength) : 0
  if (!isAllowedPieceSize(pieceBytes)) return fail('badPieceLength')
  const tree = yield* readingFileTree(info.get('file tree'))
  if (!tree.ok) return tree
  const files = tree.value
  const sizes = files.map((file) => file.sizeBytes)
  if (countPieces(sizes, pieceBytes) > LIMITS.pieces) return fail('tooManyPieces')
  const infoBytes = new Uint8Array(bytes)
  return ok({
    infoHash: infoHash ?? defined(parseInfoHash(toHex(sha256(infoBytes))), 'infohash'),
    name,
    pieceBytes,
    files,
    isSingleFile: files.length === 1 && files[0]?.path.length === 1 && files[0].path[0] === name,
    totalBytes: sizes.reduce((sum, size) => sum + size, 0),
    infoBytes,
  })
}

/** Piece length for a new share: 256 KiB, doubled until there are at most 65,536 pieces (or to 16 MiB). */
export function choosePieceBytes(fileSizes: readonly number[]): number {
  let pieceBytes = DEFAULT_PIECE_BYTES
  while (pieceBytes < MAX_PIECE_BYTES && countPieces(fileSizes, pieceBytes) > LIMITS.pieces) pieceBytes *= 2
  return pieceBytes
}

/** No piece belongs to two files. */
function countPieces(fileSizes: readonly number[], pieceBytes: number): number {
  return fileSizes.reduce((pieces, size) => pieces + Math.ceil(size / pieceBytes), 0)
}

function isAllowedPieceSize(pieceBytes: number): boolean {
  return isPieceSize(pieceBytes) && pieceBytes <= MAX_PIECE_BYTES
}

function readShareName(value: Bencode | undefined): string | null {
  if (!(value instanceof Uint8Array) || value.length === 0 || value.length > LIMITS.nameBytes) return null
  return utf8Decode(value)
}
