import * as v from 'valibot'
import { LIMITS } from '../kernel/limits.ts'
import type { PeerId, SessionId } from '../kernel/ids.ts'
import { fail, ok, type Result } from './result.ts'
import { countSchema, hexSchema, peerIdSchema, sessionIdSchema } from './schemas.ts'

/**
 * The routed, signed signaling envelope (docs/adr/0005). It travels unchanged through the server's
 * socket or through other peers; only `route` is written to on the way and is not covered by the signature.
 */
export const SIGNAL_KINDS = [
  'probe',
  'accept',
  'offer',
  'answer',
  'candidate',
  'bye',
  'invite',
  'restart',
  'restarted',
] as const
export type SignalKind = (typeof SIGNAL_KINDS)[number]

export interface SignalEnvelope {
  readonly v: 1
  readonly kind: SignalKind
  /** An invite, which is for whoever gets it, names its sender. */
  readonly to: PeerId
  readonly from: PeerId
  /** The sender's public key: an uncompressed P-256 point, 65 bytes in hex. `from` is its SHA-256. */
  readonly key: string
  readonly sid: SessionId
  /** Milliseconds since the Unix epoch after which the envelope is refused. */
  readonly expiry: number
  /** JSON text whose shape depends on `kind`; see `protocols/introduction/payloads.ts`. */
  readonly payload: string
  /** ECDSA P-256 with SHA-256 over {@link signedText}, r and s concatenated: 64 bytes in hex. */
  readonly signature: string
  /** Peers that relayed the envelope so far, first hop first; empty when it came through the server. */
  readonly route: readonly PeerId[]
}

export type UnsignedEnvelope = Omit<SignalEnvelope, 'signature' | 'key' | 'route'>

/** Valibot schema of an envelope as it arrives from anyone. Unknown keys are refused. */
export const signalEnvelopeSchema = v.strictObject({
  v: v.literal(1),
  kind: v.picklist(SIGNAL_KINDS),
  to: peerIdSchema,
  from: peerIdSchema,
  key: hexSchema(130),
  sid: sessionIdSchema,
  expiry: countSchema,
  payload: v.pipe(v.string(), v.maxLength(LIMITS.signalBytes - 1024)),
  signature: hexSchema(128),
  route: v.pipe(v.array(peerIdSchema), v.maxLength(LIMITS.signalHops)),
})

/** Checks shape and bounds of an envelope; says nothing about its signature. */
export function decodeEnvelope(input: unknown): Result<SignalEnvelope, 'badEnvelope'> {
  // One fault is enough: a list of thousands of them would cost more than the envelope.
  const parsed = v.safeParse(signalEnvelopeSchema, input, { abortEarly: true })
  return parsed.success ? ok(parsed.output) : fail('badEnvelope')
}

/**
 * The text that the signature covers. Every field before the payload has a fixed alphabet without line
 * breaks, so no two different envelopes give the same text.
 */
export function signedText(envelope: UnsignedEnvelope): string {
  const { kind, to, from, sid, expiry, payload } = envelope
  return ['ringdrop-signal-v1', kind, to, from, sid, String(expiry), payload].join('\n')
}
