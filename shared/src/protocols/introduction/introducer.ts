import { assertNever, type Core } from '../../kernel/core.ts'
import { TwoGenerationSet } from '../../kernel/bounded.ts'
import type { Nonce, PeerId, SessionId } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { randomNonce, randomSessionId } from '../../kernel/random-ids.ts'
import type { SignalEnvelope } from '../../wire/envelope.ts'
import {
  CONNECT_TIMEOUT_MS,
  INVITE_MS,
  OPEN_INVITES,
  PROBE_TIMEOUT_MS,
  SEEN_PERIOD_MS,
  SEEN_SESSIONS,
} from './constants.ts'
import { Door } from './door.ts'
import { describeSignal, takeAnswer, takeCandidate, takeOffer } from './descriptions.ts'
import type {
  Carrier,
  IntroductionEffect,
  IntroductionInput,
  LinkFailure,
  LocalSignal,
  ManualRefusal,
} from './effects.ts'
import { EnvelopeGate } from './envelope-gate.ts'
import type { IntroducerOptions } from './introducer-options.ts'
import { encodePayload, probeOf, type ByeReason, type Payload, type PayloadOf } from './payloads.ts'
import { beginRestart, takeRestart, takeRestarted } from './restarts.ts'
import { Signatures } from './signatures.ts'
import { newSession, type Session, type SessionStage, type SessionStart } from './session.ts'
import { Sessions, type InviteView } from './sessions.ts'

/**
 * Makes links between peers: PROBE -> ACCEPT -> offer -> answer with trickling candidates, each in a signed
 * envelope over whatever way exists, and at the end a proof of both keys over the open channel. No connection
 * is constructed before the other side has accepted.
 */
export class Introducer implements Core<IntroductionInput, IntroductionEffect> {
  readonly #options: IntroducerOptions
  readonly #sessions: Sessions
  readonly #gate: EnvelopeGate
  readonly #signatures: Signatures
  readonly #seenSessions = new TwoGenerationSet<SessionId>(SEEN_PERIOD_MS, SEEN_SESSIONS)
  readonly #door: Door
  #effects: IntroductionEffect[] = []

  constructor(options: IntroducerOptions) {
    this.#options = options
    this.#sessions = new Sessions(options.self)
    this.#door = new Door(this.#sessions, options.accepts)
    this.#gate = new EnvelopeGate(options.self, options.wall)
    this.#signatures = new Signatures(options.self, options.key)
  }

  handle(input: IntroductionInput, now: number): IntroductionEffect[] {
    this.#dispatch(input, now)
    this.#expire(now)
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  wakeAt(): number {
    return this.#sessions.wakeAt()
  }

  /** Negotiations under way; links, and invites that wait for people, excluded. */
  get pendingCount(): number {
    return this.#sessions.pendingCount
  }

  /** Whether so many negotiations may be under way that one more call fits. Half are ours, however many call us. */
  mayCallMore(most: number): boolean {
    return this.#sessions.pendingCount < most || this.#sessions.callCount < most / 2
  }

  /** What became of invites, as long as they are open or links. */
  get invites(): InviteView[] {
    return this.#sessions.inviteViews
  }

  /** How far things are with a peer; `null` when there is neither link nor negotiation. */
  stageOf(peer: PeerId): SessionStage | null {
    return this.#sessions.stageOf(peer)
  }

  #dispatch(input: IntroductionInput, now: number): void {
    switch (input.type) {
      case 'connect':
        return this.#connect(input, now)
      case 'invite':
        return this.#invite(now)
      case 'envelope':
        return this.#admit(input.envelope, input.carrier, now)
      case 'signed':
        return this.#onSigned(input.ticket, input.signature)
      case 'verified':
        return this.#onVerified(input.ticket, input.isValid, now)
      case 'localSignal':
        return this.#onLocalSignal(input.sid, input.signal, now)
      case 'channelOpen':
        return this.#onChannelOpen(input.sid, now)
      case 'channelClosed':
        return this.#onChannelClosed(input.sid)
      case 'proof':
        return this.#onProof(input.sid, input.signature)
      case 'ban':
        return this.#door.ban(input.peer)
      case 'carrierLost':
        return this.#sessions.onCarrierLost(input.carrier, now)
      case 'capacity':
        this.#door.isOpen = input.isOpen
        return
      case 'restart':
        return this.#restart(input.sid, input.carriers, now)
      case 'wake':
        return
      default:
        return assertNever(input)
    }
  }

