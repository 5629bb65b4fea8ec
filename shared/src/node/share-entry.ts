import type { InfoHash } from '../kernel/ids.ts'
import type { Rng } from '../kernel/rng.ts'
import type { TokenBucket } from '../kernel/token-bucket.ts'
import { Exchange } from '../protocols/bittorrent/exchange.ts'
import { isFetching, type ExchangeState } from '../protocols/bittorrent/exchange-state.ts'
import type { TrackerState } from '../protocols/tracker/announced-share.ts'
import type { AnnouncerEffect } from '../protocols/tracker/announcer.ts'
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

/**
 * Bytes of the share that others can't have from here, as the tracker counts them (BEP 3): with files left out too (BEP 21), and
 * all while the share gives nothing. 1 while the size is unknown.
 */
function leftOf({ swarm, state }: Exchange): number {
  if (swarm === null) return 1
  const { totalBytes } = swarm.geometry
  return isWithheld(state) ? totalBytes : totalBytes - swarm.picker.haveBytes
}

/** It takes part in nothing until somebody mends it. */
export const hasFailed = ({ state }: Exchange): boolean => state.name === 'failed'

/** States in which nothing is given, whatever is here. */
const isWithheld = (state: ExchangeState): boolean =>
  state.name === 'failed' || (state.name === 'paused' && state.because === 'person')

/** What the tracker is told. It names peers to nobody who has what it wants, or stopped. */
export function figuresOf(exchange: Exchange) {
  const { state, swarm } = exchange
  return {
    left: leftOf(exchange),
    uploaded: swarm?.uploads.sentBytes ?? 0,
    downloaded: swarm?.downloads.receivedBytes ?? 0,
    wantsPeers: state.name !== 'seeding' && state.name !== 'paused' && state.name !== 'failed',
  }
}

/** What the tracker says of a share. */
export type TrackerWord = Extract<AnnouncerEffect, { type: 'swarmStatus' | 'trackerState' }>

export function takeTracker(entry: ShareEntry, effect: TrackerWord, now: number): void {
  if (effect.type === 'trackerState') {
    entry.tracker = effect.state
    return
  }
  entry.seeders = effect.seeders
  entry.leechers = effect.leechers
  entry.seedSeenAgoMs = effect.seedSeenAgoMs
  entry.trackerAt = now
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
