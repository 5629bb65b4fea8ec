import type { PeerId } from '../../kernel/ids.ts'
import type { Rng } from '../../kernel/rng.ts'
import { TokenBucket } from '../../kernel/token-bucket.ts'
import type { KazaaCounters, KazaaEffect } from './kazaa-api.ts'
import type { KazaaMessage, Role, Standing } from './messages.ts'

/** What the parts of one node share. */
export interface KazaaContext {
  readonly self: PeerId
  readonly rng: Rng
  readonly counters: KazaaCounters
  readonly me: Me
  readonly emit: (effect: KazaaEffect) => void
  readonly send: (to: PeerId, message: KazaaMessage) => void
}

/** What we are, and how things stand with us. */
export class Me {
  role: Role = 'orphan'
  isVisible = true
  uploadBytesPerSecond = 0
  freeLinks = 24
  constructor(
    readonly bornAt: number,
    public isWilling: boolean,
  ) {}

  standing(now: number): Standing {
    return {
      uptimeSeconds: Math.min(0xffff_ffff, Math.max(0, Math.floor((now - this.bornAt) / 1000))),
      uploadBytesPerSecond: Math.min(0xffff_ffff, Math.max(0, Math.floor(this.uploadBytesPerSecond))),
      freeLinks: Math.min(255, Math.max(0, Math.floor(this.freeLinks))),
      isVisible: this.isVisible,
      isWilling: this.isWilling,
    }
  }
}

/** `ms` give or take half of it, so that nodes that started together do not act together. */
export function jittered(rng: Rng, ms: number): number {
  return ms * (0.5 + rng.float())
}

/** A bucket for each peer, so that none takes another's share. */
export class Buckets {
  readonly #buckets = new Map<PeerId, TokenBucket>()

  constructor(readonly rate: { readonly perSecond: number; readonly burst: number }) {}

  take(peer: PeerId, now: number): boolean {
    const bucket = this.#buckets.get(peer) ?? new TokenBucket(this.rate.perSecond, this.rate.burst, now)
    this.#buckets.set(peer, bucket)
    return bucket.take(1, now)
  }

  forget(peer: PeerId): void {
    this.#buckets.delete(peer)
  }
}

export const noCounts = (): KazaaCounters => ({
  queriesSeen: 0,
  duplicates: 0,
  queriesSent: 0,
  queriesFiltered: 0,
  hitsSent: 0,
  oneSidedHits: 0,
  audits: 0,
  mistrusted: 0,
  queriesDropped: 0,
  promotions: 0,
  demotions: 0,
  receiptsVerified: 0,
  receiptsRefused: 0,
  costMessages: 0,
  costBytes: 0,
})
