import type { PeerId, SessionId } from '../../src/kernel/ids.ts'
import { createRng } from '../../src/kernel/rng.ts'
import type { CircuitRef } from '../../src/wire/circuit-description.ts'
import type { SignalEnvelope } from '../../src/wire/envelope.ts'
import type { IntroductionEffect, IntroductionInput } from '../../src/protocols/introduction/effects.ts'
import { Introducer } from '../../src/protocols/introduction/introducer.ts'
import { fakeSdp, makeKey, verifyText, type TestKey } from '../node/keys.ts'

export interface Side {
  readonly name: string
  readonly key: TestKey
  readonly introducer: Introducer
  readonly fingerprint: string
  readonly effects: IntroductionEffect[]
}

/** What whoever carries envelopes may do to one: pass it on (changed or not), or swallow it. */
export type Carrier = (envelope: SignalEnvelope, from: Side) => SignalEnvelope | null

/** Two introducers, a carrier between them, and a WebRTC stack that connects whatever is signalled. */
export class Duo {
  now = 1_700_000_000_000
  readonly #proofs: (() => void)[] = []
  readonly a: Side
  readonly b: Side
  /** Everything that was sent, before the carrier touched it. */
  readonly sent: SignalEnvelope[] = []
  carrier: Carrier = (envelope) => envelope
  /** The signature that goes over the channel; a test may replace it. */
  proof: (signature: string, from: Side) => string = (signature) => signature
  /** What a side tells of its end. */
  describe: (side: Side) => string = ({ fingerprint }) => fakeSdp(fingerprint)

  /** For which systems each side accepts calls; a call for none is for a share. */
  accepts: (side: Side, systems: readonly string[]) => boolean = () => true

  constructor() {
    this.a = this.#side('a', 1)
    this.b = this.#side('b', 2)
  }

  connect(from: Side = this.a, circuit?: CircuitRef): void {
    const how = circuit === undefined ? {} : { circuit }
    this.feed(from, { type: 'connect', peer: this.other(from).key.peerId, carriers: ['server'], ...how })
  }

  other(side: Side): Side {
    return side === this.a ? this.b : this.a
  }

  feed(side: Side, input: IntroductionInput): void {
    for (const effect of side.introducer.handle(input, this.now)) this.#apply(side, effect)
  }

  /** Hands an envelope to a side as if it came from the server. */
  deliver(to: Side, envelope: SignalEnvelope): void {
    this.feed(to, { type: 'envelope', envelope, carrier: 'server' })
  }

  /** A person pastes what the other side wrote. */
  paste(to: Side, envelope: SignalEnvelope): void {
    this.feed(to, { type: 'envelope', envelope, carrier: 'manual' })
  }

  types(side: Side): string[] {
    return side.effects.map(({ type }) => type)
  }

  isUp(side: Side): boolean {
    return this.types(side).includes('linkUp')
  }

  /** An envelope signed by a key of the caller's choice. */
  forge(
    by: TestKey,
    fields: Omit<SignalEnvelope, 'v' | 'key' | 'signature' | 'route' | 'expiry'>,
    expiry = this.now + 30_000,
  ): SignalEnvelope {
    const { kind, to, from, sid, payload } = fields
    const text = ['ringdrop-signal-v1', kind, to, from, sid, String(expiry), payload].join('\n')
    return { v: 1, kind, to, from, sid, payload, expiry, key: by.key, signature: by.sign(text), route: [] }
  }

  #side(name: string, seed: number): Side {
    const key = makeKey()
    const accepts = (_peer: PeerId, systems: readonly string[]) => this.accepts(side, systems)
    const introducer = new Introducer({ self: key.peerId, key: key.key, rng: createRng(seed), accepts })
    const side: Side = { name, key, introducer, fingerprint: String(seed).repeat(64), effects: [] }
    return side
  }

  #apply(side: Side, effect: IntroductionEffect): void {
    side.effects.push(effect)
    const other = this.other(side)
    switch (effect.type) {
      case 'sign':
        return this.feed(side, {
          type: 'signed',
          ticket: effect.ticket,
          signature: side.key.sign(effect.text),
        })
      case 'verify': {
        const isValid = verifyText(effect.key, effect.text, effect.signature)
        return this.feed(side, { type: 'verified', ticket: effect.ticket, isValid })
      }
      case 'route': {
        this.sent.push(effect.envelope)
        // What people carry waits until the test brings it over.
        if (effect.carrier === 'manual') return undefined
        const carried = this.carrier(effect.envelope, side)
        return carried === null ? undefined : this.deliver(other, carried)
      }
      case 'openConnection':
        return effect.isInitiator ? this.#signal(side, effect.sid, 'offer') : undefined
      case 'restartIce':
        return this.#signal(side, effect.sid, 'offer')
      case 'applySignal':
        return this.#onSignal(side, effect)
      case 'sendProof':
        this.#proofs.push(() =>
          this.feed(other, { type: 'proof', sid: effect.sid, signature: this.proof(effect.signature, side) }),
        )
        return undefined
      default:
        return undefined
    }
  }

  #onSignal(side: Side, effect: Extract<IntroductionEffect, { type: 'applySignal' }>): void {
    if (effect.signal.type === 'offer') return this.#signal(side, effect.sid, 'answer')
    if (effect.signal.type !== 'answer') return
    // The answer is applied: ICE and DTLS come up on both ends.
    this.feed(this.other(side), { type: 'channelOpen', sid: effect.sid })
    this.feed(side, { type: 'channelOpen', sid: effect.sid })
    // A transport hands over frames only after it has reported the channel as open.
    for (const deliver of this.#proofs.splice(0)) deliver()
  }

  #signal(side: Side, sid: SessionId, type: 'offer' | 'answer'): void {
    this.feed(side, { type: 'localSignal', sid, signal: { type, sdp: this.describe(side) } })
  }
}

export const sidOf = (duo: Duo): SessionId => duo.sent[0]!.sid
export const idOf = (side: Side): PeerId => side.key.peerId
