import { toHex, utf8Encode } from '../../kernel/bytes.ts'
import type { Nonce, PeerId, SessionId } from '../../kernel/ids.ts'
import { sha256 } from '../../content/sha256.ts'
import type { Carrier } from './effects.ts'

/**
 * Where a negotiation stands. The initiator goes probing -> offering -> proving -> up, the responder
 * accepted -> answering -> proving -> up.
 */
export type SessionStage = 'probing' | 'accepted' | 'offering' | 'answering' | 'proving' | 'up'

/** One negotiation with one peer. */
export interface Session {
  readonly sid: SessionId
  /** Ourselves while an invite has no reply: anybody may answer it, once. */
  peer: PeerId
  /** Carried by people: one description each way and nothing else. */
  readonly isManual: boolean
  readonly role: 'initiator' | 'responder'
  stage: SessionStage
  /** The peer's public key in hex, from its first verified envelope. */
  peerKey: string | null
  readonly nonce: Nonce
  peerNonce: Nonce | null
  /** The way that answers come and go; the first of those still to try. */
  carrier: Carrier
  readonly otherCarriers: Carrier[]
  deadline: number
  offerSdp: string | null
  offerFingerprint: string | null
  answerFingerprint: string | null
  /** Candidates received so far, to bound them. */
  candidateCount: number
  /** What has happened of the two proofs that make a link. */
  readonly proofs: { sent: boolean; received: boolean }
}

/** SHA-256 of a text, in hex. */
export const hashText = (text: string): string => toHex(sha256(utf8Encode(text)))

/**
 * What both ends sign once the channel is open, each for its own role: who they are, the negotiation, and the
 * two DTLS certificates. Whoever put itself in the middle would have other certificates.
 */
export function transcript(session: Session, self: PeerId, signer: 'initiator' | 'responder'): string {
  const isInitiator = session.role === 'initiator'
  const initiator = isInitiator ? self : session.peer
  const responder = isInitiator ? session.peer : self
  const nonces = isInitiator ? [session.nonce, session.peerNonce] : [session.peerNonce, session.nonce]
  return [
    'ringdrop-link-v1',
    signer,
    session.sid,
    initiator,
    responder,
    ...nonces,
    session.offerFingerprint,
    session.answerFingerprint,
  ].join('\n')
}
