import { assertNever } from '../../kernel/core.ts'
import { concatBytes, type Bytes } from '../../kernel/bytes.ts'
import { parseFileRoot, parsePeerId, type PeerId } from '../../kernel/ids.ts'
import { defined } from '../../kernel/invariant.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { ByteReader, ByteWriter } from '../../wire/bytes-io.ts'
import { fail, ok, type Result } from '../../wire/result.ts'
import type { ExchangeMessage, ExchangeMessageType } from './messages.ts'

/**
 * Message ids on the control channel. Where BEP 3, 6 and 52 have an id for the same thing, it is theirs;
 * ours begin at 64. `piece` has none: it is a frame of the bulk channel, see {@link encodeBlocks}.
 */
const IDS = {
  choke: 0,
  unchoke: 1,
  interested: 2,
  notInterested: 3,
  have: 4,
  bitfield: 5,
  request: 6,
  cancel: 8,
  haveAll: 14,
  haveNone: 15,
  reject: 16,
  hashRequest: 21,
  hashes: 22,
  hashReject: 23,
  metadataReady: 64,
  metadataRequest: 65,
  metadata: 66,
  metadataReject: 67,
  haveHashes: 68,
  haveAllHashes: 69,
  peers: 70,
  uploadOnly: 71,
  wantsMore: 72,
} as const satisfies Record<Exclude<ExchangeMessageType, 'piece'>, number>

const TYPES = new Map<number, keyof typeof IDS>(
  Object.entries(IDS).map(([type, id]) => [id, type as keyof typeof IDS]),
)

export type ControlMessage = Exclude<ExchangeMessage, { type: 'piece' }>
export type ExchangeCode = 'unknownType' | 'badMessage' | 'tooBig'

/** One message of the control channel: id, then its fields. */
export function encodeExchange(message: ControlMessage): Bytes {
  const writer = new ByteWriter().uint8(IDS[message.type])
  switch (message.type) {
    case 'have':
      return writer.uint32(message.first).uint32(message.count).finish()
    case 'bitfield':
      return writer.bytes(message.bits).finish()
    case 'request':
    case 'cancel':
    case 'reject':
      return writer.uint32(message.piece).uint32(message.begin).uint32(message.length).finish()
    case 'metadataRequest':
    case 'metadataReject':
      return writer.uint16(message.part).finish()
    case 'metadata':
      return writer.uint16(message.part).uint32(message.totalBytes).bytes(message.bytes).finish()
    case 'hashRequest':
    case 'hashReject':
    case 'haveHashes':
      return writer.hex(message.root).uint32(message.span).finish()
    case 'hashes':
      writer
        .hex(message.root)
        .uint32(message.span)
        .uint16(message.proof.length / 32)
      return writer.bytes(message.proof).bytes(message.hashes).finish()
    case 'peers':
      for (const peer of message.peers) writer.hex(peer)
      return writer.finish()
    case 'choke':
    case 'unchoke':
    case 'interested':
    case 'notInterested':
    case 'haveAll':
    case 'haveNone':
    case 'metadataReady':
    case 'haveAllHashes':
    case 'uploadOnly':
    case 'wantsMore':
      return writer.finish()
    default:
      return assertNever(message)
  }
}

/** Reads one message of the control channel; anything malformed or out of bounds is refused whole. */
export function decodeExchange(bytes: Bytes): Result<ControlMessage, ExchangeCode> {
  if (bytes.length > LIMITS.hashesMessageBytes) return fail('tooBig')
  const reader = new ByteReader(bytes)
  const type = TYPES.get(reader.uint8())
  if (type === undefined) return fail('unknownType')
  if (
    type !== 'hashes' &&
    type !== 'bitfield' &&
    type !== 'metadata' &&
    bytes.length > LIMITS.controlMessageBytes
  ) {
    return fail('tooBig')
  }
  const message = readFields(type, reader)
  return message !== null && reader.isDone ? ok(message) : fail('badMessage')
}

