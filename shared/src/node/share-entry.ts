import type { InfoHash } from '../kernel/ids.ts'
import type { Rng } from '../kernel/rng.ts'
import type { TokenBucket } from '../kernel/token-bucket.ts'
import { Exchange } from '../protocols/bittorrent/exchange.ts'
import { isFetching } from '../protocols/bittorrent/exchange-state.ts'
import type { TrackerState } from '../protocols/tracker/announcer.ts'
import type { NewShare } from './node-io.ts'

/** One share of this node, with what the tracker says about it. */
export interface ShareEntry {
  readonly exchange: Exchange
  readonly addedAt: number
  /** Found by its link alone: never in a keyword index. */
  isUnlisted: boolean
  /** Fetched as in KaZaA: a place in each source's upload queue instead of its choker. */
  viaQueue: boolean
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

/** What all shares of a node have in common. */
export interface EntryParts {
  readonly rng: Rng
  readonly uploadBucket: TokenBucket
  readonly downloadBucket: TokenBucket
}

/** @param share `null` for one of which nothing but the infohash is known. */
export function createEntry(
  infoHash: InfoHash,
  share: NewShare | null,
  { rng, uploadBucket, downloadBucket }: EntryParts,
  now: number,
): ShareEntry {
  const exchange = new Exchange({
    infoHash,
    info: share?.info ?? null,
    trees: share?.trees ?? new Map(),
    start: share?.start ?? 'offer',
    isSource: share?.isSource ?? false,
    selection: share?.selection ?? null,
    rng: rng.child(infoHash),
    uploadBucket,
    downloadBucket,
    now,
  })
  const isUnlisted = share?.isUnlisted ?? false
  const figures = { seeders: null, leechers: null, seedSeenAgoMs: null, trackerAt: now }
  const start = {
    addedAt: now,
    isUnlisted,
    viaQueue: false,
    locatedAt: -Infinity,
    tracker: 'waiting',
  } as const
  return { exchange, ...start, ...figures }
}

/** Whether the share would gain from more peers. */
export function wantsPeers({ state, links }: Exchange): boolean {
  return state.name === 'metadata' || isFetching(state) || (state.name === 'offered' && links.size === 0)
}

/** Wants peers and has none that could give it anything: others that lack the same don't count. */
export function isStarving(exchange: Exchange): boolean {
  if (!wantsPeers(exchange)) return false
  if (exchange.state.name === 'metadata') return true
  for (const link of exchange.links.values()) if (link.amInterested) return false
  return true
}
