import { utf8Decode, type Bytes } from '../kernel/bytes.ts'
import { assertNever } from '../kernel/core.ts'
import { parseInfoHash, type InfoHash } from '../kernel/ids.ts'
import { LIMITS } from '../kernel/limits.ts'
import { decodeExchange, encodeExchange, type ControlMessage } from '../protocols/bittorrent/codec.ts'
import { chordFormat } from '../protocols/chord/codec.ts'
import type { ChordMessage } from '../protocols/chord/messages.ts'
import { gnutellaFormat } from '../protocols/gnutella/codec.ts'
import type { GnutellaMessage } from '../protocols/gnutella/messages.ts'
import { kazaaFormat } from '../protocols/kazaa/codec.ts'
import type { KazaaMessage } from '../protocols/kazaa/messages.ts'
import { nearbyFormat } from '../protocols/nearby/codec.ts'
import type { NearbyMessage } from '../protocols/nearby/messages.ts'
import { relayFormat } from '../protocols/relay/codec.ts'
import type { RelayMessage } from '../protocols/relay/messages.ts'
import { ByteReader, ByteWriter } from '../wire/bytes-io.ts'
import { decodeEnvelope, type SignalEnvelope } from '../wire/envelope.ts'
import { fail, ok, type Result } from '../wire/result.ts'
import { OVERLAYS, type OverlayName } from './systems.ts'

/** Messages of a link's control channel: its own, those about shares, and those of each protocol. */
export type LinkMessage =
  /** First message on a link: ECDSA over the transcript, 64 bytes in hex. */
  | { readonly type: 'proof'; readonly signature: string }
  | { readonly type: 'ping' | 'pong' }
  /** An envelope on its way: for the receiver, or to be passed on. */
  | { readonly type: 'signal'; readonly envelope: SignalEnvelope }
  /** The sender has this share; frames to it about the share carry `handle`. */
  | {
      readonly type: 'join'
      readonly infoHash: InfoHash
      readonly handle: number
      readonly hasMetadata: boolean
    }
  /** The sender no longer takes part under the handle that it gave. */
  | { readonly type: 'leave'; readonly handle: number }
  /** The sender does not have the share that the receiver joined. */
  | { readonly type: 'decline'; readonly infoHash: InfoHash }
  /** Discovery systems that the sender has switched on, and whether it relays; sent first, and again when that changes. */
  | {
      readonly type: 'hello'
      readonly systems: readonly OverlayName[]
      readonly isRelay: boolean
      /** The sender understands `uploadOnly` and `wantsMore` of the exchange (BEP 21). */
      readonly knowsUploadOnly: boolean
    }
  | { readonly type: 'gnutella'; readonly message: GnutellaMessage }
  | { readonly type: 'kazaa'; readonly message: KazaaMessage }
  | { readonly type: 'chord'; readonly message: ChordMessage }
  /** A share that the sender would like the receiver to have. */
  | { readonly type: 'nearby'; readonly message: NearbyMessage }
  /** About a circuit through one of the two ends. */
  | { readonly type: 'relay'; readonly message: RelayMessage }
  | { readonly type: 'exchange'; readonly handle: number; readonly message: ControlMessage }

const IDS = {
  proof: 0,
  ping: 1,
  pong: 2,
  signal: 3,
  join: 4,
  leave: 5,
  decline: 6,
  exchange: 7,
  hello: 8,
  gnutella: 9,
  kazaa: 10,
  chord: 11,
  nearby: 12,
  relay: 13,
} as const
/** In the mask of a hello; the systems count from the other end. */
const RELAY_BIT = 0x80
/** Older peers don't set it, and would take messages that they don't know for an offence. */
const UPLOAD_ONLY_BIT = 0x40
const TYPES = new Map<number, LinkMessage['type']>(
  Object.entries(IDS).map(([type, id]) => [id, type as LinkMessage['type']]),
)

export type LinkCode = 'unknownType' | 'badMessage' | 'tooBig'

