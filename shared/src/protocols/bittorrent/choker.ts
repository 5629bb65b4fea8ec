import type { Rng } from '../../kernel/rng.ts'
import type { PeerId } from '../../kernel/ids.ts'
import { NEWCOMER_WEIGHT, UNGRATEFUL_WEIGHT } from './constants.ts'

/** What the choker knows of one peer. Rates in bytes per second. */
export interface ChokeCandidate {
  readonly peer: PeerId
  readonly interested: boolean
  /** As a leecher: what the peer gives us. As a seed: what the peer does with what we give it. */
  readonly score: number
  readonly isNewcomer: boolean
  /** Had an optimistic slot before and gave nothing in return. */
  readonly isUngrateful: boolean
  readonly snubbing: boolean
}

export interface ChokeDecision {
  readonly unchoked: readonly PeerId[]
  /** The holder of the optimistic slot, one of `unchoked`. */
  readonly optimistic: PeerId | null
}

/**
 * Tit-for-tat (BEP 3): the peers with the best score get all slots but one; the last is drawn by lot.
 * @param keepOptimistic the present holder, when its turn is not over yet.
 */
export function rankPeers(
  candidates: readonly ChokeCandidate[],
  slots: number,
  keepOptimistic: PeerId | null,
  rng: Rng,
): ChokeDecision {
  const interested = candidates.filter((candidate) => candidate.interested)
  const kept = interested.find((candidate) => candidate.peer === keepOptimistic)
  const ranked = interested
    .filter((candidate) => candidate.score > 0 && !candidate.snubbing && candidate !== kept)
    .sort((a, b) => b.score - a.score || (a.peer < b.peer ? -1 : 1))
  const regular = ranked.slice(0, Math.max(0, slots - 1)).map((candidate) => candidate.peer)
  const unchoked = new Set<PeerId>(regular)
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
  const chosen = waiting
    .filter((candidate) => candidate.score > 0 && !candidate.snubbing)
    .sort((a, b) => b.score - a.score || (a.peer < b.peer ? -1 : 1))
    .slice(0, slots)
    .map((candidate) => candidate.peer)
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

function weightOf(candidate: ChokeCandidate): number {
  if (candidate.isUngrateful) return UNGRATEFUL_WEIGHT
  return candidate.isNewcomer ? NEWCOMER_WEIGHT : 1
}