  #connect(wish: Extract<IntroductionInput, { type: 'connect' }>, now: number): void {
    const { peer, carriers, isBeside = false } = wish
    if (peer === this.#options.self || !this.#sessions.mayCall(peer, isBeside)) return
    const [carrier, ...otherCarriers] = carriers
    if (carrier === undefined || this.#door.isBanned(peer)) {
      const code = carrier === undefined ? 'noWay' : 'refused'
      this.#effects.push({ type: 'linkFailed', peer, code, isDirectCall: false })
      return
    }
    const sid = randomSessionId(this.#options.rng)
    this.#seenSessions.add(sid, now)
    const start = { sid, peer, role: 'initiator', stage: 'probing', carrier, otherCarriers } as const
    const session = this.#open(start, now)
    session.circuit = wish.circuit ?? null
    session.systems = wish.systems ?? []
    session.isBeside = isBeside
    this.#probe(session, carrier, now)
  }

  #probe(session: Session, carrier: Carrier, now: number): void {
    session.carrier = carrier
    session.deadline = now + PROBE_TIMEOUT_MS
    this.#send(session, probeOf(session), now)
  }

  #open(start: SessionStart, now: number): Session {
    const waitMs = start.stage === 'probing' ? PROBE_TIMEOUT_MS : CONNECT_TIMEOUT_MS
    const session = newSession(start, randomNonce(this.#options.rng), now + waitMs)
    this.#sessions.add(session)
    return session
  }

  /** Over several ways at once: which of them still works is what nobody knows now. */
  #restart(sid: SessionId, carriers: readonly Carrier[], now: number): void {
    const session = this.#sessions.get(sid)
    const { effects, payload } = beginRestart(session, carriers, now)
    this.#effects.push(...effects)
    if (session !== undefined && payload !== null) this.#send(session, payload, now)
  }

