import { equalBytes, toHex, type Bytes } from '../../src/kernel/bytes.ts'
import { defined, invariant } from '../../src/kernel/invariant.ts'
import { parseFileRoot, parseNonce, parsePeerId } from '../../src/kernel/ids.ts'
import { LIMITS } from '../../src/kernel/limits.ts'
import { createRng } from '../../src/kernel/rng.ts'
import { decodeBencode, encodeBencode } from '../../src/content/bencode.ts'
import { Bitfield } from '../../src/content/bitfield.ts'
import { HashTree, merkleRoot, pieceLayer, verifySpan } from '../../src/content/merkle.ts'
import { createInfo, INFO_LIMITS, parseInfo } from '../../src/content/metainfo.ts'
import { exportTorrent, importTorrent } from '../../src/content/torrent-file.ts'
import { sha256 } from '../../src/content/sha256.ts'
import { decodeLink, encodeLink } from '../../src/node/link-codec.ts'
import { decodeBlocks, decodeExchange, encodeExchange } from '../../src/protocols/bittorrent/codec.ts'
import { chordFormat } from '../../src/protocols/chord/codec.ts'
import { recordFormat } from '../../src/protocols/chord/record.ts'
import { gnutellaFormat } from '../../src/protocols/gnutella/codec.ts'
import { kazaaFormat } from '../../src/protocols/kazaa/codec.ts'
import { nearbyFormat } from '../../src/protocols/nearby/codec.ts'
import { relayFormat } from '../../src/protocols/relay/codec.ts'
import { decodeWhole, encodeWhole, type Format } from '../../src/wire/binary.ts'
import type { Result } from '../../src/wire/result.ts'
import { packFrames, unpackFrame } from '../../src/wire/frames.ts'
import type { FuzzInput, FuzzTarget } from './fuzz.ts'
import type { Traffic } from './traffic.ts'

/** A decoder of bytes: what it accepts must come back the same when it is written and read again. */
function target<T>(
  name: string,
  seeds: readonly Bytes[],
  maxLength: number,
  decode: (bytes: Bytes) => Result<T>,
  check: (value: T, bytes: Bytes) => void = () => undefined,
  weight = 1,
): FuzzTarget {
  const run = (input: FuzzInput) => {
    const bytes = input as Bytes
    const result = decode(bytes)
    if (!result.ok) return { outcome: result.code }
    check(result.value, bytes)
    return { outcome: 'ok', value: result.value }
  }
  return { name, kind: 'bytes', seeds, maxLength, run, weight }
}

/** Binary messages have one spelling: writing what was read gives the very same bytes. */
function ofFormat<T>(name: string, format: Format<T>, seeds: readonly Bytes[]): FuzzTarget {
  return target(
    name,
    seeds,
    LIMITS.discoveryMessageBytes,
    (bytes) => decodeWhole(format, bytes),
    (value, bytes) => {
      invariant(equalBytes(encodeWhole(format, value), bytes), 'written again, the message differs')
      invariant(format.size(value) === bytes.length, 'the size is not what it says')
    },
  )
}

/** Everything that reads bytes from another peer, a file or storage. */
export function byteTargets({ controlFrames, bulkFrames, messages }: Traffic): FuzzTarget[] {
  /** The inner bytes of link messages of a type, without its number. */
  const inner = (type: number, header = 1) =>
    messages.filter((each) => each[0] === type).map((each) => each.slice(header))
  const records = recordsIn(inner(11))
  return [
    target('control frame', controlFrames, LIMITS.controlFrameBytes + 10, unpackFrame, (parts, frame) => {
      const [packed] = packFrames(parts)
      invariant(packed !== undefined && equalBytes(packed, frame), 'packed again, the frame differs')
    }),
    target('link message', messages, LIMITS.controlFrameBytes, decodeLink, (value) => {
      const again = decodeLink(encodeLink(value))
      invariant(again.ok, 'written again, the message is refused')
    }),
    target('exchange message', inner(7, 3), LIMITS.hashesMessageBytes + 10, decodeExchange, (value) => {
      invariant(decodeExchange(encodeExchange(value)).ok, 'written again, the message is refused')
    }),
    target('blocks frame', bulkFrames, LIMITS.bulkFrameBytes + 10, decodeBlocks, undefined, 0.2),
    ofFormat('gnutella message', gnutellaFormat, inner(9)),
    ofFormat('kazaa message', kazaaFormat, inner(10)),
    ofFormat('ring message', chordFormat, inner(11)),
    ofFormat('nearby message', nearbyFormat, nearbySeeds()),
    ofFormat('relay message', relayFormat, relaySeeds()),
    ofFormat('ring record', recordFormat, records),
    ...contentTargets(),
  ]
}

