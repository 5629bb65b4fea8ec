import { assertNever, type Core } from '../../kernel/core.ts'
import { BoundedMap, TwoGenerationSet } from '../../kernel/bounded.ts'
import { toHex } from '../../kernel/bytes.ts'
import { parseNonce, parseSessionId, type Nonce, type PeerId, type SessionId } from '../../kernel/ids.ts'
import { defined } from '../../kernel/invariant.ts'
import { LIMITS } from '../../kernel/limits.ts'
import type { Rng } from '../../kernel/rng.ts'
import { signedText, type SignalEnvelope, type UnsignedEnvelope } from '../../wire/envelope.ts'
import { inspectCandidate, inspectSdp } from '../../wire/sdp.ts'
import {
  CARRIER_LOST_MS,
  CONNECT_TIMEOUT_MS,
  EXPIRY_MS,
  PROBE_TIMEOUT_MS,
  SEEN_PERIOD_MS,
  SEEN_SESSIONS,
} from './constants.ts'
import type { Carrier, IntroductionEffect, IntroductionInput, LinkFailure, LocalSignal } from './effects.ts'
import { EnvelopeGate } from './envelope-gate.ts'
import { encodePayload, type ByeReason, type Payload, type PayloadOf } from './payloads.ts'
import { hashText, transcript, type Session, type SessionStage } from './session.ts'

/** What is waiting for a signature of ours. */
type Signing =
  { readonly envelope: UnsignedEnvelope; readonly carrier: Carrier } | { readonly proofOf: SessionId }

export interface IntroducerOptions {
  readonly self: PeerId
  /** Our public key in hex. */
  readonly key: string
  readonly rng: Rng
}

/**
 * Makes links between peers: PROBE -> ACCEPT -> offer -> answer with trickling candidates, each in a signed
 * envelope over whatever way exists, and at the end a proof of both keys over the open channel. No connection
 * is constructed before the other side has accepted.
 */
export class Introducer implements Core<IntroductionInput, IntroductionEffect> {
  readonly #options: IntroducerOptions
  readonly #sessions = new Map<SessionId, Session>()
  readonly #byPeer = new Map<PeerId, Session>()
  readonly #gate: EnvelopeGate
  readonly #signing = new Map<number, Signing>()
  readonly #proofChecks = new Map<number, SessionId>()
  readonly #seenSessions = new TwoGenerationSet<SessionId>(SEEN_PERIOD_MS, SEEN_SESSIONS)
  readonly #banned = new BoundedMap<PeerId, true>(4096)
  #isOpen = true
  #nextTicket = 0
  #effects: IntroductionEffect[] = []

  constructor(options: IntroducerOptions) {
    this.#options = options
    this.#gate = new EnvelopeGate(options.self)
  }