function readFields(type: keyof typeof IDS, reader: ByteReader): ControlMessage | null {
  switch (type) {
    case 'have':
      return { type, first: reader.uint32(), count: reader.uint32() }
    case 'bitfield':
      return { type, bits: reader.rest().slice() }
    case 'request':
    case 'cancel':
    case 'reject':
      return { type, piece: reader.uint32(), begin: reader.uint32(), length: reader.uint32() }
    case 'metadataRequest':
    case 'metadataReject':
      return { type, part: reader.uint16() }
    case 'metadata':
      return { type, part: reader.uint16(), totalBytes: reader.uint32(), bytes: reader.rest().slice() }
    case 'hashRequest':
    case 'hashReject':
    case 'haveHashes': {
      const root = parseFileRoot(reader.hex(32))
      return root === null ? null : { type, root, span: reader.uint32() }
    }
    case 'hashes':
      return readHashes(reader)
    case 'peers':
      return readPeers(reader)
    case 'choke':
    case 'unchoke':
    case 'interested':
    case 'notInterested':
    case 'haveAll':
    case 'haveNone':
    case 'metadataReady':
    case 'haveAllHashes':
    case 'uploadOnly':
    case 'wantsMore':
      return { type }
    default:
      return assertNever(type)
  }
}

function readHashes(reader: ByteReader): ControlMessage | null {
  const root = parseFileRoot(reader.hex(32))
  const span = reader.uint32()
  const proofHashes = reader.uint16()
  if (root === null || proofHashes > 48) return null
  const proof = reader.take(proofHashes * 32).slice()
  const hashes = reader.rest().slice()
  const isWhole = hashes.length % 32 === 0 && hashes.length / 32 <= LIMITS.hashesPerMessage
  return isWhole ? { type: 'hashes', root, span, hashes, proof } : null
}

function readPeers(reader: ByteReader): ControlMessage | null {
  if (reader.remaining > LIMITS.pexPeers * 32) return null
  const peers: PeerId[] = []
  while (reader.remaining >= 32) peers.push(defined(parsePeerId(reader.hex(32)), '32 bytes as a peer id'))
  return { type: 'peers', peers }
}

/** Neighbouring blocks of one piece on the bulk channel. */
export interface BlockFrame {
  /** The receiver's number for the share on this link. */
  readonly handle: number
  readonly piece: number
  /** Where the first block starts in its piece. */
  readonly begin: number
  /** The blocks, end to end. */
  readonly bytes: Bytes
}

/** Header of a bulk frame: handle (16 bit), piece (32), begin (32). A store leaves so much room before what it reads. */
export const BLOCK_HEADER_BYTES = 10

/**
 * A bulk frame: the header, then the blocks. Blocks that lie side by side in one buffer with room before them
 * are sent as they lie; the header is written into that room.
 */
export function encodeBlocks(handle: number, piece: number, begin: number, blocks: readonly Bytes[]): Bytes {
  const encoded = inPlace(blocks) ?? copied(blocks)
  const view = new DataView(encoded.buffer, encoded.byteOffset)
  view.setUint16(0, handle)
  view.setUint32(2, piece)
  view.setUint32(6, begin)
  return encoded
}

function inPlace(blocks: readonly Bytes[]): Bytes | null {
  const [first] = blocks
  // Only at the very start of a buffer: elsewhere the room before a block is the end of another.
  if (first?.byteOffset !== BLOCK_HEADER_BYTES) return null
  let end = BLOCK_HEADER_BYTES
  for (const block of blocks) {
    if (block.buffer !== first.buffer || block.byteOffset !== end) return null
    end += block.length
  }
  return new Uint8Array(first.buffer, 0, end)
}

function copied(blocks: readonly Bytes[]): Bytes {
  return concatBytes([new Uint8Array(BLOCK_HEADER_BYTES), ...blocks])
}

/** The bytes are a view into the frame. */
export function decodeBlocks(bytes: Bytes): Result<BlockFrame, ExchangeCode> {
  if (bytes.length > LIMITS.bulkFrameBytes) return fail('tooBig')
  if (bytes.length <= BLOCK_HEADER_BYTES) return fail('badMessage')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return ok({
    handle: view.getUint16(0),
    piece: view.getUint32(2),
    begin: view.getUint32(6),
    bytes: bytes.subarray(BLOCK_HEADER_BYTES),
  })
}

/** The blocks of a frame, each as the answer to one request. */
export function piecesOf({ piece, begin, bytes }: BlockFrame): Extract<ExchangeMessage, { type: 'piece' }>[] {
  return Array.from({ length: Math.ceil(bytes.length / LIMITS.blockBytes) }, (_, index) => {
    const at = index * LIMITS.blockBytes
    return { type: 'piece', piece, begin: begin + at, bytes: bytes.subarray(at, at + LIMITS.blockBytes) }
  })
}
