import { toHex, utf8Encode } from '../../kernel/bytes.ts'
import type { Nonce, PeerId, SessionId } from '../../kernel/ids.ts'
import { sha256 } from '../../content/sha256.ts'
import type { CircuitRef } from '../../wire/circuit-description.ts'
import type { Carrier, LocalSignal } from './effects.ts'

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
  /** What it goes over instead of a connection of its own; known to the responder from the offer. */
  circuit: CircuitRef | null
  /** Discovery systems for which we called. */
  systems: readonly string[]
  /** Looks for a better path than the link that is there, which stays until this one is up. */
  isBeside: boolean
  /** Its probe was sent again since the peer called as well. */
  wasRepeated: boolean
  offerSdp: string | null
  offerFingerprint: string | null
  answerFingerprint: string | null
  /** Candidates received so far, to bound them. */
  candidateCount: number
  /** What has happened of the two proofs that make a link. */
  readonly proofs: { sent: boolean; received: boolean }
  /** The latest search for another path; its `round` is 0 before the first. */
  restart: Restart
}

/** One search for another path: same two certificates, other addresses. */
export interface Restart {
  readonly round: number
  readonly startedAt: number
  /** Ways that its envelopes take. */
  readonly carriers: readonly Carrier[]
  /** Our own description: the initiator's offer, or the responder's answer. */
  readonly offerSdp: string | null
  /** The peer's description has been taken in; candidates are held back until then. */
  readonly isTaken: boolean
  readonly held: LocalSignal[]
}

export const NO_RESTART: Restart = {
  round: 0,
  startedAt: -Infinity,
  carriers: [],
  offerSdp: null,
  isTaken: true,
  held: [],
}

/** What is known of a negotiation when it begins. */
export type SessionStart = Pick<Session, 'sid' | 'peer' | 'role' | 'stage' | 'carrier' | 'otherCarriers'>

export function newSession(start: SessionStart, nonce: Nonce, deadline: number): Session {
  return {
    ...start,
    isManual: start.carrier === 'manual',
    nonce,
    peerKey: null,
    peerNonce: null,
    deadline,
    circuit: null,
    systems: [],
    isBeside: false,
    wasRepeated: false,
    offerSdp: null,
    offerFingerprint: null,
    answerFingerprint: null,
    candidateCount: 0,
    proofs: { sent: false, received: false },
    restart: NO_RESTART,
  }
}

/** SHA-256 of a text, in hex. */
export const hashText = (text: string): string => toHex(sha256(utf8Encode(text)))

/**
 * What both ends sign once the channel is open, each for its own role: who they are, the negotiation, and the
 * two DTLS certificates, or the two keys of a circuit. Whoever put itself in the middle would have others.
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