  handle(input: IntroductionInput, now: number): IntroductionEffect[] {
    this.#dispatch(input, now)
    this.#expire(now)
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  wakeAt(): number {
    let at = Infinity
    for (const session of this.#sessions.values())
      if (session.stage !== 'up') at = Math.min(at, session.deadline)
    return at
  }

  /** Negotiations under way, links excluded. */
  get pendingCount(): number {
    let pending = 0
    for (const session of this.#sessions.values()) if (session.stage !== 'up') pending++
    return pending
  }

  /** How far things are with a peer; `null` when there is neither link nor negotiation. */
  stageOf(peer: PeerId): SessionStage | null {
    return this.#byPeer.get(peer)?.stage ?? null
  }

  #dispatch(input: IntroductionInput, now: number): void {
    switch (input.type) {
      case 'connect':
        return this.#connect(input.peer, input.carriers, now)
      case 'envelope': {
        const check = this.#gate.admit(input.envelope, input.carrier, this.#nextTicket, now)
        if (check === null) return
        this.#nextTicket++
        this.#effects.push(check)
        return
      }
      case 'signed':
        return this.#onSigned(input.ticket, input.signature)
      case 'verified':
        return this.#onVerified(input.ticket, input.isValid, now)
      case 'localSignal':
        return this.#onLocalSignal(input.sid, input.signal, now)
      case 'channelOpen':
        return this.#onChannelOpen(input.sid)
      case 'channelClosed':
        return this.#onChannelClosed(input.sid)
      case 'proof':
        return this.#onProof(input.sid, input.signature)
      case 'ban':
        this.#banned.set(input.peer, true)
        return
      case 'carrierLost':
        return this.#onCarrierLost(input.carrier, now)
      case 'capacity':
        this.#isOpen = input.isOpen
        return
      case 'wake':
        return
      default:
        return assertNever(input)
    }
  }

  #connect(peer: PeerId, carriers: readonly Carrier[], now: number): void {
    if (peer === this.#options.self || this.#byPeer.has(peer)) return
    const [carrier, ...otherCarriers] = carriers
    if (carrier === undefined || this.#banned.has(peer)) {
      this.#effects.push({ type: 'linkFailed', peer, code: carrier === undefined ? 'noWay' : 'refused' })
      return
    }
    const sid = defined(parseSessionId(toHex(this.#options.rng.bytes(16))), 'session id')
    this.#seenSessions.add(sid, now)
    const session = this.#open(
      { sid, peer, role: 'initiator', stage: 'probing', carrier, otherCarriers },
      now,
    )
    this.#send(session, { kind: 'probe', nonce: session.nonce }, now)
  }

  #open(
    start: Pick<Session, 'sid' | 'peer' | 'role' | 'stage' | 'carrier' | 'otherCarriers'>,
    now: number,
  ): Session {
    const isProbe = start.stage === 'probing'
    const session: Session = {
      ...start,
      nonce: this.#newNonce(),
      peerKey: null,
      peerNonce: null,
      deadline: now + (isProbe ? PROBE_TIMEOUT_MS : CONNECT_TIMEOUT_MS),
      offerSdp: null,
      offerFingerprint: null,
      answerFingerprint: null,
      candidateCount: 0,
      proofs: { sent: false, received: false },
    }
    this.#sessions.set(session.sid, session)
    this.#byPeer.set(session.peer, session)
    return session
  }

  #newNonce(): Nonce {
    return defined(parseNonce(toHex(this.#options.rng.bytes(16))), 'nonce')
  }

  #send(session: Session, payload: Payload, now: number): void {
    const { peer: to, sid, carrier } = session
    const text = encodePayload(payload)
    this.#signAndRoute(
      {
        v: 1,
        kind: payload.kind,
        to,
        from: this.#options.self,
        sid,
        expiry: Math.floor(now) + EXPIRY_MS,
        payload: text,
      },
      carrier,
    )
  }

  #signAndRoute(envelope: UnsignedEnvelope, carrier: Carrier): void {
    const ticket = this.#nextTicket++
    this.#signing.set(ticket, { envelope, carrier })
    this.#effects.push({ type: 'sign', ticket, text: signedText(envelope) })
  }

  #onSigned(ticket: number, signature: string): void {
    const signing = this.#signing.get(ticket)
    this.#signing.delete(ticket)
    if (signing === undefined) return
    if ('proofOf' in signing) {
      const session = this.#sessions.get(signing.proofOf)
      if (session === undefined) return
      session.proofs.sent = true
      this.#effects.push({ type: 'sendProof', sid: session.sid, signature })
      this.#finish(session)
      return
    }
    const envelope: SignalEnvelope = { ...signing.envelope, key: this.#options.key, signature, route: [] }
    this.#effects.push({ type: 'route', envelope, carrier: signing.carrier })
  }

  #onVerified(ticket: number, isValid: boolean, now: number): void {
    const proofOf = this.#proofChecks.get(ticket)
    if (proofOf !== undefined) {
      this.#proofChecks.delete(ticket)
      this.#onProofChecked(proofOf, isValid)
      return
    }
    const admitted = this.#gate.take(ticket)
    if (admitted === null || !isValid) return
    this.#onPayload(admitted.envelope, admitted.payload, admitted.carrier, now)
  }

  #onPayload(envelope: SignalEnvelope, payload: Payload, carrier: Carrier, now: number): void {
    if (payload.kind === 'probe') return this.#onProbe(envelope, payload, carrier, now)
    const session = this.#sessions.get(envelope.sid)
    if (session?.peer !== envelope.from) return
    if (payload.kind === 'bye') return this.#onBye(session, payload.reason)
    // Each side names both nonces: an envelope of another negotiation, or of an earlier run, does not fit.
    if (payload.peerNonce !== session.nonce) return
    if (session.peerNonce !== null && payload.nonce !== session.peerNonce) return
    session.carrier = carrier
    if (payload.kind === 'accept') return this.#onAccept(session, envelope, payload, now)
    if (payload.kind === 'offer') return this.#onOffer(session, payload)
    if (payload.kind === 'answer') return this.#onAnswer(session, payload)
    this.#onCandidate(session, payload)
  }

