import type { InfoHash } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import type { AnnounceEvent, AnnounceResponse } from '../../wire/signaling.ts'

/** `off`: no tracker to ask; `waiting`: not answered yet; `ok`, `failed`: the last announce. */
export type TrackerState = 'off' | 'waiting' | 'ok' | 'failed'

/** Where a share stands with the tracker; the moment of `scheduled` and `retrying` is its deadline. */
type Phase =
  | { readonly name: 'off' | 'scheduled' | 'retrying' }
  | { readonly name: 'asking'; readonly event: AnnounceEvent }

/** A share of ours, and what the tracker was told of it. Sizes in bytes. */
export interface AnnouncedShare {
  readonly infoHash: InfoHash
  left: number
  /** As it was announced last. */
  toldLeft: number
  uploaded: number
  downloaded: number
  wantsPeers: boolean
  phase: Phase
  shown: TrackerState
  /** Events that the tracker has not acknowledged yet, oldest first; when empty, an announce is an `update`. */
  owes: readonly ('started' | 'completed')[]
  failures: number
  lastSentAt: number
}

/** Seeds ask for nobody: they wait for leechers to dial. */
export function numWant(share: AnnouncedShare): number {
  return share.left > 0 && share.wantsPeers ? LIMITS.announcePeers : 0
}

/** Whether the tracker takes us for a full source and we are none, or the other way round. */
export const isMistaken = ({ left, toldLeft }: AnnouncedShare): boolean => (left === 0) !== (toldLeft === 0)

export function withStarted(owes: AnnouncedShare['owes']): AnnouncedShare['owes'] {
  return owes[0] === 'started' ? owes : ['started', ...owes]
}

/** The tracker's count without ourselves, as it took us when it counted. */
export function othersOf(
  { toldLeft }: AnnouncedShare,
  { seeders, leechers }: AnnounceResponse,
): { readonly seeders: number; readonly leechers: number } {
  return toldLeft === 0
    ? { seeders: Math.max(0, seeders - 1), leechers }
    : { seeders, leechers: Math.max(0, leechers - 1) }
}
