import { LIMITS } from '../../kernel/limits.ts'
import { inspectCandidate, inspectSdp } from '../../wire/sdp.ts'
import { RESTART_GAP_MS, RESTARTS } from './constants.ts'
import type { Carrier, IntroductionEffect, LocalSignal } from './effects.ts'
import type { Payload, PayloadOf } from './payloads.ts'
import { hashText, NO_RESTART, type Session } from './session.ts'

/**
 * A link whose network changes keeps its keys and channels and looks for another path (ICE restart, RFC 8445
 * section 9). Only the initiator offers, so the two ends never offer at once; the responder asks it to. What
 * the envelopes say is signed, belongs to the session by its nonces, is newer than the last by its round, and
 * must name the certificate that was proved: a restart can move a link, never hand it to somebody else.
 */

/** Begins a search, or asks the initiator for one. @returns whether anything has to be done. */
export function beginRestart(
  session: Session | undefined,
  carriers: readonly Carrier[],
  now: number,
): { readonly effects: IntroductionEffect[]; readonly payload: Payload | null } {
  const nothing = { effects: [], payload: null }
  if (session === undefined) return nothing
  const { restart, peerNonce, sid } = session
  const isTooSoon = now - restart.startedAt < RESTART_GAP_MS
  if (session.stage !== 'up' || peerNonce === null || isTooSoon || restart.round >= RESTARTS) return nothing
  const round = restart.round + 1
  if (session.role === 'responder') {
    // The round begins with the initiator's description; asking again later is harmless.
    session.restart = { ...restart, startedAt: now, carriers }
    return { effects: [], payload: { kind: 'restart', nonce: session.nonce, peerNonce, round, sdp: null } }
  }
  session.restart = { ...NO_RESTART, round, startedAt: now, carriers, isTaken: false, held: [] }
  session.candidateCount = 0
  return { effects: [{ type: 'restartIce', sid }], payload: null }
}

/** The peer looks for another path: with a description as initiator, without one as responder. */
export function takeRestart(
  session: Session,
  { round, sdp }: PayloadOf<'restart'>,
  carrier: Carrier,
  now: number,
): IntroductionEffect[] {
  if (session.stage !== 'up' || round <= session.restart.round) return []
  if (sdp === null) return session.role === 'initiator' ? beginRestart(session, [carrier], now).effects : []
  const facts = inspectSdp(sdp)
  if (session.role !== 'responder' || !facts.ok || facts.value.fingerprint !== session.offerFingerprint)
    return []
  session.restart = { round, startedAt: now, carriers: [carrier], offerSdp: sdp, isTaken: true, held: [] }
  session.candidateCount = 0
  return [{ type: 'applySignal', sid: session.sid, signal: { type: 'offer', sdp } }]
}

/** The answer to our restart, once. */
export function takeRestarted(session: Session, payload: PayloadOf<'restarted'>): IntroductionEffect[] {
  const { restart, sid } = session
  if (session.stage !== 'up' || session.role !== 'initiator') return []
  if (payload.round !== restart.round || restart.isTaken || restart.offerSdp === null) return []
  const facts = inspectSdp(payload.sdp)
  if (!facts.ok || facts.value.fingerprint !== session.answerFingerprint) return []
  if (payload.offerHash !== hashText(restart.offerSdp)) return []
  session.restart = { ...restart, isTaken: true, held: [] }
  const signals: LocalSignal[] = [{ type: 'answer', sdp: payload.sdp }, ...restart.held]
  return signals.map((signal) => ({ type: 'applySignal', sid, signal }))
}

/**
 * A candidate of a restart. One that overtook its description waits for it: the browser would take it for a
 * candidate of the old path, and simple-peer would end the connection over it.
 */
export function takeRestartCandidate(
  session: Session,
  payload: PayloadOf<'candidate'>,
  round: number,
): IntroductionEffect[] {
  const { restart, sid } = session
  if (session.stage !== 'up' || round !== restart.round) return []
  if (session.candidateCount++ >= LIMITS.candidatesPerSession) return []
  if (inspectCandidate(payload.candidate) === 'refused') return []
  const { candidate, sdpMid, sdpMLineIndex } = payload
  const signal: LocalSignal = { type: 'candidate', candidate, sdpMid, sdpMLineIndex }
  if (restart.isTaken) return [{ type: 'applySignal', sid, signal }]
  restart.held.push(signal)
  return []
}

/** What to tell the peer about a signal of our own stack while the link is up; `null` when it is of no use. */
export function describeRestart(session: Session, signal: LocalSignal): Payload | null {
  const { restart, nonce, peerNonce } = session
  const { round } = restart
  if (peerNonce === null || round === 0) return null
  if (signal.type === 'candidate') {
    const { candidate, sdpMid, sdpMLineIndex } = signal
    return { kind: 'candidate', nonce, peerNonce, candidate, sdpMid, sdpMLineIndex, round }
  }
  const isOurs = (session.role === 'initiator') === (signal.type === 'offer')
  if (!isOurs) return null
  if (signal.type === 'answer') {
    if (restart.offerSdp === null) return null
    return {
      kind: 'restarted',
      nonce,
      peerNonce,
      round,
      sdp: signal.sdp,
      offerHash: hashText(restart.offerSdp),
    }
  }
  session.restart = { ...restart, offerSdp: signal.sdp }
  return { kind: 'restart', nonce, peerNonce, round, sdp: signal.sdp }
}
