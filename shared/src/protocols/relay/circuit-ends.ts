import { randomNonce } from '../../kernel/random-ids.ts'
import { assertNever, type Core } from '../../kernel/core.ts'
import { BoundedMap } from '../../kernel/bounded.ts'
import type { Bytes } from '../../kernel/bytes.ts'
import { Deadlines } from '../../kernel/deadlines.ts'
import { type PeerId, type SessionId } from '../../kernel/ids.ts'
import { shuffled, type Rng } from '../../kernel/rng.ts'
import type { CircuitId, CircuitRef } from '../../wire/circuit-description.ts'
import { Circuit, type CircuitStep } from './circuit.ts'
import { ASK_MS, INCOMING_KEPT, RELAYS_ASKED } from './constants.ts'
import type { RelayMessage } from './messages.ts'

export type CircuitEndsInput =
  /** No direct path leads to this peer: ask neighbours for a circuit. */
  | { readonly type: 'reach'; readonly peer: PeerId; readonly relays: readonly PeerId[] }
  | { readonly type: 'message'; readonly from: PeerId; readonly message: RelayMessage }
  /** A link of our own is gone, and with it what it carried. */
  | { readonly type: 'linkDown'; readonly peer: PeerId }
  /** A negotiation over a circuit begins at this end. */
  | { readonly type: 'bind'; readonly sid: SessionId; readonly peer: PeerId; readonly ref: CircuitRef }
  | { readonly type: 'unbind'; readonly sid: SessionId }
  /** What came of an attempt to link with the peer, by circuit or not. */
  | { readonly type: 'linked' | 'failed'; readonly peer: PeerId }
  /** A frame for the far end. */
  | { readonly type: 'sealed'; readonly sid: SessionId; readonly bytes: Bytes }
  | { readonly type: 'wake' }

export type CircuitEndsEffect =
  | { readonly type: 'send'; readonly to: PeerId; readonly message: RelayMessage }
  /** A circuit is there: introduce ourselves over it. */
  | { readonly type: 'connect'; readonly peer: PeerId; readonly ref: CircuitRef }
  /** No neighbour carries a circuit to the peer. */
  | { readonly type: 'unreachable'; readonly peer: PeerId }
  | { readonly type: 'arrived'; readonly sid: SessionId; readonly bytes: Bytes }
  | { readonly type: 'congested' | 'writable'; readonly sid: SessionId }
  /** The circuit is gone, or was never there. */
  | { readonly type: 'lost'; readonly sid: SessionId }

/** `asking`: whether that relay has a way to the peer; `connecting`: it has. */
interface Attempt {
  readonly peer: PeerId
  readonly others: PeerId[]
  ref: CircuitRef
  state: 'asking' | 'connecting'
}

