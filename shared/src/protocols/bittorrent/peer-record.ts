import { BoundedMap } from '../../kernel/bounded.ts'
import type { PeerId } from '../../kernel/ids.ts'
import { TokenBucket } from '../../kernel/token-bucket.ts'
import {
  BAD_BLOCKS_TO_BAN,
  HASH_REQUEST_BURST,
  HASH_REQUESTS_PER_SECOND,
  KEPT_BLOCKS,
  KNOWN_BLOCKS_BURST,
  KNOWN_BLOCKS_PER_SECOND,
  METADATA_PARTS_BURST,
  METADATA_PARTS_PER_SECOND,
  PEERS_REMEMBERED,
  PEX_TAKEN_BURST,
  PEX_TAKEN_PER_SECOND,
  STATES_BURST,
  STATES_PER_SECOND,
} from './constants.ts'
import type { Trust } from './peer-link.ts'

/** What counts for and against a peer of the share. It outlives a visit: to leave and join anew washes nothing off. */
export class PeerRecord {
  trust: Trust = 'trusted'
  badBlocks = 0
  /** We had everything when it first came, so it never could give us anything; `null` before it was told. */
  metAsSeed: boolean | null = null
  /** How long the peer had something for us and kept us choked, since it last gave us a block. */
  ignoredMs = 0
  /** Verified bytes that the peer gave us, and bytes we sent it, in all its visits. */
  givenBytes = 0
  takenBytes = 0
  /** It took bytes from us and has all of the share by now. */
  gotAll = false
  /** Blocks that it got from us in super-seeding and nobody else has shown since. */
  unspreadBlocks = 0
  /** Blocks of its that spread, and blocks that it kept for too long. */
  spreadBlocks = 0
  keptBlocks = 0
  /** How often it may still join. */
  readonly joinBucket: TokenBucket
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

  /** @param metAt when it joined for the first time. */
  constructor(
    readonly peer: PeerId,
    readonly metAt: number,
  ) {
    this.joinBucket = new TokenBucket(STATES_PER_SECOND, STATES_BURST, metAt)
    this.metadataBucket = new TokenBucket(METADATA_PARTS_PER_SECOND, METADATA_PARTS_BURST, metAt)
    this.hashBucket = new TokenBucket(HASH_REQUESTS_PER_SECOND, HASH_REQUEST_BURST, metAt)
    this.pexBucket = new TokenBucket(PEX_TAKEN_PER_SECOND, PEX_TAKEN_BURST, metAt)
    this.stateBucket = new TokenBucket(STATES_PER_SECOND, STATES_BURST, metAt)
    this.knownBucket = new TokenBucket(KNOWN_BLOCKS_PER_SECOND, KNOWN_BLOCKS_BURST, metAt)
  }

  /** It sent a bad block: it is asked for nothing more. */
  blame(): void {
    this.badBlocks++
    this.trust = 'quarantined'
  }

  /** Whether what it got from us in super-seeding stayed with it. */
  get isKeeper(): boolean {
    return this.keptBlocks >= KEPT_BLOCKS && this.keptBlocks > this.spreadBlocks
  }

  /** It sent so many bad blocks that it is to be banned. */
  get isCorrupt(): boolean {
    return this.badBlocks >= BAD_BLOCKS_TO_BAN
  }
}

/** Records of the peers that are here, and of the last ones that left. */
export class PeerRecords {
  readonly #absent = new BoundedMap<PeerId, PeerRecord>(PEERS_REMEMBERED)

  constructor(readonly present: ReadonlyMap<PeerId, { readonly record: PeerRecord }>) {}

  /** The record of a peer that joins. */
  of(peer: PeerId, now: number): PeerRecord {
    return this.find(peer) ?? new PeerRecord(peer, now)
  }

  find(peer: PeerId): PeerRecord | undefined {
    return this.present.get(peer)?.record ?? this.#absent.get(peer)
  }

  /** Remembers a peer that leaves. */
  keep(record: PeerRecord): void {
    this.#absent.set(record.peer, record)
  }
}
