import type { PeerId } from '../../kernel/ids.ts'
import type { Rng } from '../../kernel/rng.ts'
import type { GnutellaMessage } from './messages.ts'
import type { GnutellaCounters, GnutellaEffect } from './servent-api.ts'

/** What the parts of one servent share. */
export interface ServentContext {
  readonly self: PeerId
  readonly rng: Rng
  readonly counters: GnutellaCounters
  readonly emit: (effect: GnutellaEffect) => void
  readonly send: (to: PeerId, message: GnutellaMessage) => void
}

/** `ms` give or take half of it, so that servents that started together do not act together. */
export function jittered(rng: Rng, ms: number): number {
  return ms * (0.5 + rng.float())
}

export const noCounts = (): GnutellaCounters => ({
  queriesSeen: 0,
  duplicates: 0,
  queriesSent: 0,
  hitsSent: 0,
  hitsDropped: 0,
  hitsReoffered: 0,
  queriesDropped: 0,
  grafts: 0,
  prunes: 0,
  tallyMessages: 0,
  tallyBytes: 0,
})
