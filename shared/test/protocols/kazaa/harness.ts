import { defined } from '../../../src/kernel/invariant.ts'
import { parseNonce, type Nonce, type PeerId } from '../../../src/kernel/ids.ts'
import { createRng } from '../../../src/kernel/rng.ts'
import type { KazaaEffect, KazaaInput, KazaaOptions } from '../../../src/protocols/kazaa/kazaa-api.ts'
import { KazaaNode } from '../../../src/protocols/kazaa/kazaa.ts'
import type { KazaaMessage, Receipt, Role, Standing } from '../../../src/protocols/kazaa/messages.ts'
import { receiptText } from '../../../src/protocols/kazaa/receipts.ts'
import { simKey, simSignature } from '../../../sim/overlay-world.ts'
import { infoHashOf, listingOf, peerOf } from '../../discovery/listings.ts'

export { infoHashOf, listingOf, peerOf }

export const guidOf = (number: number): Nonce =>
  defined(parseNonce(number.toString(16).padStart(32, '0')), 'nonce')

export const standingOf = (changes: Partial<Standing> = {}): Standing => ({
  uptimeSeconds: 600,
  uploadBytesPerSecond: 1_000_000,
  freeLinks: 24,
  isVisible: true,
  isWilling: true,
  ...changes,
})

/** One node with a clock of its own. Signatures are made and checked at once, with simulated keys. */
export class Harness {
  now = 1_700_000_000_000
  readonly self = peerOf(1)
  readonly node: KazaaNode

  constructor(options: Partial<KazaaOptions> = {}) {
    this.node = new KazaaNode({
      self: this.self,
      key: simKey(this.self),
      rng: createRng(1),
      now: this.now,
      isKeyOf: (peer, key) => key === simKey(peer),
      ...options,
    })
  }

  feed(input: KazaaInput): KazaaEffect[] {
    const effects = this.node.handle(input, this.now)
    for (const effect of [...effects]) {
      if (effect.type === 'sign') {
        const signature = simSignature(simKey(this.self), effect.text)
        effects.push(...this.feed({ type: 'signed', ticket: effect.ticket, signature }))
      } else if (effect.type === 'verify') {
        const isValid = effect.signature === simSignature(effect.key, effect.text)
        effects.push(...this.feed({ type: 'verified', ticket: effect.ticket, isValid }))
      }
    }
    return effects
  }

  message(from: PeerId, message: KazaaMessage): KazaaEffect[] {
    return this.feed({ type: 'message', from, message })
  }

  /** Time passes; alarms are answered as a host would. */
  pass(ms: number): KazaaEffect[] {
    const end = this.now + ms
    const effects: KazaaEffect[] = []
    for (let guard = 0; this.node.wakeAt() <= end; guard++) {
      if (guard > 10_000) throw new Error('it never sleeps')
      this.now = Math.max(this.now, this.node.wakeAt())
      effects.push(...this.feed({ type: 'wake' }))
    }
    this.now = end
    return effects
  }

  /** A link with a peer that says what it is. */
  meet(
    peer: PeerId,
    role: Role,
    changes: Partial<Extract<KazaaMessage, { type: 'nodeInfo' }>> = {},
  ): KazaaEffect[] {
    return [...this.feed({ type: 'linkUp', peer }), ...this.tellRole(peer, role, changes)]
  }

  tellRole(
    peer: PeerId,
    role: Role,
    changes: Partial<Extract<KazaaMessage, { type: 'nodeInfo' }>> = {},
  ): KazaaEffect[] {
    const info = {
      type: 'nodeInfo' as const,
      role,
      children: 0,
      neighbours: 0,
      standing: standingOf(),
      leaders: [],
    }
    return this.message(peer, { ...info, ...changes })
  }

  /** A super node that takes us in. */
  follow(peer: PeerId, as: 'child' | 'standbyChild' = 'child', epoch = 7): KazaaEffect[] {
    return [
      ...this.meet(peer, 'superNode'),
      ...this.message(peer, { type: 'welcome', as, epoch, leaders: [] }),
    ]
  }

  /** A child that we take in, with its files. */
  adopt(peer: PeerId, ...names: string[]): void {
    this.meet(peer, 'orphan')
    const effects = this.message(peer, { type: 'join', as: 'child', standing: standingOf() })
    const [welcome] = sent(effects, 'welcome')
    const number = Number.parseInt(peer.slice(-4), 16)
    names.forEach((name, index) => {
      const listing = listingOf(name, 100 * number + index)
      this.message(peer, {
        type: 'shareDiff',
        epoch: welcome?.message.epoch ?? 0,
        reset: index === 0,
        remove: [],
        add: [{ infoHash: listing.infoHash, listings: [listing] }],
      })
    })
  }

  /** Another super node as our neighbour. */
  ally(peer: PeerId): void {
    this.meet(peer, 'superNode')
    this.message(peer, { type: 'join', as: 'leader', standing: standingOf() })
  }
}

/** Messages of a type, and to whom they went. */
export function sent<T extends KazaaMessage['type']>(
  effects: readonly KazaaEffect[],
  type: T,
): { to: PeerId; message: Extract<KazaaMessage, { type: T }> }[] {
  return effects.flatMap((effect) =>
    effect.type === 'send' && effect.message.type === type
      ? [{ to: effect.to, message: effect.message as Extract<KazaaMessage, { type: T }> }]
      : [],
  )
}

export const receivers = (effects: readonly KazaaEffect[], type: KazaaMessage['type']): PeerId[] =>
  sent(effects, type).map(({ to }) => to)

export const queryOf = (
  number: number,
  words: string[],
  changes: Partial<Extract<KazaaMessage, { type: 'query' }>> = {},
) => ({
  type: 'query' as const,
  guid: guidOf(number),
  ttl: 3,
  hops: 0,
  limit: 100,
  wantsCost: false,
  criteria: { by: 'words' as const, words },
  ...changes,
})

/** A receipt as the downloader would sign it. */
export function receiptOf(downloader: PeerId, uploader: PeerId, bytes: number, nonce: number): Receipt {
  const unsigned = { uploader, downloader, bytes, signedAt: 1_700_000_000_000, nonce: guidOf(nonce) }
  const key = simKey(downloader)
  return { ...unsigned, key, signature: simSignature(key, receiptText(unsigned)) }
}
