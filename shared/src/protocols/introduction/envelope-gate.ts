import { fromHex, toHex } from '../../kernel/bytes.ts'
import type { PeerId } from '../../kernel/ids.ts'
import { sha256 } from '../../content/sha256.ts'
import { signedText, type SignalEnvelope } from '../../wire/envelope.ts'
import { CLOCK_SKEW_MS, EXPIRY_MS, PENDING_CHECKS } from './constants.ts'
import type { Carrier, IntroductionEffect } from './effects.ts'
import { decodePayload, type Payload } from './payloads.ts'

/** An envelope whose shape is right and whose signature is being checked. */
export interface Admitted {
  readonly envelope: SignalEnvelope
  readonly payload: Payload
  readonly carrier: Carrier
}

/** The cheap checks first, the signature last, and never more than a bounded number of those at a time. */
export class EnvelopeGate {
  readonly #pending = new Map<number, Admitted>()
  constructor(readonly self: PeerId) {}

  /** @returns the `verify` effect under the given ticket, or `null` when the envelope is refused at once. */
  admit(envelope: SignalEnvelope, carrier: Carrier, ticket: number, now: number): IntroductionEffect | null {
    if (envelope.to !== this.self || envelope.from === this.self) return null
    if (envelope.expiry < now - CLOCK_SKEW_MS || envelope.expiry > now + CLOCK_SKEW_MS + EXPIRY_MS)
      return null
    if (toHex(sha256(fromHex(envelope.key))) !== envelope.from) return null
    const payload = decodePayload(envelope.kind, envelope.payload)
    if (!payload.ok || this.#pending.size >= PENDING_CHECKS) return null
    this.#pending.set(ticket, { envelope, payload: payload.value, carrier })
    const { key, signature } = envelope
    return { type: 'verify', ticket, key, text: signedText(envelope), signature }
  }

  take(ticket: number): Admitted | null {
    const admitted = this.#pending.get(ticket) ?? null
    this.#pending.delete(ticket)
    return admitted
  }
}
