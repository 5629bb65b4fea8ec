import type { PeerId } from '../../kernel/ids.ts'
import { CHORD } from './constants.ts'
import type { ChordContext } from './context.ts'
import type { Find } from './messages.ts'

/** A question that came through here. */
export interface Pass {
  readonly find: Find
  /** `null`: it is our own. */
  readonly previous: PeerId | null
  readonly tried: Set<PeerId>
  readonly visited: Set<number>
  /** Peers that we or others before us know to be dead: where the look ahead and the lists would go astray. */
  readonly dead: Set<number>
  /** Afterwards nobody waits for an answer any longer. */
  readonly endsAt: number
  /** We would answer, but look for somebody better first. */
  isClaimed: boolean
  next: PeerId | null
  sentAt: number
  tries: number
  ttl: number
  /** Messages and bytes that it cost here, not counting what came with it. */
  messages: number
  bytes: number
  /** `sent`: no acknowledgement yet. `over`: answered or given back. */
  state: 'new' | 'sent' | 'acknowledged' | 'over'
}

/** @param previous who asked us, `null` for our own question; @param not peers that it must not go to. */
export function newPass(
  find: Find,
  previous: PeerId | null,
  not: readonly PeerId[],
  context: ChordContext,
): Pass {
  return {
    find,
    previous,
    tried: new Set([...not, ...find.avoid, ...(previous === null ? [] : [previous])]),
    visited: new Set([...find.visited, context.at]),
    dead: new Set(find.dead),
    endsAt: context.now + CHORD.lookupMs,
    isClaimed: false,
    next: null,
    sentAt: 0,
    tries: 0,
    ttl: find.ttl,
    messages: previous === null ? 0 : 1,
    bytes: 0,
    state: 'new',
  }
}