  #send(session: Session, payload: Payload, now: number): void {
    const { peer, sid, stage, restart, carrier } = session
    const ways = stage === 'up' && restart.carriers.length > 0 ? restart.carriers : [carrier]
    for (const way of ways) this.#sendTo(peer, sid, way, payload, now)
  }

  #sendTo(to: PeerId, sid: SessionId, carrier: Carrier, payload: Payload, now: number): void {
    const [expiry, text] = [this.#gate.expiryFor(carrier, now), encodePayload(payload)]
    const header = { v: 1, kind: payload.kind, to, from: this.#options.self, sid } as const
    this.#effects.push(this.#signatures.signEnvelope({ ...header, expiry, payload: text }, carrier))
  }

  #admit(envelope: SignalEnvelope, carrier: Carrier, now: number): void {
    const check = this.#gate.admit(envelope, carrier, this.#signatures.nextTicket(), now)
    if (check.ok) this.#effects.push(check.value)
    else this.#refuse(carrier, check.code)
  }

  /** A person who pasted something is told; to others we say nothing. */
  #refuse(carrier: Carrier, code: ManualRefusal): void {
    if (carrier === 'manual') this.#effects.push({ type: 'manualRefused', code })
  }

  /** The oldest invite without a reply makes room for a new one. */
  #invite(now: number): void {
    const open = this.#sessions.invites()
    if (open.length >= OPEN_INVITES && open[0] !== undefined) this.#forget(open[0])
    const sid = randomSessionId(this.#options.rng)
    const peer = this.#options.self
    const start = { sid, peer, role: 'initiator', stage: 'offering', carrier: 'manual' } as const
    this.#open({ ...start, otherCarriers: [] }, now).deadline = now + INVITE_MS
    const how = { isInitiator: true, isTrickling: false, circuit: null } as const
    this.#effects.push({ type: 'openConnection', sid, peer, ...how })
  }

  /** Somebody brought an invite: the answer goes back the same way. */
  #onInvite(envelope: SignalEnvelope, payload: PayloadOf<'invite'>, now: number): void {
    const existing = this.#sessions.of(envelope.from)
    if (this.#door.isBanned(envelope.from) || existing?.stage === 'up')
      return this.#refuse('manual', existing === undefined ? 'notForUs' : 'alreadyLinked')
    if (!this.#seenSessions.add(envelope.sid, now)) return this.#refuse('manual', 'unknownInvite')
    if (existing !== undefined) this.#forget(existing)
    const { sid, from: peer } = envelope
    const start = { sid, peer, role: 'responder', stage: 'accepted', carrier: 'manual' } as const
    const session = this.#open({ ...start, otherCarriers: [] }, now)
    session.peerKey = envelope.key
    session.peerNonce = payload.nonce
    session.deadline = now + INVITE_MS
    const effects = takeOffer(session, payload.sdp)
    this.#effects.push(...effects)
    if (effects.length > 0) return
    this.#forget(session)
    this.#refuse('manual', 'badPayload')
  }

  /** The reply to an invite says who took it; the first one counts. */
  #bindInvite(session: Session, envelope: SignalEnvelope, peerNonce: Nonce, now: number): boolean {
    const existing = this.#sessions.of(envelope.from)
    if (this.#door.isBanned(envelope.from) || existing?.stage === 'up') {
      this.#refuse('manual', existing === undefined ? 'notForUs' : 'alreadyLinked')
      return false
    }
    if (existing !== undefined) this.#forget(existing)
    session.peer = envelope.from
    session.peerKey = envelope.key
    session.peerNonce = peerNonce
    session.deadline = now + CONNECT_TIMEOUT_MS
    this.#sessions.counts(session)
    return true
  }

  #onSigned(ticket: number, signature: string): void {
    const signed = this.#signatures.onSigned(ticket, signature)
    if (signed === null) return
    if (signed.type === 'envelope') {
      this.#effects.push({ type: 'route', envelope: signed.envelope, carrier: signed.carrier })
      return
    }
    const session = this.#sessions.get(signed.sid)
    if (session === undefined) return
    session.proofs.sent = true
    this.#effects.push({ type: 'sendProof', sid: session.sid, signature })
    this.#finish(session)
  }

  #onVerified(ticket: number, isValid: boolean, now: number): void {
    const proofOf = this.#signatures.takeProofCheck(ticket)
    if (proofOf !== undefined) return this.#onProofChecked(proofOf, isValid)
    const admitted = this.#gate.take(ticket)
    if (admitted === null) return
    const { envelope, payload, carrier } = admitted
    if (isValid) this.#onPayload(envelope, payload, carrier, now)
    else this.#refuse(carrier, 'badSignature')
  }

  #onPayload(envelope: SignalEnvelope, payload: Payload, carrier: Carrier, now: number): void {
    if (payload.kind === 'probe') return this.#onProbe(envelope, payload, carrier, now)
    if (payload.kind === 'invite') return this.#onInvite(envelope, payload, now)
    const session = this.#sessions.get(envelope.sid)
    const isOpenInvite = session?.peer === this.#options.self && payload.kind === 'answer'
    if (session === undefined || (session.peer !== envelope.from && !isOpenInvite))
      return this.#refuse(carrier, 'unknownInvite')
    if (carrier === 'manual' && session.stage === 'up') return this.#refuse(carrier, 'alreadyLinked')
    // An open invite is answered by hand, as it was given.
    const isByHand = session.isManual && session.stage !== 'up'
    if (isByHand !== (carrier === 'manual')) return this.#refuse(carrier, 'unknownInvite')
    if (payload.kind === 'bye') return this.#onBye(session, payload.reason)
    // Each side names both nonces: an envelope of another negotiation, or of an earlier run, does not fit.
    if (payload.peerNonce !== session.nonce) return this.#refuse(carrier, 'unknownInvite')
    if (session.peerNonce !== null && payload.nonce !== session.peerNonce) return
    if (isOpenInvite && !this.#bindInvite(session, envelope, payload.nonce, now)) return
    session.carrier = carrier
    if (payload.kind === 'accept') this.#onAccept(session, envelope, payload, now)
    else if (payload.kind === 'offer') this.#onOffer(session, payload)
    else if (payload.kind === 'restart') this.#effects.push(...takeRestart(session, payload, carrier, now))
    else if (payload.kind === 'restarted') this.#effects.push(...takeRestarted(session, payload))
    else if (payload.kind === 'answer') this.#effects.push(...takeAnswer(session, payload))
    else this.#effects.push(...takeCandidate(session, payload))
  }

  #onProbe(envelope: SignalEnvelope, payload: PayloadOf<'probe'>, carrier: Carrier, now: number): void {
    if (!this.#seenSessions.add(envelope.sid, now)) return
    const { sid, from: peer } = envelope
    const isBeside = payload.isBeside === true
    if (isBeside && this.#sessions.hasPath(peer)) return
    // A link stays until the offer: a probe may be an old one that somebody sends again.
    const rival = this.#sessions.rivalOf(peer)
    const isRace = rival?.role === 'initiator' && (isBeside || this.#sessions.of(peer) === rival)
    // Both called at once: the call of the smaller id stands.
    if (isRace && this.#options.self < peer) {
      // Our probe may have gone out before the peer was there: now it is, and can be reached this way. Once is enough.
      if (rival.stage !== 'probing' || rival.wasRepeated) return
      rival.wasRepeated = true
      return this.#probe(rival, carrier, now)
    }
    const objection = this.#door.admit(peer, carrier, payload.systems ?? [])
    if (objection !== null) {
      this.#sendTo(peer, sid, carrier, { kind: 'bye', reason: objection }, now)
      // Our own call is over as well, since theirs would have stood.
      if (isRace) this.#fail(rival, 'busy')
      return
    }
    if (rival !== undefined) this.#forget(rival)
    const start = { sid, peer, role: 'responder', stage: 'accepted', carrier } as const
    const session = this.#open({ ...start, otherCarriers: [] }, now)
    session.peerKey = envelope.key
    session.peerNonce = payload.nonce
    session.isBeside = isBeside
    // Whoever calls anew, again and again, has no more time for it than one call has.
    if (rival?.role === 'responder') session.deadline = Math.min(session.deadline, rival.deadline)
    this.#send(session, { kind: 'accept', nonce: session.nonce, peerNonce: payload.nonce }, now)
  }

  /** It names our fresh nonce, so the other side really calls anew: it lost the link without our noticing. */
  #onOffer(session: Session, { sdp }: PayloadOf<'offer'>): void {
    const effects = takeOffer(session, sdp)
    const link = this.#sessions.of(session.peer)
    const isLost = effects.length > 0 && !session.isBeside
    if (isLost && link !== undefined && link !== session) this.#close(link)
    this.#effects.push(...effects)
  }

  #onAccept(session: Session, envelope: SignalEnvelope, payload: PayloadOf<'accept'>, now: number): void {
    if (session.stage !== 'probing') return
    session.peerKey = envelope.key
    session.peerNonce = payload.nonce
    session.stage = 'offering'
    session.deadline = now + CONNECT_TIMEOUT_MS
    const { sid, peer, circuit } = session
    this.#effects.push({ type: 'openConnection', sid, peer, isInitiator: true, isTrickling: true, circuit })
  }

  #onLocalSignal(sid: SessionId, signal: LocalSignal, now: number): void {
    const session = this.#sessions.get(sid)
    const payload = session === undefined ? null : describeSignal(session, signal)
    if (session !== undefined && payload !== null) this.#send(session, payload, now)
  }

  #onChannelOpen(sid: SessionId, now: number): void {
    const session = this.#sessions.get(sid)
    if (session === undefined || (session.stage !== 'offering' && session.stage !== 'answering')) return
    session.stage = 'proving'
    session.deadline = Math.min(session.deadline, now + LIMITS.unauthenticatedMs)
    this.#effects.push(this.#signatures.signProof(session))
  }

  #onProof(sid: SessionId, signature: string): void {
    const session = this.#sessions.get(sid)
    if (session?.stage === 'proving' && session.peerKey !== null)
      this.#effects.push(this.#signatures.checkProof(session, session.peerKey, signature))
    else if (session !== undefined && session.stage !== 'up') this.#fail(session, 'badProof')
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
    const link = this.#sessions.of(session.peer)
    if (link !== undefined && link !== session) this.#close(link)
    this.#door.linked(session.peer)
    this.#effects.push({ type: 'linkUp', sid: session.sid, peer: session.peer })
  }

  #onBye(session: Session, reason: ByeReason): void {
    if (session.stage !== 'up') this.#fail(session, reason === 'busy' ? 'busy' : 'refused')
  }

  #onChannelClosed(sid: SessionId): void {
    const session = this.#sessions.get(sid)
    if (session === undefined) return
    if (session.stage === 'up') this.#close(session)
    else this.#fail(session, 'iceFailed')
  }

  #close(session: Session): void {
    this.#forget(session)
    this.#effects.push({ type: 'linkDown', sid: session.sid, peer: session.peer })
  }

  #fail(session: Session, code: LinkFailure): void {
    this.#forget(session)
    // An invite that nobody took is nobody's failure, and a call beside a link leaves the link.
    if (session.peer === this.#options.self || this.#sessions.of(session.peer) !== undefined) return
    const isDirectCall = session.role === 'initiator' && session.circuit === null
    this.#effects.push({ type: 'linkFailed', peer: session.peer, code, isDirectCall })
  }

  #forget(session: Session): void {
    this.#sessions.remove(session)
    if (session.stage !== 'probing' && session.stage !== 'accepted')
      this.#effects.push({ type: 'closeConnection', sid: session.sid })
  }

  #expire(now: number): void {
    for (const session of this.#sessions.all()) {
      if (session.stage === 'up' || now < session.deadline) continue
      const next = session.stage === 'probing' ? session.otherCarriers.shift() : undefined
      if (next !== undefined) this.#probe(session, next, now)
      else this.#fail(session, session.stage === 'probing' ? 'noAnswer' : 'timeout')
    }
  }
}
