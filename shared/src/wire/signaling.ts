import * as v from 'valibot'
import { LIMITS } from '../kernel/limits.ts'
import type { FileRoot, InfoHash, PeerId } from '../kernel/ids.ts'
import type { SignalEnvelope } from './envelope.ts'
import type { NearbyChange, NearbyRequest, NearbyResponse } from './nearby.ts'
import {
  countSchema as count,
  fileRootSchema,
  hexSchema as hex,
  infoHashSchema,
  peerIdSchema,
} from './schemas.ts'

/**
 * Socket.IO events between a peer and the introduction server, with the schemas that both ends check.
 * The server answers every request through its acknowledgement; it never trusts a sender field, since
 * `identify` binds the socket to a key.
 */

/** Roles that a server may offer besides relaying signals. */
export const SERVER_ROLES = ['tracker', 'directory', 'nearby'] as const
export type ServerRole = (typeof SERVER_ROLES)[number]

/**
 * Closed set of refusals. `roleOff`: this server does not run that role. `unknownNetwork`: it cannot tell from
 * which network the socket comes.
 */
export const REFUSAL_CODES = [
  'badRequest',
  'notIdentified',
  'badSignature',
  'badHost',
  'rateLimited',
  'roleOff',
  'full',
  'unknownNetwork',
] as const
export type RefusalCode = (typeof REFUSAL_CODES)[number]
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

/** A random sample of peers that are online, so that a newcomer's overlays have somewhere to begin. */
export interface SampleRequest {
  /** Peers wanted, 0 to `LIMITS.announcePeers`. */
  readonly numWant: number
}
export interface SampleResponse {
  readonly ok: true
  /** Without the caller. */
  readonly peers: readonly PeerId[]
}

/** A file in the directory; the infohash is that of the share it is listed under. */
export interface DirectoryListing {
  readonly root: FileRoot
  readonly infoHash: InfoHash
  readonly name: string
  readonly sizeBytes: number
}
export interface DirectoryHit {
  readonly listing: DirectoryListing
  readonly providers: readonly PeerId[]
}
/** Changes what the sender lists. A share with many files comes in several updates. */
export interface DirectoryUpdateRequest {
  /** Forget all that the sender listed before. */
  readonly reset: boolean
  readonly add: readonly { readonly infoHash: InfoHash; readonly listings: readonly DirectoryListing[] }[]
  readonly withdraw: readonly InfoHash[]
}
export interface DirectoryUpdateResponse {
  readonly ok: true
  /** Fingerprint of all that the server now holds of the sender; another than expected calls for a reset. */
  readonly digest: string
}
export interface DirectorySearchRequest {
  readonly criteria:
    | { readonly by: 'words'; readonly words: readonly string[] }
    | { readonly by: 'infoHash'; readonly infoHash: InfoHash }
  readonly limit: number
}
export interface DirectorySearchResponse {
  readonly ok: true
  readonly hits: readonly DirectoryHit[]
  /** Providers, when asked by infohash. */
  readonly peers: readonly PeerId[]
}

export type Ack<Response> = (response: Response | Refusal) => void

export interface ClientToServerEvents {
  identify: (request: IdentifyRequest, ack: Ack<IdentifyResponse>) => void
  announce: (request: AnnounceRequest, ack: Ack<AnnounceResponse>) => void
  scrape: (request: ScrapeRequest, ack: Ack<ScrapeResponse>) => void
  sample: (request: SampleRequest, ack: Ack<SampleResponse>) => void
  directoryUpdate: (request: DirectoryUpdateRequest, ack: Ack<DirectoryUpdateResponse>) => void
  directorySearch: (request: DirectorySearchRequest, ack: Ack<DirectorySearchResponse>) => void
  nearby: (request: NearbyRequest, ack: Ack<NearbyResponse>) => void
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
  /** Only while the peer is seen by others of its network itself. */
  nearby: (change: NearbyChange) => void
  /** Fresh credentials, well before the earlier ones end. */
  iceServers: (fresh: { readonly iceServers: readonly IceServer[] }) => void
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
const iceServers = v.pipe(v.array(iceServer), v.maxLength(8))
export const identifyResponseSchema = v.strictObject({
  ok: v.literal(true),
  peerId: peerIdSchema,
  roles: v.pipe(v.array(v.picklist(SERVER_ROLES)), v.maxLength(SERVER_ROLES.length)),
  iceServers,
})
export const iceServersSchema = v.strictObject({ iceServers })
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

export const sampleRequestSchema = v.strictObject({
  numWant: v.pipe(count, v.maxValue(LIMITS.announcePeers)),
})
export const sampleResponseSchema = v.strictObject({ ok: v.literal(true), peers })

const utf8Bytes = (max: number) => v.pipe(v.string(), v.maxLength(max), v.maxBytes(max))
const listing = v.strictObject({
  root: fileRootSchema,
  infoHash: infoHashSchema,
  name: utf8Bytes(LIMITS.listingNameBytes),
  sizeBytes: count,
})
export const directoryUpdateRequestSchema = v.strictObject({
  reset: v.boolean(),
  add: v.pipe(
    v.array(
      v.pipe(
        v.strictObject({ infoHash: infoHashSchema, listings: v.pipe(v.array(listing), v.maxLength(100)) }),
        // Nobody lists a file under one share that claims to be in another.
        v.check(({ infoHash, listings }) => listings.every((each) => each.infoHash === infoHash)),
      ),
    ),
    v.maxLength(100),
  ),
  withdraw: v.pipe(v.array(infoHashSchema), v.maxLength(500)),
})
export const directoryUpdateResponseSchema = v.strictObject({ ok: v.literal(true), digest: hex(16) })
export const directorySearchRequestSchema = v.strictObject({
  criteria: v.variant('by', [
    v.strictObject({
      by: v.literal('words'),
      words: v.pipe(
        v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(LIMITS.wordLength * 2))),
        v.minLength(1),
        v.maxLength(LIMITS.queryWords),
      ),
    }),
    v.strictObject({ by: v.literal('infoHash'), infoHash: infoHashSchema }),
  ]),
  limit: v.pipe(count, v.maxValue(100)),
})
export const directorySearchResponseSchema = v.strictObject({
  ok: v.literal(true),
  hits: v.pipe(
    v.array(
      v.strictObject({
        listing,
        providers: v.pipe(v.array(peerIdSchema), v.maxLength(LIMITS.providersPerHit)),
      }),
    ),
    v.maxLength(100),
  ),
  peers,
})
