import type { Rng } from '../../kernel/rng.ts'
import type { PeerId } from '../../kernel/ids.ts'
import { NEWCOMER_WEIGHT, TAKER_WEIGHT } from './constants.ts'

/**
 * What a peer has shown of itself: `gives` in return, is `unknown` as long as it has had no more than a gift,
 * or `takes` without giving.
 */
export type Standing = 'gives' | 'unknown' | 'takes'

/** What the choker knows of one peer. */
export interface ChokeCandidate {
  readonly peer: PeerId
  readonly interested: boolean
  /** As a leecher: what the peer gives us, in bytes per second. As a seed: what it did with what it got. */
  readonly score: number
  readonly standing: Standing
  readonly isNewcomer: boolean
  readonly snubbing: boolean
}

export interface ChokeDecision {
  readonly unchoked: readonly PeerId[]
  /** The holder of the optimistic slot, one of `unchoked`. */
  readonly optimistic: PeerId | null
}

/**
 * Tit-for-tat (BEP 3): the peers with the best score get all slots but one; the last is drawn by lot.
 * @param keepOptimistic the present holder, when its turn is not over yet. It loses it when it only takes.
 */
export function rankPeers(
  candidates: readonly ChokeCandidate[],
  slots: number,
  keepOptimistic: PeerId | null,
  rng: Rng,
): ChokeDecision {
  const interested = candidates.filter((candidate) => candidate.interested)
  const kept = interested.find(({ peer, standing }) => peer === keepOptimistic && standing !== 'takes')
  const others = interested.filter((candidate) => candidate !== kept)
  const unchoked = new Set<PeerId>(deserving(others).slice(0, Math.max(0, slots - 1)))
  if (kept !== undefined && unchoked.size < slots) unchoked.add(kept.peer)
  let optimistic = kept?.peer ?? null
  // The optimistic slot first, then any slot that nobody has earned: an idle uplink helps no one.
  while (unchoked.size < slots) {
    const drawn = drawOptimistic(
      interested.filter(({ peer }) => !unchoked.has(peer)),
      rng,
    )
    if (drawn === null) break
    unchoked.add(drawn)
    optimistic ??= drawn
  }
  return { unchoked: [...unchoked], optimistic }
}

/** Peers for slots that fell idle between two rankings: the best who wait, else by lot. */
export function pickForIdleSlots(waiting: readonly ChokeCandidate[], slots: number, rng: Rng): PeerId[] {
  const chosen = deserving(waiting).slice(0, Math.max(0, slots))
  while (chosen.length < slots) {
    const drawn = drawOptimistic(
      waiting.filter(({ peer }) => !chosen.includes(peer)),
      rng,
    )
    if (drawn === null) break
    chosen.push(drawn)
  }
  return chosen
}

/** One peer by weighted lot, or `null` of nobody. */
export function drawOptimistic(candidates: readonly ChokeCandidate[], rng: Rng): PeerId | null {
  const weights = candidates.map(weightOf)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let ticket = rng.float() * total
  for (const [index, candidate] of candidates.entries()) {
    ticket -= weights[index] ?? 0
    if (ticket < 0) return candidate.peer
  }
  return candidates.at(-1)?.peer ?? null
}

/** Those who have earned a slot, best first. */
function deserving(candidates: readonly ChokeCandidate[]): PeerId[] {
  return candidates
    .filter(({ score, snubbing, standing }) => score > 0 && !snubbing && standing !== 'takes')
    .sort((a, b) => b.score - a.score || (a.peer < b.peer ? -1 : 1))
    .map(({ peer }) => peer)
}

function weightOf(candidate: ChokeCandidate): number {
  if (candidate.standing === 'takes') return TAKER_WEIGHT
  return candidate.isNewcomer ? NEWCOMER_WEIGHT : 1
}
