import { vi } from 'vitest'
import { emptySnapshot } from '../../src/app/empty-snapshot.ts'
import { parseInfoHash, parsePeerId, type InfoHash, type PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { PeerView, ShareView } from '@ringdrop/shared/node/snapshot.ts'
import type { AppSnapshot } from '../../src/app/api.ts'

export const INFO_HASH = parseInfoHash('12'.repeat(32)) as InfoHash
export const PEER = parsePeerId('34'.repeat(32)) as PeerId

/** A share in the midst of a download, but for what is said otherwise. */
export function shareView(parts: Partial<ShareView> = {}): ShareView {
  return {
    infoHash: INFO_HASH,
    name: 'film.mp4',
    fileCount: 1,
    state: { name: 'leeching' },
    isUnlisted: false,
    places: null,
    isSource: false,
    isStarted: true,
    totalBytes: 1_000,
    missingBytes: 580,
    wantedBytes: 1_000,
    verifiedBytes: 420,
    downSpeed: 100,
    upSpeed: 0,
    downloadedBytes: 420,
    uploadedBytes: 0,
    duplicateBytes: 0,
    etaMs: 5_800,
    peers: [],
    completedCount: 0,
    tracker: { state: 'ok', seeders: 0, leechers: 0, seedSeenAgoMs: null },
    pieceMap: [],
    availability: [],
    pieceCount: 1,
    addedAt: 0,
    ...parts,
  }
}

export function peerView(parts: Partial<PeerView> = {}): PeerView {
  return {
    peer: PEER,
    progress: 0.5,
    isSeed: false,
    downSpeed: 0,
    upSpeed: 0,
    downloadedBytes: 0,
    uploadedBytes: 0,
    amChoking: true,
    amInterested: false,
    peerChoking: true,
    peerInterested: false,
    isOptimistic: false,
    trust: 'trusted',
    ...parts,
  }
}

export function appSnapshot(shares: readonly ShareView[], parts: Partial<AppSnapshot> = {}): AppSnapshot {
  return {
    ...emptySnapshot({ name: 'owner' }),
    node: {
      id: PEER,
      at: 0,
      server: 'up',
      links: [],
      shares,
      systems: {
        relay: { relayed: 0, refused: 0, circuits: 0, carriedBytes: 0 },
        overlays: 'ready',
        directory: null,
        gnutella: null,
        kazaa: null,
        ring: null,
      },
      searches: [],
      invites: [],
      linkFailures: [],
    },
    session: 'one',
    server: { state: 'up', because: null },
    ...parts,
  }
}

/** Lets a faked clock run, a minute a turn, until something comes of the work; code that it fetches takes turns, too. */
export async function untilOver<Value>(work: Promise<Value>): Promise<Value> {
  let isOver = false
  const end = () => (isOver = true)
  void work.then(end, end)
  for (let turns = 0; !isOver && turns < 100_000; turns++) {
    await new Promise((resolve) => setImmediate(resolve))
    vi.advanceTimersByTime(60_000)
  }
  if (!isOver) throw new Error('it goes on for ever')
  return work
}
