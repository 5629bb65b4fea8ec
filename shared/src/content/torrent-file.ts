/** `.torrent` files of BitTorrent v2 (BEP 52): the info dictionary and the piece layers. */
import { type Bytes, concatBytes, equalBytes, fromHex, utf8Encode } from '../kernel/bytes.ts'
import type { FileRoot } from '../kernel/ids.ts'
import { defined } from '../kernel/invariant.ts'
import { LIMITS } from '../kernel/limits.ts'
import { fail, ok, type Result } from '../wire/result.ts'
import {
  type Bencode,
  type BencodeLimits,
  decodeBencode,
  encodeBencode,
  isDict,
  keyFromBytes,
} from './bencode.ts'
import { rootAbove } from './merkle.ts'
import { INFO_LIMITS, type MetainfoCode, parseInfo, type ShareInfo } from './metainfo.ts'
import { HASH_BYTES } from './sha256.ts'

/** For each file larger than a piece, the hashes of its pieces, flat. */
export type PieceLayers = ReadonlyMap<FileRoot, Bytes>

/** A torrent file whose piece layers have been checked against the roots in its info dictionary. */
export interface Torrent {
  readonly info: ShareInfo
  readonly pieceLayers: PieceLayers
}

/** Why a torrent file is not acceptable. */
export type TorrentCode =
  | MetainfoCode
  /** There is no `info` dictionary. */
  | 'noInfo'
  /** A piece layer is missing or of the wrong length. */
  | 'missingLayer'
  /** A piece layer does not hash to its file's root. */
  | 'forgedLayer'

/** An info dictionary, a hash for each piece, and 1 MiB for trackers, comments and keys. */
const TORRENT_LIMITS: BencodeLimits = {
  maxBytes: LIMITS.metainfoBytes + LIMITS.pieces * HASH_BYTES + 1024 * 1024,
  maxDepth: INFO_LIMITS.maxDepth + 1,
  maxElements: INFO_LIMITS.maxElements + LIMITS.files + 10_000,
}

/**
 * A `.torrent` with nothing but `info` and `piece layers`, without trackers.
 * @param pieceLayers must have an entry for each file larger than a piece; throws `InvariantError` otherwise.
 */
export function exportTorrent(info: ShareInfo, pieceLayers: PieceLayers): Bytes {
  const layers = new Map<string, Bencode>()
  for (const { root } of layeredFiles(info)) {
    layers.set(keyFromBytes(fromHex(root)), defined(pieceLayers.get(root), 'piece layer'))
  }
  return concatBytes([
    utf8Encode('d4:info'),
    info.infoBytes,
    utf8Encode('12:piece layers'),
    encodeBencode(layers),
    utf8Encode('e'),
  ])
}

/** Reads a v2 or hybrid `.torrent`. Trackers and other keys are ignored. Never throws. */
export function importTorrent(bytes: Uint8Array): Result<Torrent, TorrentCode> {
  if (bytes.length > TORRENT_LIMITS.maxBytes) return fail('tooLong')
  const decoded = decodeBencode(bytes, TORRENT_LIMITS)
  if (!decoded.ok || !isDict(decoded.value)) return fail('notBencode')
  const infoDict = decoded.value.get('info')
  if (!isDict(infoDict)) return fail('noInfo')
  // Only canonical bencode decodes, so this is the very slice of the file that the infohash is over.
  const info = parseInfo(encodeBencode(infoDict))
  if (!info.ok) return info
  const found = decoded.value.get('piece layers')
  const pieceLayers = new Map<FileRoot, Bytes>()
  for (const { root, pieces } of layeredFiles(info.value)) {
    if (pieceLayers.has(root)) continue
    const layer = isDict(found) ? found.get(keyFromBytes(fromHex(root))) : undefined
    if (!(layer instanceof Uint8Array) || layer.length !== pieces * HASH_BYTES) return fail('missingLayer')
    const level = Math.log2(info.value.pieceBytes / LIMITS.blockBytes)
    if (!equalBytes(rootAbove(layer, level), fromHex(root))) return fail('forgedLayer')
    pieceLayers.set(root, layer)
  }
  return ok({ info: info.value, pieceLayers })
}

/** The files that have a piece layer: those larger than a piece. */
function layeredFiles(info: ShareInfo): { root: FileRoot; pieces: number }[] {
  return info.files.flatMap(({ root, sizeBytes }) =>
    root !== null && sizeBytes > info.pieceBytes
      ? [{ root, pieces: Math.ceil(sizeBytes / info.pieceBytes) }]
      : [],
  )
}
