import { BoundedMap } from '../kernel/bounded.ts'
import type { PeerId } from '../kernel/ids.ts'
import { LIMITS } from '../kernel/limits.ts'
import { TokenBucket } from '../kernel/token-bucket.ts'
import type { SignalEnvelope } from '../wire/envelope.ts'

/** Envelopes that one neighbour may have us pass on; our choice: four negotiations a second, a burst for ICE. */
const RELAYS_PER_SECOND = 40
const RELAY_BURST = 160
/** Ways back that are remembered, and those of one neighbour's negotiations: 25 s of all that it may have us pass on. Our choice. */
const PATHS = 4_096
const PATHS_OF_ONE = 1_000

/**
 * Passes envelopes on: to a peer that has a link with us, or towards one that has not. Answers of a
 * negotiation go back the way its first envelope came.
 */
export class SignalRelay {
  readonly #paths = new BoundedMap<string, PeerId>(PATHS)
  readonly #buckets = new BoundedMap<PeerId, TokenBucket>(256)
  relayedCount = 0
  refusedCount = 0

  constructor(readonly self: PeerId) {}

  /** @returns the next hop and the envelope to send there, or `null` when it ends here. */
  pass(
    from: PeerId,
    envelope: SignalEnvelope,
    isLinked: (peer: PeerId) => boolean,
    waysTo: (peer: PeerId) => readonly PeerId[],
    now: number,
  ): { readonly to: PeerId; readonly envelope: SignalEnvelope } | null {
    const next = this.#nextHop(from, envelope, isLinked, waysTo)
    const isLoop = envelope.route.includes(this.self) || envelope.from === this.self
    const isTooLong = envelope.route.length >= LIMITS.signalHops
    if (next === null || next === from || isLoop || isTooLong || !this.#bucketOf(from, now).take(1, now)) {
      this.refusedCount++
      return null
    }
    this.#remember(`${envelope.sid}:${envelope.from}`, from)
    this.relayedCount++
    return { to: next, envelope: { ...envelope, route: [...envelope.route, this.self] } }
  }

  /** Whoever begins negotiations without end loses its own ways back, and nobody else's. */
  #remember(path: string, from: PeerId): void {
    if (!this.#paths.has(path)) this.#paths.makeRoomAmong((other) => other === from, PATHS_OF_ONE)
    this.#paths.set(path, from)
  }

  /** The target itself, else the way that it came from, else a neighbour that should be nearer to it. */
  #nextHop(
    from: PeerId,
    envelope: SignalEnvelope,
    isLinked: (peer: PeerId) => boolean,
    waysTo: (peer: PeerId) => readonly PeerId[],
  ): PeerId | null {
    if (isLinked(envelope.to)) return envelope.to
    const back = this.#paths.get(`${envelope.sid}:${envelope.to}`)
    if (back !== undefined && isLinked(back)) return back
    const isNew = (peer: PeerId) => peer !== from && peer !== envelope.from && !envelope.route.includes(peer)
    return waysTo(envelope.to).find((peer) => isLinked(peer) && isNew(peer)) ?? null
  }

  #bucketOf(peer: PeerId, now: number): TokenBucket {
    const known = this.#buckets.get(peer)
    if (known !== undefined) return known
    const bucket = new TokenBucket(RELAYS_PER_SECOND, RELAY_BURST, now)
    this.#buckets.set(peer, bucket)
    return bucket
  }
}
