import { BoundedMap } from '../../kernel/bounded.ts'
import type { PeerId } from '../../kernel/ids.ts'
import { CHORD } from './constants.ts'
import type { ChordContext } from './context.ts'
import type { Lookups } from './lookups.ts'

/**
 * Finds the other half of a ring that fell apart. Now and then a peer of the past is looked up in our ring; when
 * it is not where it should be, it is dead or in another ring, so it is dialled. Over that link we ask who owns
 * our own place: if it is not us, there are two rings, and a link with that owner lets them grow together.
 */
export class Healing {
  readonly #context: ChordContext
  readonly #lookups: Lookups
  readonly #past = new BoundedMap<PeerId, true>(CHORD.pastPeers)
  readonly #called = new BoundedMap<PeerId, true>(CHORD.pastPeers)
  #at: number

  constructor(context: ChordContext, lookups: Lookups) {
    this.#context = context
    this.#lookups = lookups
    this.#at = context.now + Math.round(CHORD.healMs * (0.5 + context.rng.float()))
  }

  wakeAt(): number {
    const { phase, maintenance } = this.#context
    return phase === 'member' && maintenance === 'running' && this.#past.size > 0 ? this.#at : Infinity
  }

  remember(peer: PeerId): void {
    if (peer !== this.#context.self) this.#past.set(peer, true)
  }

  /** Peers that we lost, then those that we are linked with. */
  peers(): PeerId[] {
    return [...new Set([...this.#past.keys(), ...this.#context.links.keys()])].slice(0, CHORD.pastPeers)
  }

  wake(): void {
    if (this.wakeAt() > this.#context.now) return
    this.#at = this.#context.now + Math.round(CHORD.healMs * (0.75 + 0.5 * this.#context.rng.float()))
    const [peer] = this.#past.keys()
    if (peer === undefined) return
    // To the end of the queue.
    this.#past.set(peer, true)
    if (this.#context.links.has(peer)) return
    this.#lookups.start({
      key: peer,
      ask: { type: 'locate' },
      done: ({ owner }) => {
        if (owner === peer) return
        this.#called.set(peer, true)
        this.#context.dial(peer)
      },
    })
  }

  /** A link told that it is part of a ring: of ours? */
  heard(peer: PeerId): void {
    if (this.#context.phase !== 'member' || !this.#called.delete(peer)) return
    this.#lookups.start({
      key: this.#context.self,
      ask: { type: 'locate' },
      first: peer,
      done: ({ owner }) => {
        if (owner !== null && owner !== this.#context.self) this.#context.dial(owner, [peer])
      },
    })
  }
}