  #onProbe(envelope: SignalEnvelope, payload: PayloadOf<'probe'>, carrier: Carrier, now: number): void {
    if (!this.#seenSessions.add(envelope.sid, now)) return
    const existing = this.#byPeer.get(envelope.from)
    if (existing !== undefined && existing.stage !== 'up') {
      // Both called at once: the call of the smaller id stands.
      const mineStands = existing.role === 'initiator' && this.#options.self < envelope.from
      if (mineStands) return
      this.#forget(existing)
    } else if (existing !== undefined) {
      // The other side lost the link without our noticing: it would not call otherwise.
      this.#close(existing)
    }
    const start = {
      sid: envelope.sid,
      peer: envelope.from,
      role: 'responder',
      stage: 'accepted',
      carrier,
    } as const
    if (
      !this.#isOpen ||
      this.pendingCount >= LIMITS.pendingNegotiations * 2 ||
      this.#banned.has(envelope.from)
    ) {
      const reason: ByeReason = this.#banned.has(envelope.from) ? 'banned' : 'busy'
      const bye = encodePayload({ kind: 'bye', reason })
      const { sid, from } = envelope
      const expiry = Math.floor(now) + EXPIRY_MS
      this.#signAndRoute(
        { v: 1, kind: 'bye', to: from, from: this.#options.self, sid, expiry, payload: bye },
        carrier,
      )
      return
    }
    const session = this.#open({ ...start, otherCarriers: [] }, now)
    session.peerKey = envelope.key
    session.peerNonce = payload.nonce
    this.#send(session, { kind: 'accept', nonce: session.nonce, peerNonce: payload.nonce }, now)
  }