/** Records as they travel inside `put` and `store`. */
function recordsIn(ringMessages: readonly Bytes[]): Bytes[] {
  const found = ringMessages.flatMap((bytes) => {
    const decoded = decodeWhole(chordFormat, bytes)
    if (!decoded.ok) return []
    const message = decoded.value
    if (message.type === 'store') return message.records
    return message.type === 'find' && message.ask.type === 'put' ? [message.ask.record] : []
  })
  return found.map((record) => encodeWhole(recordFormat, record))
}

function nearbySeeds(): Bytes[] {
  const { infoHash } = makeContent()
  const id = defined(parseNonce('ab'.repeat(16)), 'id')
  const offer = { shareName: 'Holiday', fileCount: 3, totalBytes: 12_345, senderName: 'Ana’s phone' }
  return [
    encodeWhole(nearbyFormat, { type: 'offer', id, infoHash, ...offer }),
    encodeWhole(nearbyFormat, { type: 'verdict', id, verdict: 'accepted' }),
    encodeWhole(nearbyFormat, { type: 'withdraw', id }),
  ]
}

function relaySeeds(): Bytes[] {
  const circuit = defined(parseNonce('c1'.repeat(16)), 'circuit')
  const peer = defined(parsePeerId('ab'.repeat(32)), 'peer')
  return [
    encodeWhole(relayFormat, { type: 'open', circuit, to: peer }),
    encodeWhole(relayFormat, { type: 'refused', circuit, reason: 'busy' }),
    encodeWhole(relayFormat, { type: 'incoming', circuit, from: peer }),
    encodeWhole(relayFormat, { type: 'data', circuit, isLast: true, bytes: new Uint8Array(40).fill(7) }),
    encodeWhole(relayFormat, { type: 'credit', circuit, bytes: 65_536 }),
    encodeWhole(relayFormat, { type: 'close', circuit }),
  ]
}

const LEAVES = 40

function makeContent() {
  const root = (seed: number) => defined(parseFileRoot(toHex(createRng(seed).bytes(32))), 'root')
  const leaves = createRng(1).bytes(LEAVES * 32)
  const treeRoot = defined(parseFileRoot(toHex(merkleRoot(leaves))), 'root')
  const files = [
    { path: ['a.txt'], sizeBytes: 0, root: null },
    { path: ['b', 'c', 'ü.bin'], sizeBytes: 100, root: root(2) },
    { path: ['film.mp4'], sizeBytes: LEAVES * LIMITS.blockBytes, root: treeRoot },
  ]
  const info = createInfo({ name: 'Holiday', pieceBytes: 262_144, files })
  invariant(info.ok, 'a good share')
  return { ...info.value, treeRoot, leaves }
}

function contentTargets(): FuzzTarget[] {
  const content = makeContent()
  const layers = new Map([[content.treeRoot, pieceLayer(content.leaves, 16)]])
  const span = new HashTree(content.treeRoot, LEAVES)
  const seeds = [content.infoBytes, exportTorrent(content, layers)]
  return [
    target('info dictionary', [content.infoBytes], 20_000, parseInfo, (info, bytes) => {
      invariant(equalBytes(info.infoBytes, bytes), 'the dictionary is kept as it came')
      invariant(info.infoHash === toHex(sha256(bytes)), 'the infohash is over the bytes')
    }),
    target(
      'bencode',
      seeds,
      20_000,
      (bytes) => decodeBencode(bytes, INFO_LIMITS),
      (value, bytes) => invariant(equalBytes(encodeBencode(value), bytes), 'only canonical bencode is read'),
    ),
    target('torrent file', [exportTorrent(content, layers)], 20_000, importTorrent),
    target('bitfield', [new Uint8Array([0, 17, 255, 255, 128])], 40, (bytes) => {
      const length = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)
      const bits = Bitfield.fromBytes(bytes.subarray(2), length)
      if (bits === null) return { ok: false, code: 'refused' }
      invariant(
        [...bits.ones()].every((index) => index < length),
        'no bit beyond the end',
      )
      return { ok: true, value: bits.toBytes() }
    }),
    target(
      'hashes and their proof',
      [content.leaves],
      LEAVES * 32 + 100,
      (bytes) => {
        const isRight = verifySpan(content.treeRoot, LEAVES, 0, bytes, new Uint8Array())
        // The one input that may pass is the true one.
        invariant(!isRight || equalBytes(bytes, content.leaves), 'a forged proof passed')
        invariant(span.blockCount === LEAVES, 'the tree is as it was')
        return isRight ? { ok: true, value: 0 } : { ok: false, code: 'refused' }
      },
      undefined,
      0.1,
    ),
  ]
}
