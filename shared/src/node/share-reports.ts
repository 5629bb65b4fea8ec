import type { InfoHash } from '../kernel/ids.ts'
import type { Exchange } from '../protocols/bittorrent/exchange.ts'
import type { ExchangeState } from '../protocols/bittorrent/exchange-state.ts'
import type { AnnouncerEffect, AnnouncerInput } from '../protocols/tracker/announcer.ts'
import { hasFailed, wantsPeers, type ShareEntry } from './share-entry.ts'

/** Where words for the tracker go. */
export type Announce = (input: AnnouncerInput, now: number) => void

/**
 * Bytes of the share that others can't have from here, as the tracker counts them (BEP 3): with files left out too (BEP 21), and
 * all while the share gives nothing. 1 while the size is unknown.
 */
function leftOf({ swarm, state }: Exchange): number {
  if (swarm === null) return 1
  const { totalBytes } = swarm.geometry
  return isWithheld(state) ? totalBytes : totalBytes - swarm.picker.haveBytes
}

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

/** The totals of a share, and its wish for peers when it has none. */
export function report(
  announce: Announce,
  type: 'progress' | 'completed',
  infoHash: InfoHash,
  exchange: Exchange,
  now: number,
): void {
  announce({ type, infoHash, ...figuresOf(exchange) }, now)
  if (wantsPeers(exchange) && exchange.links.size === 0) announce({ type: 'needPeers', infoHash }, now)
}

/**
 * After a change of state. The tracker's word of who has everything must not be old: others go by it. A share that failed is
 * one that it names to nobody.
 */
export function reportState(
  announce: Announce,
  infoHash: InfoHash,
  entry: ShareEntry,
  before: ExchangeState['name'],
  now: number,
): void {
  const { exchange } = entry
  if (exchange.state.name === before) return
  if (hasFailed(exchange)) {
    entry.tracker = 'off'
    return announce({ type: 'shareRemoved', infoHash }, now)
  }
  if (before === 'failed') announce({ type: 'shareAdded', infoHash, ...figuresOf(exchange) }, now)
  report(announce, 'progress', infoHash, exchange, now)
}
