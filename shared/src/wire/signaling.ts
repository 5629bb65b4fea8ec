import * as v from 'valibot'
import { LIMITS } from '../kernel/limits.ts'
import type { InfoHash, PeerId } from '../kernel/ids.ts'
import type { SignalEnvelope } from './envelope.ts'
import { countSchema as count, hexSchema as hex, infoHashSchema, peerIdSchema } from './schemas.ts'

/**
 * Socket.IO events between a peer and the introduction server, with the schemas that both ends check.
 * The server answers every request through its acknowledgement; it never trusts a sender field, since
 * `identify` binds the socket to a key.
 */

/** Roles that a server may offer besides relaying signals. */
export type ServerRole = 'tracker' | 'directory'

/** Closed set of refusals. `roleOff`: this server does not run that role. */
export type RefusalCode =
  'badRequest' | 'notIdentified' | 'badSignature' | 'badHost' | 'rateLimited' | 'roleOff' | 'full'
export type Refusal = { readonly ok: false; readonly code: RefusalCode }

/** As `RTCIceServer`, without importing DOM types. */
export interface IceServer {
  readonly urls: readonly string[]
  readonly username?: string
  readonly credential?: string
}

export interface IdentifyRequest {
  /** Public key: uncompressed P-256 point in hex (130 digits). */
  readonly key: string
  /** The `host` that the client believes it talks to, for example `localhost:8080`. */
  readonly host: string
  /** Signature in hex (128 digits) over {@link challengeText}. */
  readonly signature: string
}
export interface IdentifyResponse {
  readonly ok: true
  readonly peerId: PeerId
  readonly roles: readonly ServerRole[]
  readonly iceServers: readonly IceServer[]
}

export type AnnounceEvent = 'started' | 'completed' | 'stopped' | 'update'
export interface AnnounceRequest {
  readonly infoHash: InfoHash
  readonly event: AnnounceEvent
  /** Bytes still missing; 0 makes the peer a seed. */
  readonly left: number
  readonly uploaded: number
  readonly downloaded: number
  /** Peers wanted, 0 to `LIMITS.announcePeers`. */
  readonly numWant: number
}
export interface AnnounceResponse {
  readonly ok: true
  /** When to announce again. */
  readonly intervalMs: number
  readonly seeders: number
  readonly leechers: number
  /** A random sample without the caller. */
  readonly peers: readonly PeerId[]
  /** Milliseconds since a complete copy was last online; 0 while one is, `null` when the tracker never saw one. */
  readonly seedSeenAgoMs: number | null
}
export interface ScrapeRequest {
  readonly infoHash: InfoHash
}
export interface ScrapeResponse {
  readonly ok: true
  readonly seeders: number
  readonly leechers: number
  /** `completed` events counted since the server started. */
  readonly completed: number
  readonly seedSeenAgoMs: number | null
}

export type Ack<Response> = (response: Response | Refusal) => void

export interface ClientToServerEvents {
  identify: (request: IdentifyRequest, ack: Ack<IdentifyResponse>) => void
  announce: (request: AnnounceRequest, ack: Ack<AnnounceResponse>) => void
  scrape: (request: ScrapeRequest, ack: Ack<ScrapeResponse>) => void
  /** Acknowledged the same whether or not the target is online, so that it can't be used to probe. */
  signal: (envelope: SignalEnvelope, ack: Ack<{ readonly ok: true }>) => void
}
/**
 * Why the server is about to close a socket. `replaced`: the same peer opened another one. Only after
 * `shuttingDown` does it make sense to come back at once; for the others the new socket would meet the same end.
 */
export type ClosingReason =
  'notIdentifiedInTime' | 'identifyFailed' | 'replaced' | 'tooManyRefusals' | 'shuttingDown'

export interface ServerToClientEvents {
  /** Sent once right after the socket opens. `nonce`: 32 hex digits. */
  challenge: (challenge: { readonly nonce: string }) => void
  signal: (envelope: SignalEnvelope) => void
  /** The last event before the server closes the socket. */
  closing: (notice: { readonly reason: ClosingReason }) => void
}

/** The text that `identify` signs; naming the host keeps one server from replaying another's challenge. */
export function challengeText(host: string, nonce: string): string {
  return ['ringdrop-server-v1', host, nonce].join('\n')
}

const peers = v.pipe(v.array(peerIdSchema), v.maxLength(LIMITS.announcePeers))
const seenAgo = v.nullable(count)

export const closingSchema = v.strictObject({
  reason: v.picklist([
    'notIdentifiedInTime',
    'identifyFailed',
    'replaced',
    'tooManyRefusals',
    'shuttingDown',
  ]),
})
export const challengeSchema = v.strictObject({ nonce: hex(32) })
export const identifyRequestSchema = v.strictObject({
  key: hex(130),
  host: v.pipe(v.string(), v.maxLength(255)),
  signature: hex(128),
})
const iceServer = v.strictObject({
  urls: v.pipe(v.array(v.pipe(v.string(), v.regex(/^(stun|turn)s?:/), v.maxLength(512))), v.maxLength(8)),
  username: v.optional(v.pipe(v.string(), v.maxLength(512))),
  credential: v.optional(v.pipe(v.string(), v.maxLength(512))),
})
export const identifyResponseSchema = v.strictObject({
  ok: v.literal(true),
  peerId: peerIdSchema,
  roles: v.pipe(v.array(v.picklist(['tracker', 'directory'])), v.maxLength(2)),
  iceServers: v.pipe(v.array(iceServer), v.maxLength(8)),
})
export const announceRequestSchema = v.strictObject({
  infoHash: infoHashSchema,
  event: v.picklist(['started', 'completed', 'stopped', 'update']),
  left: count,
  uploaded: count,
  downloaded: count,
  numWant: v.pipe(count, v.maxValue(LIMITS.announcePeers)),
})
export const announceResponseSchema = v.strictObject({
  ok: v.literal(true),
  intervalMs: v.pipe(count, v.minValue(1000)),
  seeders: count,
  leechers: count,
  peers,
  seedSeenAgoMs: seenAgo,
})
export const scrapeRequestSchema = v.strictObject({ infoHash: infoHashSchema })
export const scrapeResponseSchema = v.strictObject({
  ok: v.literal(true),
  seeders: count,
  leechers: count,
  completed: count,
  seedSeenAgoMs: seenAgo,
})