/** The ends of circuits: finds relays for peers that no direct path leads to, and carries sealed frames. */
export class CircuitEnds implements Core<CircuitEndsInput, CircuitEndsEffect> {
  readonly #attempts = new Map<PeerId, Attempt>()
  readonly #deadlines = new Deadlines<PeerId>()
  /** Circuits towards us, by their word. */
  readonly #incoming = new BoundedMap<CircuitId, { readonly relay: PeerId; readonly from: PeerId }>(
    INCOMING_KEPT,
  )
  readonly #bySid = new Map<SessionId, Circuit>()
  readonly #byId = new Map<CircuitId, Circuit>()
  #effects: CircuitEndsEffect[] = []

  constructor(readonly rng: Rng) {}

  /** Whether a relay is being looked for, or was found: no other attempt should be made meanwhile. */
  isReaching(peer: PeerId): boolean {
    return this.#attempts.has(peer)
  }

  /** Whether links with this neighbour carry circuits of ours. */
  needs(peer: PeerId): boolean {
    for (const { ref } of this.#byId.values()) if (ref.relay === peer) return true
    for (const { ref } of this.#attempts.values()) if (ref.relay === peer) return true
    return false
  }

  handle(input: CircuitEndsInput, now: number): CircuitEndsEffect[] {
    this.#dispatch(input, now)
    for (const peer of this.#deadlines.due(now)) {
      this.#abandon(peer)
      this.#next(peer, now)
    }
    return this.#effects.splice(0)
  }

  wakeAt(): number {
    return this.#deadlines.earliest()
  }

  #dispatch(input: CircuitEndsInput, now: number): void {
    switch (input.type) {
      case 'reach':
        return this.#reach(input.peer, input.relays, now)
      case 'message':
        return this.#onMessage(input.from, input.message, now)
      case 'linkDown':
        return this.#onLinkDown(input.peer, now)
      case 'bind':
        return this.#bind(input.sid, input.peer, input.ref)
      case 'unbind':
        return this.#unbind(input.sid)
      case 'linked':
        this.#abandon(input.peer)
        this.#attempts.delete(input.peer)
        return this.#deadlines.clear(input.peer)
      case 'failed':
        if (this.#attempts.get(input.peer)?.state !== 'connecting') return
        this.#abandon(input.peer)
        return this.#next(input.peer, now)
      case 'sealed':
        return this.#apply(this.#bySid.get(input.sid), (circuit) => circuit.send(input.bytes))
      case 'wake':
        return
      default:
        assertNever(input)
    }
  }

  /** Which neighbour has a way to the peer nobody knows: they are asked in any order. */
  #reach(peer: PeerId, relays: readonly PeerId[], now: number): void {
    if (this.#attempts.has(peer)) return
    const [first, ...others] = shuffled(
      this.rng,
      relays.filter((relay) => relay !== peer),
    ).slice(0, RELAYS_ASKED)
    if (first === undefined) return
    const ref = { relay: first, id: this.#newId() }
    this.#attempts.set(peer, { peer, others, ref, state: 'asking' })
    this.#ask(peer, ref, now)
  }

  #ask(peer: PeerId, { relay, id }: CircuitRef, now: number): void {
    this.#deadlines.set(peer, now + ASK_MS)
    this.#send(relay, { type: 'open', circuit: id, to: peer })
  }

  /** The relay need not keep a place for what was asked for and is not used. */
  #abandon(peer: PeerId): void {
    const ref = this.#attempts.get(peer)?.ref
    if (ref !== undefined && !this.#byId.has(ref.id))
      this.#send(ref.relay, { type: 'close', circuit: ref.id })
  }

  #next(peer: PeerId, now: number): void {
    const attempt = this.#attempts.get(peer)
    const relay = attempt?.others.shift()
    if (attempt === undefined) return
    if (relay === undefined) {
      this.#attempts.delete(peer)
      this.#deadlines.clear(peer)
      this.#effects.push({ type: 'unreachable', peer })
      return
    }
    attempt.state = 'asking'
    attempt.ref = { relay, id: this.#newId() }
    this.#ask(peer, attempt.ref, now)
  }

  #onMessage(from: PeerId, message: RelayMessage, now: number): void {
    switch (message.type) {
      case 'opened':
      case 'refused':
        return this.#onAnswer(from, message, now)
      case 'incoming':
        this.#incoming.set(message.circuit, { relay: from, from: message.from })
        return
      case 'data':
        return this.#apply(this.#carried(from, message.circuit), (circuit) =>
          circuit.onPart(message.bytes, message.isLast),
        )
      case 'credit':
        return this.#apply(this.#carried(from, message.circuit), (circuit) => circuit.onCredit(message.bytes))
      case 'close':
        return this.#onClose(from, message.circuit, now)
      case 'open':
        return
      default:
        assertNever(message)
    }
  }

  #onAnswer(from: PeerId, message: Extract<RelayMessage, { type: 'opened' | 'refused' }>, now: number): void {
    const attempt = this.#attemptOf(from, message.circuit)
    if (attempt?.state !== 'asking') return
    if (message.type === 'refused') return this.#next(attempt.peer, now)
    attempt.state = 'connecting'
    // From here on the negotiation has its own limits.
    this.#deadlines.clear(attempt.peer)
    this.#effects.push({ type: 'connect', peer: attempt.peer, ref: attempt.ref })
  }

  #onClose(from: PeerId, id: CircuitId, now: number): void {
    const circuit = this.#carried(from, id)
    if (circuit !== undefined) return this.#lose(circuit)
    const attempt = this.#attemptOf(from, id)
    if (attempt !== undefined) this.#next(attempt.peer, now)
    if (this.#incoming.get(id)?.relay === from) this.#incoming.delete(id)
  }

  #onLinkDown(peer: PeerId, now: number): void {
    for (const circuit of [...this.#byId.values()]) if (circuit.ref.relay === peer) this.#lose(circuit)
    for (const attempt of [...this.#attempts.values()])
      if (attempt.ref.relay === peer && attempt.state === 'asking') this.#next(attempt.peer, now)
  }

  /** Only over a circuit that we asked for, or that its relay told us of. */
  #bind(sid: SessionId, peer: PeerId, ref: CircuitRef): void {
    const told = this.#incoming.get(ref.id)
    const isOurs = this.#attempts.get(peer)?.ref.id === ref.id
    const isTold = told?.relay === ref.relay && told.from === peer
    if ((!isOurs && !isTold) || this.#byId.has(ref.id)) {
      this.#effects.push({ type: 'lost', sid })
      return
    }
    this.#incoming.delete(ref.id)
    const circuit = new Circuit(ref, peer, sid)
    this.#bySid.set(sid, circuit)
    this.#byId.set(ref.id, circuit)
  }

  #unbind(sid: SessionId): void {
    const circuit = this.#bySid.get(sid)
    if (circuit === undefined) return
    this.#forget(circuit)
    this.#send(circuit.ref.relay, { type: 'close', circuit: circuit.ref.id })
  }

  #lose(circuit: Circuit): void {
    this.#forget(circuit)
    this.#effects.push({ type: 'lost', sid: circuit.sid })
  }

  #forget({ sid, ref }: Circuit): void {
    this.#bySid.delete(sid)
    this.#byId.delete(ref.id)
  }

  /** Only the circuit's own relay speaks of it. */
  #carried(from: PeerId, id: CircuitId): Circuit | undefined {
    const circuit = this.#byId.get(id)
    return circuit?.ref.relay === from ? circuit : undefined
  }

  #attemptOf(relay: PeerId, id: CircuitId): Attempt | undefined {
    for (const attempt of this.#attempts.values())
      if (attempt.ref.id === id && attempt.ref.relay === relay) return attempt
    return undefined
  }

  #apply(circuit: Circuit | undefined, act: (circuit: Circuit) => CircuitStep | null): void {
    if (circuit === undefined) return
    const step = act(circuit)
    if (step === null) {
      this.#send(circuit.ref.relay, { type: 'close', circuit: circuit.ref.id })
      return this.#lose(circuit)
    }
    for (const message of step.messages) this.#send(circuit.ref.relay, message)
    for (const bytes of step.frames) this.#effects.push({ type: 'arrived', sid: circuit.sid, bytes })
    if (step.congestion !== null) this.#effects.push({ type: step.congestion, sid: circuit.sid })
  }

  #newId(): CircuitId {
    return randomNonce(this.rng)
  }

  #send(to: PeerId, message: RelayMessage): void {
    this.#effects.push({ type: 'send', to, message })
  }
}
