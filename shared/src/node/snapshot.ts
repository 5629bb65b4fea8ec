import type { InfoHash, PeerId } from '../kernel/ids.ts'
import type { Exchange } from '../protocols/bittorrent/exchange.ts'
import type { ExchangeState } from '../protocols/bittorrent/exchange-state.ts'
import type { PeerLink, Trust } from '../protocols/bittorrent/peer-link.ts'
import type { Priority } from '../protocols/bittorrent/piece-picker.ts'
import type { Swarm } from '../protocols/bittorrent/swarm.ts'
import type { InviteView } from '../protocols/introduction/sessions.ts'
import type { TrackerState } from '../protocols/tracker/announced-share.ts'
import { systemsView, type SystemsView } from './systems-view.ts'
import type { SearchView } from './searches.ts'
import type { SharingNode } from './sharing-node.ts'
import type { ShareEntry } from './share-entry.ts'
import type { PlaceView } from './upload-slots.ts'

/** Plain JSON throughout: it crosses to other tabs, to views and into bug reports. Rates in bytes per second. */
export interface NodeSnapshot {
  readonly id: PeerId
  readonly at: number
  readonly server: 'up' | 'down'
  readonly links: readonly LinkView[]
  readonly shares: readonly ShareView[]
  readonly systems: SystemsView
  readonly searches: readonly SearchView[]
  /** By their negotiations: those that are no longer among them were given up, or their links are gone. */
  readonly invites: readonly InviteView[]
  /** Peers that we could not link with, and why. */
  readonly linkFailures: readonly { readonly peer: PeerId; readonly code: string }[]
}

export interface LinkView {
  readonly peer: PeerId
  readonly upForMs: number
  readonly sentBytes: number
  readonly receivedBytes: number
  readonly shareCount: number
  /** Nothing was heard from it for suspiciously long. */
  readonly isSilent: boolean
  /** The member that carries it, where no path of its own was found. */
  readonly relay: PeerId | null
}

export interface ShareView {
  readonly infoHash: InfoHash
  /** As the sharer wrote it: sanitise and isolate before showing. `null` until the metadata is known. */
  readonly name: string | null
  readonly fileCount: number
  readonly state: ExchangeState
  readonly isSource: boolean
  readonly isUnlisted: boolean
  /** Fetched as in KaZaA, with our places in the upload queues of its sources; `null` otherwise. */
  readonly places: readonly PlaceView[] | null
  /** Whether the person asked for it; false while a link is merely opened. */
  readonly isStarted: boolean
  readonly totalBytes: number
  /** All that is not here, of files that are not wanted too: 0 for a full copy. */
  readonly missingBytes: number
  /** Of the files that are wanted. */
  readonly wantedBytes: number
  readonly verifiedBytes: number
  readonly downSpeed: number
  readonly upSpeed: number
  readonly downloadedBytes: number
  readonly uploadedBytes: number
  readonly duplicateBytes: number
  /** Milliseconds to go at the present speed; `null` when nothing moves. */
  readonly etaMs: number | null
  readonly peers: readonly PeerView[]
  /** Peers that took bytes from here and then had all of the share, by their own word, since this node started. */
  readonly completedCount: number
  readonly tracker: {
    readonly state: TrackerState
    readonly seeders: number | null
    readonly leechers: number | null
    readonly seedSeenAgoMs: number | null
  }
  /** At most {@link PIECE_CELLS} cells, each the verified share (0 to 1) of its pieces. */
  readonly pieceMap: readonly number[]
  /** For the same cells, how many connected peers hold the rarest piece in each. Empty when nothing is missing. */
  readonly availability: readonly number[]
  readonly pieceCount: number
  readonly addedAt: number
}

export interface PeerView {
  readonly peer: PeerId
  /** Share of the blocks that the peer holds, 0 to 1, by its own word. */
  readonly progress: number
  readonly isSeed: boolean
  readonly downSpeed: number
  readonly upSpeed: number
  readonly downloadedBytes: number
  readonly uploadedBytes: number
  readonly amChoking: boolean
  readonly amInterested: boolean
  readonly peerChoking: boolean
  readonly peerInterested: boolean
  readonly isOptimistic: boolean
  readonly trust: Trust
}

export interface FileView {
  /** As the sharer wrote it. */
  readonly path: readonly string[]
  readonly sizeBytes: number
  readonly verifiedBytes: number
  readonly isSelected: boolean
  readonly priority: Priority
}

/** Cells of a piece map. */
export const PIECE_CELLS = 240

export function snapshotOf(node: SharingNode, now: number): NodeSnapshot {
  return {
    id: node.self,
    at: now,
    server: node.isServerUp ? 'up' : 'down',
    links: [...node.links.up()].map((link) => ({
      peer: link.peer,
      upForMs: now - link.openedAt,
      sentBytes: link.sentBytes,
      receivedBytes: link.receivedBytes,
      shareCount: link.theirs.size,
      isSilent: link.isSilent,
      relay: link.circuit?.relay ?? null,
    })),
    shares: [...node.shares.entries()].map(([infoHash, entry]) =>
      shareView(infoHash, entry, node.slots.placesOf(infoHash), now),
    ),
    systems: systemsView(node),
    searches: node.discovery.searches.views(),
    invites: node.introducer.invites,
    linkFailures: [...node.linking.failures.entries()].map(([peer, code]) => ({ peer, code })),
  }
}

