import { defined } from '../../../src/kernel/invariant.ts'
import { parseNonce, type Nonce, type PeerId } from '../../../src/kernel/ids.ts'
import { createRng } from '../../../src/kernel/rng.ts'
import type { GnutellaMessage, Query, QueryHit } from '../../../src/protocols/gnutella/messages.ts'
import type {
  GnutellaEffect,
  GnutellaInput,
  ServentOptions,
} from '../../../src/protocols/gnutella/servent-api.ts'
import { Servent } from '../../../src/protocols/gnutella/servent.ts'
import { infoHashOf, listingOf, peerOf } from '../../discovery/listings.ts'

export { infoHashOf, listingOf, peerOf }

export const guidOf = (number: number): Nonce =>
  defined(parseNonce(number.toString(16).padStart(32, '0')), 'nonce')

/** One servent with a clock of its own; what it does is kept by kind. */
export class Harness {
  now = 1_700_000_000_000
  readonly servent: Servent
  #effects: GnutellaEffect[] = []

  constructor(options: Partial<ServentOptions> = {}) {
    this.servent = new Servent({ self: peerOf(1), rng: createRng(1), now: this.now, ...options })
  }

  feed(input: GnutellaInput): GnutellaEffect[] {
    const effects = this.servent.handle(input, this.now)
    this.#effects.push(...effects)
    return effects
  }

  message(from: PeerId, message: GnutellaMessage): GnutellaEffect[] {
    return this.feed({ type: 'message', from, message })
  }

  /** A link whose peer takes part and says yes. */
  join(peer: PeerId, degree = 1): void {
    this.feed({ type: 'linkUp', peer })
    this.message(peer, { type: 'connect', degree })
    this.take()
  }

  /** Time passes; alarms are answered as a host would. */
  pass(ms: number): GnutellaEffect[] {
    const end = this.now + ms
    const before = this.#effects.length
    for (let guard = 0; this.servent.wakeAt() <= end; guard++) {
      if (guard > 10_000) throw new Error('it never sleeps')
      this.now = Math.max(this.now, this.servent.wakeAt())
      this.feed({ type: 'wake' })
    }
    this.now = end
    return this.#effects.slice(before)
  }

  /** Everything since the last call. */
  take(): GnutellaEffect[] {
    return this.#effects.splice(0)
  }

  neighbours(): PeerId[] {
    return this.servent.view().neighbours.map(({ peer }) => peer)
  }
}

/** Who got messages of a type. */
export function sent<T extends GnutellaMessage['type']>(
  effects: readonly GnutellaEffect[],
  type: T,
): { to: PeerId; message: Extract<GnutellaMessage, { type: T }> }[] {
  return effects.flatMap((effect) =>
    effect.type === 'send' && effect.message.type === type
      ? [{ to: effect.to, message: effect.message as Extract<GnutellaMessage, { type: T }> }]
      : [],
  )
}

export const receivers = (effects: readonly GnutellaEffect[], type: GnutellaMessage['type']): PeerId[] =>
  sent(effects, type).map(({ to }) => to)

export const queryOf = (number: number, changes: Partial<Query> = {}): Query => ({
  type: 'query',
  guid: guidOf(number),
  ttl: 5,
  hops: 1,
  mode: 'classic',
  wantsTally: false,
  criteria: { by: 'words', words: ['summer'] },
  ...changes,
})

export const hitOf = (number: number, responder: PeerId, changes: Partial<QueryHit> = {}): QueryHit => ({
  type: 'queryHit',
  guid: guidOf(number),
  hops: 0,
  responder,
  listings: [listingOf('summer.jpg')],
  ...changes,
})
