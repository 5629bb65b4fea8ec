import type { InfoHash } from '../kernel/ids.ts'
import type { Rng } from '../kernel/rng.ts'
import type { TokenBucket } from '../kernel/token-bucket.ts'
import { Exchange } from '../protocols/bittorrent/exchange.ts'
import { isFetching } from '../protocols/bittorrent/exchange-state.ts'
import type { TrackerState } from '../protocols/tracker/announced-share.ts'
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

/** It takes part in nothing until somebody mends it. */
export const hasFailed = ({ state }: Exchange): boolean => state.name === 'failed'

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

/** A share that would gain from more peers, and how many take part in it with us. */
export interface WantingShare {
  readonly infoHash: InfoHash
  readonly isStarving: boolean
  readonly linkCount: number
}

/** Wants peers and has none that could give it anything: others that lack the same don't count. */
export function isStarving(exchange: Exchange): boolean {
  if (!wantsPeers(exchange)) return false
  if (exchange.state.name === 'metadata') return true
  for (const link of exchange.links.values()) if (link.amInterested) return false
  return true
}

/** A share without peers that could help is looked for this often; our choice. */
const LOCATE_MS = 15_000

/** Whether the discovery systems are to be asked for it now; counts as asked. */
export function mayLocate(entry: ShareEntry, now: number): boolean {
  if (now - entry.locatedAt < LOCATE_MS || !isStarving(entry.exchange)) return false
  entry.locatedAt = now
  return true
}

export const wantingShare = (infoHash: InfoHash, exchange: Exchange): WantingShare => ({
  infoHash,
  isStarving: isStarving(exchange),
  linkCount: exchange.links.size,
})