export function encodeLink(message: LinkMessage): Bytes {
  const writer = new ByteWriter().uint8(IDS[message.type])
  switch (message.type) {
    case 'proof':
      return writer.hex(message.signature).finish()
    case 'ping':
    case 'pong':
      return writer.finish()
    case 'signal':
      return writer.text(JSON.stringify(message.envelope)).finish()
    case 'join':
      writer.hex(message.infoHash).uint16(message.handle)
      return writer.uint8(message.hasMetadata ? 1 : 0).finish()
    case 'leave':
      return writer.uint16(message.handle).finish()
    case 'decline':
      return writer.hex(message.infoHash).finish()
    case 'hello':
      return writer.uint8(maskOf(message)).finish()
    case 'gnutella':
      gnutellaFormat.write(writer, message.message)
      return writer.finish()
    case 'kazaa':
      kazaaFormat.write(writer, message.message)
      return writer.finish()
    case 'chord':
      chordFormat.write(writer, message.message)
      return writer.finish()
    case 'nearby':
      nearbyFormat.write(writer, message.message)
      return writer.finish()
    case 'relay':
      relayFormat.write(writer, message.message)
      return writer.finish()
    case 'exchange':
      return writer.uint16(message.handle).bytes(encodeExchange(message.message)).finish()
    default:
      return assertNever(message)
  }
}

export function decodeLink(bytes: Bytes): Result<LinkMessage, LinkCode> {
  const reader = new ByteReader(bytes)
  const type = TYPES.get(reader.uint8())
  if (type === undefined) return fail('unknownType')
  if (type === 'exchange') {
    const handle = reader.uint16()
    const inner = decodeExchange(reader.rest())
    return inner.ok ? ok({ type, handle, message: inner.value }) : inner
  }
  if (bytes.length > (isLong(type) ? LIMITS.discoveryMessageBytes : LIMITS.signalBytes)) return fail('tooBig')
  const message = readFields(type, reader)
  return message !== null && reader.isDone ? ok(message) : fail('badMessage')
}

function readFields(type: Exclude<LinkMessage['type'], 'exchange'>, reader: ByteReader): LinkMessage | null {
  switch (type) {
    case 'proof':
      return { type, signature: reader.hex(64) }
    case 'ping':
    case 'pong':
      return { type }
    case 'signal':
      return readSignal(reader.rest())
    case 'join': {
      const infoHash = parseInfoHash(reader.hex(32))
      const handle = reader.uint16()
      const flag = reader.uint8()
      return infoHash === null || flag > 1 ? null : { type, infoHash, handle, hasMetadata: flag === 1 }
    }
    case 'leave':
      return { type, handle: reader.uint16() }
    case 'decline': {
      const infoHash = parseInfoHash(reader.hex(32))
      return infoHash === null ? null : { type, infoHash }
    }
    case 'hello': {
      const mask = reader.uint8()
      const systems = OVERLAYS.filter((_, bit) => (mask & (1 << bit)) !== 0)
      const knowsUploadOnly = (mask & UPLOAD_ONLY_BIT) !== 0
      return { type, systems, isRelay: (mask & RELAY_BIT) !== 0, knowsUploadOnly }
    }
    case 'gnutella':
      return { type, message: gnutellaFormat.read(reader) }
    case 'kazaa':
      return { type, message: kazaaFormat.read(reader) }
    case 'chord':
      return { type, message: chordFormat.read(reader) }
    case 'nearby':
      return { type, message: nearbyFormat.read(reader) }
    case 'relay':
      return { type, message: relayFormat.read(reader) }
    default:
      return assertNever(type)
  }
}

/** Unknown bits are left for systems to come. */
function maskOf(hello: Extract<LinkMessage, { type: 'hello' }>): number {
  const { systems, isRelay, knowsUploadOnly } = hello
  const flags = (isRelay ? RELAY_BIT : 0) | (knowsUploadOnly ? UPLOAD_ONLY_BIT : 0)
  return OVERLAYS.reduce((mask, name, bit) => mask | (systems.includes(name) ? 1 << bit : 0), flags)
}

const isLong = (type: LinkMessage['type']): boolean =>
  type === 'gnutella' || type === 'kazaa' || type === 'chord' || type === 'relay'

function readSignal(bytes: Bytes): LinkMessage | null {
  const text = utf8Decode(bytes)
  if (text === null) return null
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return null
  }
  const envelope = decodeEnvelope(json)
  return envelope.ok ? { type: 'signal', envelope: envelope.value } : null
}
