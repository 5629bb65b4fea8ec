import type { Exchange } from '../protocols/bittorrent/exchange.ts'
import type { TrackerState } from '../protocols/tracker/announcer.ts'

/** One share of this node, with what the tracker says about it. */
export interface ShareEntry {
  readonly exchange: Exchange
  readonly addedAt: number
  /** Found by its link alone: never in a keyword index. */
  isUnlisted: boolean
  /** When the discovery systems were last asked for its providers. */
  locatedAt: number
  tracker: TrackerState
  /** By the tracker's count, without ourselves. */
  seeders: number | null
  leechers: number | null
  seedSeenAgoMs: number | null
  /** When the figures of the tracker came in. */
  trackerAt: number
}

/** Bytes still wanted, as the tracker counts them; 1 while the size is unknown. */
export function leftOf(exchange: Exchange): number {
  const { swarm } = exchange
  if (swarm === null) return 1
  return swarm.picker.missingCount * (swarm.geometry.pieceBytes / swarm.geometry.blocksPerPiece)
}