  #onAccept(session: Session, envelope: SignalEnvelope, payload: PayloadOf<'accept'>, now: number): void {
    if (session.stage !== 'probing') return
    session.peerKey = envelope.key
    session.peerNonce = payload.nonce
    session.stage = 'offering'
    session.deadline = now + CONNECT_TIMEOUT_MS
    this.#effects.push({ type: 'openConnection', sid: session.sid, peer: session.peer, isInitiator: true })
  }

  #onOffer(session: Session, payload: PayloadOf<'offer'>): void {
    if (session.stage !== 'accepted') return
    const facts = inspectSdp(payload.sdp)
    if (!facts.ok) return
    session.stage = 'answering'
    session.offerSdp = payload.sdp
    session.offerFingerprint = facts.value.fingerprint
    this.#effects.push(
      { type: 'openConnection', sid: session.sid, peer: session.peer, isInitiator: false },
      { type: 'applySignal', sid: session.sid, signal: { type: 'offer', sdp: payload.sdp } },
    )
  }

  #onAnswer(session: Session, payload: PayloadOf<'answer'>): void {
    if (session.stage !== 'offering' || session.offerSdp === null || session.answerFingerprint !== null)
      return
    const facts = inspectSdp(payload.sdp)
    if (!facts.ok || payload.offerHash !== hashText(session.offerSdp)) return
    session.answerFingerprint = facts.value.fingerprint
    this.#effects.push({
      type: 'applySignal',
      sid: session.sid,
      signal: { type: 'answer', sdp: payload.sdp },
    })
  }

  #onCandidate(session: Session, payload: PayloadOf<'candidate'>): void {
    if (session.stage === 'probing' || session.stage === 'accepted') return
    if (session.candidateCount++ >= LIMITS.candidatesPerSession) return
    if (inspectCandidate(payload.candidate) === 'refused') return
    const { candidate, sdpMid, sdpMLineIndex } = payload
    const signal: LocalSignal = { type: 'candidate', candidate, sdpMid, sdpMLineIndex }
    this.#effects.push({ type: 'applySignal', sid: session.sid, signal })
  }

  #onLocalSignal(sid: SessionId, signal: LocalSignal, now: number): void {
    const session = this.#sessions.get(sid)
    if (session === undefined || session.peerNonce === null) return
    const nonces = { nonce: session.nonce, peerNonce: session.peerNonce }
    if (signal.type === 'candidate') {
      this.#send(session, { kind: 'candidate', ...nonces, ...without(signal) }, now)
      return
    }
    const facts = inspectSdp(signal.sdp)
    const fingerprint = defined(
      facts.ok ? facts.value.fingerprint : null,
      'fingerprint of our own description',
    )
    if (signal.type === 'offer' && session.stage === 'offering' && session.offerSdp === null) {
      session.offerSdp = signal.sdp
      session.offerFingerprint = fingerprint
      this.#send(session, { kind: 'offer', ...nonces, sdp: signal.sdp }, now)
    } else if (signal.type === 'answer' && session.offerSdp !== null && session.answerFingerprint === null) {
      session.answerFingerprint = fingerprint
      const offerHash = hashText(session.offerSdp)
      this.#send(session, { kind: 'answer', ...nonces, sdp: signal.sdp, offerHash }, now)
    }
  }

  #onChannelOpen(sid: SessionId): void {
    const session = this.#sessions.get(sid)
    if (session === undefined || (session.stage !== 'offering' && session.stage !== 'answering')) return
    session.stage = 'proving'
    const ticket = this.#nextTicket++
    this.#signing.set(ticket, { proofOf: sid })
    this.#effects.push({ type: 'sign', ticket, text: transcript(session, this.#options.self, session.role) })
  }

  #onProof(sid: SessionId, signature: string): void {
    const session = this.#sessions.get(sid)
    if (session?.stage !== 'proving' || session.peerKey === null) {
      if (session !== undefined && session.stage !== 'up') this.#fail(session, 'badProof')
      return
    }
    const ticket = this.#nextTicket++
    this.#proofChecks.set(ticket, sid)
    const signer = session.role === 'initiator' ? 'responder' : 'initiator'
    const text = transcript(session, this.#options.self, signer)
    this.#effects.push({ type: 'verify', ticket, key: session.peerKey, text, signature })
  }

  #onProofChecked(sid: SessionId, isValid: boolean): void {
    const session = this.#sessions.get(sid)
    if (session?.stage !== 'proving') return
    if (!isValid) return this.#fail(session, 'badProof')
    session.proofs.received = true
    this.#finish(session)
  }

  #finish(session: Session): void {
    if (session.stage !== 'proving' || !session.proofs.sent || !session.proofs.received) return
    session.stage = 'up'
    this.#effects.push({ type: 'linkUp', sid: session.sid, peer: session.peer })
  }

  #onBye(session: Session, reason: ByeReason): void {
    if (session.stage === 'up') return
    this.#fail(session, reason === 'busy' ? 'busy' : 'refused')
  }

  #onChannelClosed(sid: SessionId): void {
    const session = this.#sessions.get(sid)
    if (session === undefined) return
    if (session.stage === 'up') this.#close(session)
    else this.#fail(session, 'iceFailed')
  }

  #onCarrierLost(carrier: Carrier, now: number): void {
    for (const session of this.#sessions.values()) {
      if (session.stage === 'up' || session.carrier !== carrier) continue
      // Nothing was agreed on a probe yet: it goes out anew over the next way at once.
      const graceMs = session.stage === 'probing' ? 0 : CARRIER_LOST_MS
      session.deadline = Math.min(session.deadline, now + graceMs)
    }
  }

  #close(session: Session): void {
    this.#forget(session)
    this.#effects.push({ type: 'linkDown', sid: session.sid, peer: session.peer })
  }

  #fail(session: Session, code: LinkFailure): void {
    this.#forget(session)
    this.#effects.push({ type: 'linkFailed', peer: session.peer, code })
  }

  #forget(session: Session): void {
    this.#sessions.delete(session.sid)
    if (this.#byPeer.get(session.peer) === session) this.#byPeer.delete(session.peer)
    if (session.stage !== 'probing' && session.stage !== 'accepted') {
      this.#effects.push({ type: 'closeConnection', sid: session.sid })
    }
  }

  #expire(now: number): void {
    for (const session of [...this.#sessions.values()]) {
      if (session.stage === 'up' || now < session.deadline) continue
      const next = session.stage === 'probing' ? session.otherCarriers.shift() : undefined
      if (next === undefined) {
        this.#fail(session, session.stage === 'probing' ? 'noAnswer' : 'timeout')
        continue
      }
      session.carrier = next
      session.deadline = now + PROBE_TIMEOUT_MS
      this.#send(session, { kind: 'probe', nonce: session.nonce }, now)
    }
  }
}

function without(signal: Extract<LocalSignal, { type: 'candidate' }>): Omit<typeof signal, 'type'> {
  const { type: _, ...fields } = signal
  return fields
}