/** The files of a share with their progress; apart from the snapshot, since there may be thousands. */
export function filesOf(exchange: Exchange): FileView[] {
  const { swarm } = exchange
  if (swarm === null) return []
  return swarm.info.files.map((file, index) => ({
    path: file.path,
    sizeBytes: file.sizeBytes,
    verifiedBytes: verifiedInFile(swarm, index),
    isSelected: exchange.wishes.isSelected(index),
    priority: exchange.wishes.priorityOf(index),
  }))
}

function shareView(
  infoHash: InfoHash,
  entry: ShareEntry,
  places: readonly PlaceView[],
  now: number,
): ShareView {
  const { exchange } = entry
  const { swarm } = exchange
  const links = [...exchange.links.values()]
  const { wantedBytes, verifiedBytes } = amounts(exchange, swarm)
  const downSpeed = sum(links.map((link) => link.downSpeed.rate(now)))
  const missing = wantedBytes - verifiedBytes
  return {
    infoHash,
    name: swarm?.info.name ?? null,
    fileCount: swarm?.info.files.length ?? 0,
    state: exchange.state,
    isSource: exchange.isSource,
    isUnlisted: entry.isUnlisted,
    places: entry.viaQueue ? places : null,
    isStarted: exchange.isStarted,
    totalBytes: swarm?.info.totalBytes ?? 0,
    missingBytes: (swarm?.info.totalBytes ?? 0) - (swarm?.picker.haveBytes ?? 0),
    wantedBytes,
    verifiedBytes,
    downSpeed,
    upSpeed: sum(links.map((link) => link.upSpeed.rate(now))),
    downloadedBytes: swarm?.downloads.receivedBytes ?? 0,
    uploadedBytes: swarm?.uploads.sentBytes ?? 0,
    duplicateBytes: swarm?.downloads.duplicateBytes ?? 0,
    etaMs: missing > 0 && downSpeed > 0 ? Math.round((missing / downSpeed) * 1000) : null,
    peers: links.map((link) => peerView(link, exchange, now)),
    completedCount: swarm?.uploads.completedCount ?? 0,
    tracker: {
      state: entry.tracker,
      seeders: entry.seeders,
      leechers: entry.leechers,
      seedSeenAgoMs: entry.seedSeenAgoMs === null ? null : entry.seedSeenAgoMs + (now - entry.trackerAt),
    },
    pieceMap: swarm === null ? [] : pieceMap(swarm),
    availability: swarm === null || missing <= 0 ? [] : availabilityMap(swarm, links),
    pieceCount: swarm?.geometry.pieceCount ?? 0,
    addedAt: entry.addedAt,
  }
}

function peerView(link: PeerLink, exchange: Exchange, now: number): PeerView {
  const theirs = link.theirs
  return {
    peer: link.peer,
    progress: theirs === null ? 0 : theirs.length === 0 ? 1 : theirs.count / theirs.length,
    isSeed: link.isSeed,
    downSpeed: link.downSpeed.rate(now),
    upSpeed: link.upSpeed.rate(now),
    downloadedBytes: link.downloadedBytes,
    uploadedBytes: link.uploadedBytes,
    amChoking: link.amChoking,
    amInterested: link.amInterested,
    peerChoking: link.peerChoking,
    peerInterested: link.peerInterested,
    isOptimistic: exchange.swarm?.choking.optimistic === link.peer,
    trust: link.trust,
  }
}

function amounts(exchange: Exchange, swarm: Swarm | null): { wantedBytes: number; verifiedBytes: number } {
  let wantedBytes = 0
  let verifiedBytes = 0
  swarm?.info.files.forEach((file, index) => {
    if (!exchange.wishes.isSelected(index)) return
    wantedBytes += file.sizeBytes
    verifiedBytes += verifiedInFile(swarm, index)
  })
  return { wantedBytes, verifiedBytes }
}

function verifiedInFile(swarm: Swarm, file: number): number {
  const { geometry, picker } = swarm
  const pieces = geometry.filePieces(file)
  let verified = 0
  for (let piece = pieces.first; piece < pieces.first + pieces.count; piece++)
    verified += picker.verifiedInPiece(piece)
  return verified
}

/** The range of pieces in each cell of the map. */
function cellsOf<Value>({ geometry }: Swarm, valueOf: (from: number, to: number) => Value): Value[] {
  const cells = Math.min(PIECE_CELLS, geometry.pieceCount)
  return Array.from({ length: cells }, (_, cell) =>
    valueOf(
      Math.floor((cell * geometry.pieceCount) / cells),
      Math.floor(((cell + 1) * geometry.pieceCount) / cells),
    ),
  )
}

function pieceMap(swarm: Swarm): number[] {
  const { geometry, picker } = swarm
  return cellsOf(swarm, (from, to) => {
    let held = 0
    let total = 0
    for (let piece = from; piece < to; piece++) {
      held += picker.haveInPiece(piece)
      total += geometry.blocksIn(piece)
    }
    return total === 0 ? 0 : Math.round((held / total) * 100) / 100
  })
}

function availabilityMap(swarm: Swarm, links: readonly PeerLink[]): number[] {
  const { geometry, picker } = swarm
  const seeds = links.filter((link) => link.isSeed).length
  return cellsOf(swarm, (from, to) => {
    let rarest = Infinity
    for (let piece = from; piece < to; piece++)
      rarest = Math.min(rarest, picker.availability.count(piece) / geometry.blocksIn(piece))
    return seeds + Math.floor(rarest)
  })
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
