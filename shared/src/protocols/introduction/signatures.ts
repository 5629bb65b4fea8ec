import type { PeerId, SessionId } from '../../kernel/ids.ts'
import { signedText, type SignalEnvelope, type UnsignedEnvelope } from '../../wire/envelope.ts'
import type { Carrier, IntroductionEffect } from './effects.ts'
import { transcript, type Session } from './session.ts'

/** What a signature of ours that has just come was for. */
export type Signed =
  | { readonly type: 'envelope'; readonly envelope: SignalEnvelope; readonly carrier: Carrier }
  | { readonly type: 'proof'; readonly sid: SessionId }

type Signing =
  | { readonly type: 'envelope'; readonly envelope: UnsignedEnvelope; readonly carrier: Carrier }
  | { readonly type: 'proof'; readonly sid: SessionId }

/** Keeps what waits for the host to sign or to check a signature. */
export class Signatures {
  readonly #signing = new Map<number, Signing>()
  readonly #proofChecks = new Map<number, SessionId>()
  #next = 0

  /** @param key our public key in hex. */
  constructor(
    readonly self: PeerId,
    readonly key: string,
  ) {}

  nextTicket(): number {
    return this.#next++
  }

  signEnvelope(envelope: UnsignedEnvelope, carrier: Carrier): IntroductionEffect {
    const ticket = this.nextTicket()
    this.#signing.set(ticket, { type: 'envelope', envelope, carrier })
    return { type: 'sign', ticket, text: signedText(envelope) }
  }

  /** Our side of the transcript. */
  signProof(session: Session): IntroductionEffect {
    const ticket = this.nextTicket()
    this.#signing.set(ticket, { type: 'proof', sid: session.sid })
    return { type: 'sign', ticket, text: transcript(session, this.self, session.role) }
  }

  onSigned(ticket: number, signature: string): Signed | null {
    const signing = this.#signing.get(ticket)
    this.#signing.delete(ticket)
    if (signing === undefined) return null
    if (signing.type === 'proof') return signing
    const envelope: SignalEnvelope = { ...signing.envelope, key: this.key, signature, route: [] }
    return { type: 'envelope', envelope, carrier: signing.carrier }
  }

  /** The peer's side of the transcript. */
  checkProof(session: Session, peerKey: string, signature: string): IntroductionEffect {
    const ticket = this.nextTicket()
    this.#proofChecks.set(ticket, session.sid)
    const signer = session.role === 'initiator' ? 'responder' : 'initiator'
    return { type: 'verify', ticket, key: peerKey, text: transcript(session, this.self, signer), signature }
  }

  /** The negotiation whose proof was checked under this ticket, once. */
  takeProofCheck(ticket: number): SessionId | undefined {
    const sid = this.#proofChecks.get(ticket)
    this.#proofChecks.delete(ticket)
    return sid
  }
}
