import * as v from 'valibot'
import type { Session } from './session.ts'
import { RESTARTS } from './constants.ts'
import { LIMITS } from '../../kernel/limits.ts'
import type { SignalKind } from '../../wire/envelope.ts'
import { fail, ok, type Result } from '../../wire/result.ts'
import { countSchema, hexSchema, nonceSchema } from '../../wire/schemas.ts'

/** What each kind of envelope carries, as JSON. Both nonces name the negotiation, so nothing can be replayed. */
const nonces = { nonce: nonceSchema, peerNonce: nonceSchema }
const sdp = v.pipe(v.string(), v.maxLength(LIMITS.sdpBytes))

const round = v.pipe(countSchema, v.minValue(1), v.maxValue(RESTARTS))

const schemas = {
  /**
   * `systems`: the discovery systems that want the link; left out when it is for a share. `isBeside`: the link that is
   * there stays until this one is up.
   */
  probe: v.strictObject({
    nonce: nonceSchema,
    isBeside: v.optional(v.literal(true)),
    systems: v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(16))), v.maxLength(8))),
  }),
  accept: v.strictObject(nonces),
  offer: v.strictObject({ ...nonces, sdp }),
  answer: v.strictObject({ ...nonces, sdp, offerHash: hexSchema(64) }),
  candidate: v.strictObject({
    ...nonces,
    candidate: v.pipe(v.string(), v.maxLength(600)),
    sdpMid: v.nullable(v.pipe(v.string(), v.maxLength(16))),
    sdpMLineIndex: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(16))),
    /** Of which restart the candidate is; none for the first description. */
    round: v.optional(round),
  }),
  /** A link that is up looks for another path. From the initiator with its new description, from the responder without. */
  restart: v.strictObject({ ...nonces, round, sdp: v.nullable(sdp) }),
  restarted: v.strictObject({ ...nonces, round, sdp, offerHash: hexSchema(64) }),
  /** Offer to whoever gets it, carried by people. */
  invite: v.strictObject({ nonce: nonceSchema, sdp }),
  bye: v.strictObject({ reason: v.picklist(['busy', 'banned', 'cancelled', 'refused']) }),
} as const satisfies Record<SignalKind, v.GenericSchema>

export type Payload = {
  [Kind in SignalKind]: { readonly kind: Kind } & v.InferOutput<(typeof schemas)[Kind]>
}[SignalKind]
export type PayloadOf<Kind extends SignalKind> = Extract<Payload, { kind: Kind }>
export type ByeReason = PayloadOf<'bye'>['reason']

/** The call that begins a negotiation. */
export function probeOf(call: Pick<Session, 'nonce' | 'systems' | 'isBeside'>): PayloadOf<'probe'> {
  const { nonce, systems, isBeside } = call
  const by = systems.length > 0 && { systems: [...systems] }
  return { kind: 'probe', nonce, ...by, ...(isBeside && { isBeside }) }
}

/** Reads the payload of an envelope of this kind. */
export function decodePayload(kind: SignalKind, text: string): Result<Payload, 'badPayload'> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return fail('badPayload')
  }
  const parsed = v.safeParse(schemas[kind], json)
  return parsed.success ? ok({ kind, ...parsed.output } as Payload) : fail('badPayload')
}

/** The JSON text that goes into an envelope. */
export function encodePayload(payload: Payload): string {
  const { kind: _, ...fields } = payload
  return JSON.stringify(fields)
}
