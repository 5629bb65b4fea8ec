import type { PayloadOf, Payload } from './payloads.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { defined } from '../../kernel/invariant.ts'
import { inspectCandidate, inspectSdp } from '../../wire/sdp.ts'
import type { IntroductionEffect, LocalSignal } from './effects.ts'
import { describeRestart, takeRestartCandidate } from './restarts.ts'
import { hashText, type Session } from './session.ts'

/** What the two ends tell each other about their side of the connection: offer, answer, candidates. */

/** Takes the peer's offer in and begins to answer; nothing happens when it is not acceptable. */
export function takeOffer(session: Session, sdp: string): IntroductionEffect[] {
  const facts = inspectSdp(sdp)
  if (session.stage !== 'accepted' || !facts.ok) return []
  const { circuit } = facts.value
  // What people carry leads to a connection: a relay would have to know both ends already.
  if (circuit !== null && session.isManual) return []
  session.circuit = circuit
  session.stage = 'answering'
  session.offerSdp = sdp
  session.offerFingerprint = facts.value.fingerprint
  const { sid, peer, isManual } = session
  return [
    { type: 'openConnection', sid, peer, isInitiator: false, isTrickling: !isManual, circuit },
    { type: 'applySignal', sid, signal: { type: 'offer', sdp } },
  ]
}

/** Takes the answer to our offer in, once. */
export function takeAnswer(session: Session, payload: PayloadOf<'answer'>): IntroductionEffect[] {
  if (session.stage !== 'offering' || session.offerSdp === null || session.answerFingerprint !== null)
    return []
  const facts = inspectSdp(payload.sdp)
  if (!facts.ok || payload.offerHash !== hashText(session.offerSdp)) return []
  const { circuit } = facts.value
  if (circuit?.id !== session.circuit?.id || circuit?.relay !== session.circuit?.relay) return []
  session.answerFingerprint = facts.value.fingerprint
  return [{ type: 'applySignal', sid: session.sid, signal: { type: 'answer', sdp: payload.sdp } }]
}

export function takeCandidate(session: Session, payload: PayloadOf<'candidate'>): IntroductionEffect[] {
  if (payload.round !== undefined) return takeRestartCandidate(session, payload, payload.round)
  // Late ones of the first description are of no use to the next.
  if (session.restart.round > 0) return []
  if (session.stage === 'probing' || session.stage === 'accepted') return []
  if (session.candidateCount++ >= LIMITS.candidatesPerSession) return []
  if (inspectCandidate(payload.candidate) === 'refused') return []
  const { candidate, sdpMid, sdpMLineIndex } = payload
  const signal: LocalSignal = { type: 'candidate', candidate, sdpMid, sdpMLineIndex }
  return [{ type: 'applySignal', sid: session.sid, signal }]
}

/** What to tell the peer about a signal of our own WebRTC stack; `null` when it is of no use now. */
export function describeSignal(session: Session, signal: LocalSignal): Payload | null {
  if (session.stage === 'up' && session.restart.round > 0) return describeRestart(session, signal)
  if (session.isManual && signal.type === 'offer') return describeInvite(session, signal.sdp)
  if (session.peerNonce === null) return null
  const nonces = { nonce: session.nonce, peerNonce: session.peerNonce }
  if (signal.type === 'candidate') {
    const { candidate, sdpMid, sdpMLineIndex } = signal
    return { kind: 'candidate', ...nonces, candidate, sdpMid, sdpMLineIndex }
  }
  const { sdp } = signal
  if (signal.type === 'offer' && session.stage === 'offering' && session.offerSdp === null) {
    session.offerSdp = sdp
    session.offerFingerprint = ownFingerprint(sdp)
    return { kind: 'offer', ...nonces, sdp }
  }
  if (signal.type === 'answer' && session.offerSdp !== null && session.answerFingerprint === null) {
    session.answerFingerprint = ownFingerprint(sdp)
    return { kind: 'answer', ...nonces, sdp, offerHash: hashText(session.offerSdp) }
  }
  return null
}

/** The description in an invite holds all candidates: nothing can be sent after it. */
function describeInvite(session: Session, sdp: string): Payload | null {
  if (session.offerSdp !== null) return null
  session.offerSdp = sdp
  session.offerFingerprint = ownFingerprint(sdp)
  return { kind: 'invite', nonce: session.nonce, sdp }
}

function ownFingerprint(sdp: string): string {
  const facts = inspectSdp(sdp)
  return defined(facts.ok ? facts.value.fingerprint : null, 'fingerprint of our own description')
}
