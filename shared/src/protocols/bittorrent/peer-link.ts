import type { BlockIndex, PeerId } from '../../kernel/ids.ts'
import { TokenBucket } from '../../kernel/token-bucket.ts'
import type { Bitfield } from '../../content/bitfield.ts'
import type { BlockSet } from './block-set.ts'
import {
  HASH_REQUEST_BURST,
  HASH_REQUESTS_PER_SECOND,
  KNOWN_BLOCKS_BURST,
  KNOWN_BLOCKS_PER_SECOND,
  METADATA_PARTS_BURST,
  METADATA_PARTS_PER_SECOND,
  PEX_TAKEN_BURST,
  PEX_TAKEN_PER_SECOND,
  RANK_WINDOW_MS,
  SPEED_WINDOW_MS,
  STATES_BURST,
  STATES_PER_SECOND,
} from './constants.ts'
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

/** All that the exchange knows about one peer of the share. The four choke and interest flags are BEP 3's. */
export class PeerLink {
  amChoking = true
  amInterested = false
  peerChoking = true
  peerInterested = false
  slot: Slot = 'choker'
  hasMetadata: boolean
  /** Metadata parts that the peer may still ask for. */
  readonly metadataBucket: TokenBucket
  /** Hash requests that the peer may still make. */
  readonly hashBucket: TokenBucket
  /** Peers that it may still name. */
  readonly pexBucket: TokenBucket
  /** How often it may still tell all that it has. */
  readonly stateBucket: TokenBucket
  /** Blocks that it may still announce although we know of them. */
  readonly knownBucket: TokenBucket
  /** Blocks the peer holds; `null` until both sides know the metadata and it has said so. */
  theirs: Bitfield | null = null
  trust: Trust = 'trusted'
  badBlocks = 0
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
  /** We had everything when it came, so it never could give us anything. */
  metAsSeed = false
  /** How long the peer had something for us and kept us choked, since it last gave us a block. */
  ignoredMs = 0
  #ignoredSince: number | null = null
  readonly downRank: RateMeter
  readonly upRank: RateMeter
  readonly downSpeed: RateMeter
  readonly upSpeed: RateMeter
  /** Verified bytes that the peer gave us, and bytes we sent it. */
  downloadedBytes = 0
  uploadedBytes = 0

  constructor(
    readonly peer: PeerId,
    hasMetadata: boolean,
    readonly joinedAt: number,
  ) {
    this.hasMetadata = hasMetadata
    this.metadataBucket = new TokenBucket(METADATA_PARTS_PER_SECOND, METADATA_PARTS_BURST, joinedAt)
    this.hashBucket = new TokenBucket(HASH_REQUESTS_PER_SECOND, HASH_REQUEST_BURST, joinedAt)
    this.pexBucket = new TokenBucket(PEX_TAKEN_PER_SECOND, PEX_TAKEN_BURST, joinedAt)
    this.stateBucket = new TokenBucket(STATES_PER_SECOND, STATES_BURST, joinedAt)
    this.knownBucket = new TokenBucket(KNOWN_BLOCKS_PER_SECOND, KNOWN_BLOCKS_BURST, joinedAt)
    this.lastBlockAt = joinedAt
    this.downRank = new RateMeter(RANK_WINDOW_MS, joinedAt)
    this.upRank = new RateMeter(RANK_WINDOW_MS, joinedAt)
    this.downSpeed = new RateMeter(SPEED_WINDOW_MS, joinedAt, 'restart')
    this.upSpeed = new RateMeter(SPEED_WINDOW_MS, joinedAt, 'restart')
  }

  get isSeed(): boolean {
    return this.theirs?.isFull === true
  }

  /** Call whenever our interest or the peer's choke changed, or the time is wanted up to now. */
  updateIgnored(now: number): void {
    if (this.#ignoredSince !== null) this.ignoredMs += now - this.#ignoredSince
    this.#ignoredSince = this.amInterested && this.peerChoking ? now : null
  }
}
