import { concatBytes, equalBytes, utf8Encode, type Bytes } from '../../src/kernel/bytes.ts'
import { sha256 } from '../../src/content/sha256.ts'
import type { SessionId } from '../../src/kernel/ids.ts'
import type { NodeEffect, NodeInput } from '../../src/node/node-io.ts'
import { readCircuitDescription, writeCircuitDescription } from '../../src/wire/circuit-description.ts'

type Feed = (input: NodeInput) => void
type Later = (ms: number, run: () => void) => void

interface End {
  readonly isInitiator: boolean
  readonly key: string
  readonly ref: { readonly relay: string; readonly id: string }
  /** Known once both keys are. */
  secret: Bytes | null
  sealed: number
  unsealed: number
}

const CHANNELS = ['control', 'bulk'] as const
const SEAL_BYTES = 16

/**
 * What seals frames of one node in the simulator: keys that hide nothing, and a seal that notices every change, loss
 * and repetition, as the real one does.
 */
export class SimCircuits {
  readonly #ends = new Map<SessionId, End>()

  constructor(
    readonly feed: Feed,
    readonly later: Later,
    readonly newKey: () => string,
  ) {}

  /** @returns whether the effect was about a circuit. */
  apply(effect: NodeEffect): boolean {
    switch (effect.type) {
      case 'openConnection':
        return effect.circuit !== null && this.#open(effect)
      case 'applySignal':
        return this.#ends.has(effect.sid) && this.#signal(effect)
      case 'closeConnection':
        return this.#ends.delete(effect.sid)
      case 'seal':
        this.#seal(effect)
        return true
      case 'unseal':
        this.#unseal(effect.sid, effect.bytes)
        return true
      default:
        return false
    }
  }

  #open(effect: Extract<NodeEffect, { type: 'openConnection' }>): true {
    const { sid, isInitiator, circuit } = effect
    if (circuit === null) throw new Error('not a circuit')
    const end = { isInitiator, key: this.newKey(), ref: circuit, secret: null, sealed: 0, unsealed: 0 }
    this.#ends.set(sid, end)
    if (isInitiator) this.#describe(sid, 'offer', writeCircuitDescription({ ...circuit, key: end.key }))
    return true
  }

  #describe(sid: SessionId, type: 'offer' | 'answer', sdp: string): void {
    this.later(1, () => this.feed({ type: 'localSignal', sid, signal: { type, sdp } }))
  }

  #signal({ sid, signal }: Extract<NodeEffect, { type: 'applySignal' }>): true {
    const end = this.#ends.get(sid)
    if (end === undefined || end.secret !== null || signal.type === 'candidate') return true
    const other = readCircuitDescription(signal.sdp)
    if (other === null) throw new Error('not a description of a circuit')
    end.secret = sha256(utf8Encode([end.key, other.key].sort().join()))
    if (!end.isInitiator)
      this.#describe(
        sid,
        'answer',
        writeCircuitDescription({ relay: other.relay, id: other.id, key: end.key }),
      )
    this.later(2, () => this.feed({ type: 'channelOpen', sid }))
    return true
  }

  #seal({ sid, channel, bytes }: Extract<NodeEffect, { type: 'seal' }>): void {
    const end = this.#ends.get(sid)
    if (end?.secret == null) return
    const body = concatBytes([Uint8Array.of(CHANNELS.indexOf(channel)), bytes])
    const sealed = concatBytes([sealOf(end.secret, end.isInitiator, end.sealed++, body), body])
    this.later(1, () => this.feed({ type: 'sealed', sid, bytes: sealed }))
  }

  #unseal(sid: SessionId, sealed: Bytes): void {
    const end = this.#ends.get(sid)
    if (end === undefined) return
    const body = sealed.slice(SEAL_BYTES)
    const channel = CHANNELS[body[0] ?? 9]
    const seal = end.secret === null ? null : sealOf(end.secret, !end.isInitiator, end.unsealed++, body)
    const isWhole = seal !== null && equalBytes(seal, sealed.slice(0, SEAL_BYTES))
    this.later(1, () => {
      if (!isWhole || channel === undefined) this.feed({ type: 'channelClosed', sid })
      else this.feed({ type: 'frame', sid, channel, bytes: body.slice(1) })
    })
  }
}

function sealOf(secret: Bytes, isFromInitiator: boolean, number: number, body: Bytes): Bytes {
  const head = utf8Encode(`${String(isFromInitiator)} ${String(number)} `)
  return sha256(concatBytes([secret, head, body])).slice(0, SEAL_BYTES)
}
