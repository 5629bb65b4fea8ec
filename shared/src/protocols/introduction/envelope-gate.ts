import { fromHex, toHex } from '../../kernel/bytes.ts'
import { BoundedMap } from '../../kernel/bounded.ts'
import type { PeerId } from '../../kernel/ids.ts'
import { TokenBucket } from '../../kernel/token-bucket.ts'
import { WallClock } from '../../kernel/wall-clock.ts'
import { sha256 } from '../../content/sha256.ts'
import { signedText, type SignalEnvelope } from '../../wire/envelope.ts'
import { fail, ok, type Result } from '../../wire/result.ts'
import {
  CLOCK_SKEW_MS,
  ENVELOPE_BURST,
  ENVELOPES_PER_SECOND,
  EXPIRY_MS,
  INVITE_MS,
  PENDING_CHECKS,
  PENDING_OF_CARRIER,
  RATED_CARRIERS,
} from './constants.ts'
import type { Carrier, IntroductionEffect, ManualRefusal } from './effects.ts'
import { decodePayload, type Payload } from './payloads.ts'

/** An envelope whose shape is right and whose signature is being checked. */
export interface Admitted {
  readonly envelope: SignalEnvelope
  readonly payload: Payload
  readonly carrier: Carrier
}

const lifeMs = (carrier: Carrier): number => (carrier === 'manual' ? INVITE_MS : EXPIRY_MS)

/** The cheap checks first, the signature last, and never more than a bounded number of those at a time. */
export class EnvelopeGate {
  readonly #pending = new Map<number, Admitted>()
  /** What each neighbour may still hand over. */
  readonly #rates = new BoundedMap<PeerId, TokenBucket>(RATED_CARRIERS)
  constructor(
    readonly self: PeerId,
    readonly wall = new WallClock(),
  ) {}

  /** The date after which an envelope that is written now must not be taken any more. */
  expiryFor(carrier: Carrier, now: number): number {
    return Math.floor(this.wall.at(now)) + lifeMs(carrier)
  }

  /** @returns the `verify` effect under the given ticket, or why the envelope is refused at once. */
  admit(
    envelope: SignalEnvelope,
    carrier: Carrier,
    ticket: number,
    now: number,
  ): Result<IntroductionEffect, ManualRefusal> {
    const isInvite = envelope.kind === 'invite'
    if (envelope.from === this.self) return fail('ownInvite')
    // Invites come by hand and by no other way.
    if (isInvite !== (envelope.to === envelope.from) || (isInvite && carrier !== 'manual'))
      return fail('notForUs')
    if (!isInvite && envelope.to !== this.self) return fail('notForUs')
    const date = this.wall.at(now)
    if (envelope.expiry < date - CLOCK_SKEW_MS || envelope.expiry > date + CLOCK_SKEW_MS + lifeMs(carrier))
      return fail('expired')
    if (!this.#hasRoom(carrier, now)) return fail('busy')
    if (toHex(sha256(fromHex(envelope.key))) !== envelope.from) return fail('badKey')
    const payload = decodePayload(envelope.kind, envelope.payload)
    if (!payload.ok) return payload
    this.#pending.set(ticket, { envelope, payload: payload.value, carrier })
    const { key, signature } = envelope
    return ok({ type: 'verify', ticket, key, text: signedText(envelope), signature })
  }

  /** A neighbour that sends without end must not have those dropped that come another way, nor keep us busy with hashing. */
  #hasRoom(carrier: Carrier, now: number): boolean {
    let ofCarrier = 0
    for (const other of this.#pending.values()) if (other.carrier === carrier) ofCarrier++
    if (this.#pending.size >= PENDING_CHECKS || ofCarrier >= PENDING_OF_CARRIER) return false
    // People are slow, and the server, which has limits of its own, carries for everybody.
    if (carrier === 'manual' || carrier === 'server') return true
    const rate = this.#rates.get(carrier) ?? new TokenBucket(ENVELOPES_PER_SECOND, ENVELOPE_BURST, now)
    this.#rates.set(carrier, rate)
    return rate.take(1, now)
  }

  take(ticket: number): Admitted | null {
    const admitted = this.#pending.get(ticket) ?? null
    this.#pending.delete(ticket)
    return admitted
  }
}
