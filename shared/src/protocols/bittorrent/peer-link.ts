import type { BlockIndex, FileRoot, PeerId } from '../../kernel/ids.ts'
import type { Bitfield } from '../../content/bitfield.ts'
import type { BlockSet } from './block-set.ts'
import { RANK_WINDOW_MS, SPEED_WINDOW_MS } from './constants.ts'
import type { PeerRecord } from './peer-record.ts'
import { RateMeter } from './rate-meter.ts'

/** A request of ours: waiting for an answer, or called off but still to be answered (BEP 6). */
export interface Outstanding {
  readonly askedAt: number
  state: 'asked' | 'cancelled'
}

/** What we ask of a peer depends on what it did: `trusted`, `snubbed` (too slow), `quarantined` (a bad block). */
export type Trust = 'trusted' | 'snubbed' | 'quarantined'

/** Who decides about uploads to a peer: the choker, or a queue outside in which it waits or is served. */
export type Slot = 'choker' | 'waiting' | 'served'

/** All that the exchange knows about one peer of the share as long as it is here. The four choke and interest flags are BEP 3's. */
export class PeerLink {
  amChoking = true
  amInterested = false
  peerChoking = true
  peerInterested = false
  /** BEP 21: it said that it fetches nothing more, and we told it the same of us. */
  isUploadOnly = false
  amUploadOnly = false
  /** Spans of hashes that came while it fetched nothing, and that it was not told of. */
  readonly untoldHashes: { readonly root: FileRoot; readonly span: number }[] = []
  /** Since when neither of us wants anything. */
  needlessSince: number | null = null
  slot: Slot = 'choker'
  hasMetadata: boolean
  /** Blocks the peer holds; `null` until both sides know the metadata and it has said so. */
  theirs: Bitfield | null = null
  /** Wanted blocks that we lack and the peer has. */
  usefulCount = 0
  /** Those of them that nobody has been asked for; `null` as long as `theirs` is. */
  candidates: BlockSet | null = null
  readonly outstanding = new Map<BlockIndex, Outstanding>()
  /** Entries of `outstanding` that still wait for their block. */
  askedCount = 0
  /** Whether the picker's availability counts this peer's blocks; peers that told us they have all are left out. */
  isCounted = false
  /** Blocks that the peer asked for and we have not begun to read. */
  readonly queue: BlockIndex[] = []
  /** Blocks being read for the peer. */
  readonly reading = new Set<BlockIndex>()
  congested = false
  lastBlockAt: number
  /** The shortest time that a block took after it was asked for: how far away the peer is. */
  answerMs = Infinity
  #ignoredSince: number | null = null
  readonly downRank: RateMeter
  readonly upRank: RateMeter
  readonly downSpeed: RateMeter
  readonly upSpeed: RateMeter
  /** Verified bytes that the peer gave us in this visit, and bytes we sent it. */
  downloadedBytes = 0
  uploadedBytes = 0
  readonly peer: PeerId

  constructor(
    readonly record: PeerRecord,
    hasMetadata: boolean,
    now: number,
  ) {
    this.peer = record.peer
    this.hasMetadata = hasMetadata
    this.lastBlockAt = now
    this.downRank = new RateMeter(RANK_WINDOW_MS, now)
    this.upRank = new RateMeter(RANK_WINDOW_MS, now)
    this.downSpeed = new RateMeter(SPEED_WINDOW_MS, now, 'restart')
    this.upSpeed = new RateMeter(SPEED_WINDOW_MS, now, 'restart')
  }

  get trust(): Trust {
    return this.record.trust
  }
  set trust(trust: Trust) {
    this.record.trust = trust
  }

  /** A block of the peer's was verified. */
  countDownload(bytes: number): void {
    this.downloadedBytes += bytes
    this.record.givenBytes += bytes
  }

  /** A block was sent to the peer. */
  countUpload(bytes: number, now: number): void {
    this.uploadedBytes += bytes
    this.record.takenBytes += bytes
    this.upRank.add(bytes, now)
    this.upSpeed.add(bytes, now)
  }

  get isSeed(): boolean {
    return this.theirs?.isFull === true
  }

  /** It fetches nothing more: it has everything, or all that it wants. */
  get wantsNothing(): boolean {
    return this.isSeed || this.isUploadOnly
  }

  /** It takes part, and may pass on what it gets (whoever only looks says nothing of its blocks). */
  get isFetching(): boolean {
    return this.theirs !== null && !this.wantsNothing
  }

  /** Call whenever our interest or the peer's choke changed, or the time is wanted up to now. */
  updateIgnored(now: number): void {
    if (this.#ignoredSince !== null) this.record.ignoredMs += now - this.#ignoredSince
    this.#ignoredSince = this.amInterested && this.peerChoking ? now : null
  }
}
