import type { BlockIndex, PeerId } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import type { Rng } from '../../kernel/rng.ts'
import type { TokenBucket } from '../../kernel/token-bucket.ts'
import { Bitfield } from '../../content/bitfield.ts'
import { Geometry } from '../../content/geometry.ts'
import type { HashTree } from '../../content/merkle.ts'
import type { ShareInfo } from '../../content/metainfo.ts'
import type { FileRoot } from '../../kernel/ids.ts'
import type { Standing } from './choker.ts'
import { Choking, type SlotTurns } from './choking.ts'
import {
  GENEROSITY,
  GIFT_BYTES,
  PATIENCE_MS,
  RECHOKE_MS,
  REVEAL_MAX,
  REVEAL_MIN,
  REVEAL_SECONDS,
  SUPER_SEEDINGS_MAX,
  UPLOAD_SLOTS,
} from './constants.ts'
import { Downloads } from './downloads.ts'
import type { Outbox } from './effects.ts'
import { HashFetch } from './hash-fetch.ts'
import { HaveAnnouncer } from './haves.ts'
import type { PeerLink } from './peer-link.ts'
import { BLOCK, PiecePicker } from './piece-picker.ts'
import { runsOf } from './runs.ts'
import { SuperSeeder } from './super-seed.ts'
import { tellWants } from './upload-only.ts'
import { Uploads } from './uploads.ts'

/** How often stale turns of super-seeding are looked for; our choice. */
const TURN_CHECK_MS = RECHOKE_MS / 5

export interface SwarmOptions {
  readonly info: ShareInfo
  readonly trees: ReadonlyMap<FileRoot, HashTree>
  readonly links: ReadonlyMap<PeerId, PeerLink>
  readonly out: Outbox
  readonly rng: Rng
  readonly uploadBucket: TokenBucket
  readonly downloadBucket: TokenBucket
  readonly isSeeding: () => boolean
  readonly now: number
}

/** The parts of an exchange that exist once the metadata is known, wired to each other. */
export class Swarm {
  readonly info: ShareInfo
  readonly geometry: Geometry
  readonly picker: PiecePicker
  readonly hashes: HashFetch
  readonly downloads: Downloads
  readonly uploads: Uploads
  readonly choking: Choking
  readonly haves: HaveAnnouncer
  readonly #options: SwarmOptions
  #superSeed: SuperSeeder | 'notYet' | 'over' = 'notYet'
  #turnCheckAt = 0
  /** How often hiding has ended. */
  #endings = 0

  constructor(options: SwarmOptions) {
    const { info, links, out, rng } = options
    this.#options = options
    this.info = info
    this.geometry = new Geometry(
      info.pieceBytes,
      info.files.map((file) => file.sizeBytes),
    )
    this.picker = new PiecePicker(this.geometry, rng.child('picker'))
    this.hashes = new HashFetch(info, this.geometry, options.trees, rng.child('hashes'))
    const { geometry, picker, hashes } = this
    this.downloads = new Downloads({ geometry, picker, hashes, links, out, bucket: options.downloadBucket })
    const mayServe = (peer: PeerId, block: BlockIndex) => this.#mayServe(peer, block)
    const onSent = this.onSent.bind(this)
    this.uploads = new Uploads({
      geometry,
      links,
      out,
      bucket: options.uploadBucket,
      mayServe,
      onSent,
      now: options.now,
    })
    this.choking = new Choking(
      {
        links,
        uploads: this.uploads,
        out,
        rng: rng.child('choking'),
        scoreOf: (link, now) => this.#scoreOf(link, now),
        standingOf: (link, now) => this.#standingOf(link, now),
        expectsReturn: () => !options.isSeeding(),
        turns: () => this.#turns,
      },
      options.now,
    )
    this.haves = new HaveAnnouncer(links, out)
  }

  /** Every block of the share is here, wanted or not. */
  get isFull(): boolean {
    for (let piece = 0; piece < this.geometry.pieceCount; piece++)
      if (!this.picker.hasWholePiece(piece)) return false
    return true
  }

  /** The blocks that we hold. */
  ours(): Bitfield {
    const ours = new Bitfield(this.geometry.blockCount)
    for (let block = 0; block < ours.length; block++)
      if (this.picker.state(block) === BLOCK.have) ours.set(block)
    return ours
  }

  /** Tells a peer what we have; it knows the metadata. */
  introduce(link: PeerLink): void {
    const { out } = this.#options
    const ours = this.ours()
    link.record.metAsSeed ??= this.#options.isSeeding()
    tellWants(link, !this.#options.isSeeding() || ours.isFull, out)
    if (this.hashes.isComplete) out.send(link.peer, { type: 'haveAllHashes' })
    else for (const held of this.hashes.held()) out.send(link.peer, { type: 'haveHashes', ...held })
    if (ours.isFull && this.#shouldHideFrom(link)) this.#hideFrom(link)
    else if (ours.isFull) out.send(link.peer, { type: 'haveAll' })
    else if (ours.isEmpty) out.send(link.peer, { type: 'haveNone' })
    else this.#tellBlocks(link, ours)
  }

  /** A bitfield that fits a message, else runs of blocks: shares of several GiB have too many for one. */
  #tellBlocks(link: PeerLink, ours: Bitfield): void {
    const { out } = this.#options
    const bits = ours.toBytes()
    if (bits.length <= LIMITS.controlMessageBytes) {
      out.send(link.peer, { type: 'bitfield', bits })
      return
    }
    out.send(link.peer, { type: 'haveNone' })
    for (const run of runsOf(ours.ones())) out.send(link.peer, { type: 'have', ...run })
  }

  /** A peer takes part from now on (whoever only looks says nothing of its blocks). */
  onDownloader(link: PeerLink): void {
    const isHidden = this.#superSeed instanceof SuperSeeder && this.#superSeed.isHiddenFrom(link.peer)
    if (!isHidden && this.isFull && this.#shouldHideFrom(link)) this.#hideFrom(link)
  }

  /** A peer's blocks changed: spreads the news to super-seeding and interest. */
  onTheirBlocks(link: PeerLink, blocks: Iterable<BlockIndex>, now: number): void {
    if (!(this.#superSeed instanceof SuperSeeder)) return
    for (const block of blocks) this.#superSeed.sawBlock(link.peer, block)
    if (this.#superSeed.isDone || link.isSeed) this.#endSuperSeeding()
    else this.topUp(link, now)
  }

  topUp(link: PeerLink, now: number): void {
    if (this.#superSeed instanceof SuperSeeder)
      this.#superSeed.topUp(link, this.#batch(now), this.#options.out)
  }

  /** A block left for a peer. */
  onSent(link: PeerLink, block: BlockIndex, now: number): void {
    const superSeed = this.#superSeed
    if (!(superSeed instanceof SuperSeeder)) {
      if (this.#standingOf(link, now) === 'takes') this.choking.touch()
      return
    }
    superSeed.onSent(link.peer, block, now)
    this.topUp(link, now)
    if (superSeed.isDone) this.#endSuperSeeding()
    else if (!superSeed.isOnTurn(link.peer)) this.choking.touch()
  }

  /** Every re-ranking: stale turns end. */
  onWake(now: number): void {
    if (now < this.#turnCheckAt) return
    this.#turnCheckAt = now + TURN_CHECK_MS
    if (!(this.#superSeed instanceof SuperSeeder)) return
    this.#superSeed.onWake(now)
    if (this.#superSeed.isFutile) this.#endSuperSeeding()
    this.choking.touch()
  }

  wakeAt(): number {
    return this.#superSeed instanceof SuperSeeder && this.#options.links.size > 0
      ? this.#turnCheckAt
      : Infinity
  }

  removePeer(link: PeerLink, now: number): void {
    if (this.#superSeed instanceof SuperSeeder) {
      this.#superSeed.leave(link)
      // With one leecher left there is nobody to trade with.
      if (this.#superSeed.pupilCount < 2) this.#endSuperSeeding('notYet')
    }
    this.hashes.removePeer(link.peer)
    this.haves.removePeer(link.peer)
    this.choking.touch()
    this.uploads.removePeer(link)
    this.downloads.removePeer(link, now)
  }

  get isSuperSeeding(): boolean {
    return this.#superSeed instanceof SuperSeeder
  }

  #superSeeder(newcomer: PeerLink): SuperSeeder {
    if (this.#superSeed instanceof SuperSeeder) return this.#superSeed
    const superSeed = new SuperSeeder(this.geometry.blockCount)
    this.#superSeed = superSeed
    for (const link of this.#options.links.values()) {
      if (link === newcomer || link.theirs === null || link.isSeed) continue
      for (const block of link.theirs.ones()) superSeed.sawBlock(link.peer, block)
      // Who came before the others and was told of everything sees no more than they do from now on.
      this.#options.out.send(link.peer, { type: 'haveNone' })
      superSeed.join(link)
    }
    return superSeed
  }

  #hideFrom(link: PeerLink): void {
    this.#options.out.send(link.peer, { type: 'haveNone' })
    this.#superSeeder(link).join(link)
  }

  /** Hiding pays off when several who download can trade and no other full copy is in sight. */
  #shouldHideFrom(link: PeerLink): boolean {
    if (this.#superSeed === 'over' || !this.#options.isSeeding() || !link.isFetching) return false
    let downloaders = 0
    for (const other of this.#options.links.values()) {
      if (other.isSeed) return false
      if (other !== link && other.isFetching) downloaders++
    }
    return downloaders > 0
  }

  /** Another full copy turned up, or a queue serves: hiding ours serves nobody. */
  onOtherSource(): void {
    this.#endSuperSeeding()
  }

  #endSuperSeeding(next: 'over' | 'notYet' = 'over'): void {
    this.choking.touch()
    const superSeed = this.#superSeed
    this.#superSeed = ++this.#endings < SUPER_SEEDINGS_MAX ? next : 'over'
    if (!(superSeed instanceof SuperSeeder)) return
    for (const link of this.#options.links.values())
      if (superSeed.isHiddenFrom(link.peer)) this.#options.out.send(link.peer, { type: 'haveAll' })
  }

  #mayServe(peer: PeerId, block: BlockIndex): boolean {
    if (this.picker.state(block) !== BLOCK.have) return false
    return this.#superSeed instanceof SuperSeeder ? this.#superSeed.mayRequest(peer, block) : true
  }

  /** Blocks to keep revealed ahead: more for a fast uplink, so that it never waits for a request. */
  #batch(now: number): number {
    const ahead = (this.uploads.speed.rate(now) * REVEAL_SECONDS) / UPLOAD_SLOTS / LIMITS.blockBytes
    return Math.max(REVEAL_MIN, Math.min(REVEAL_MAX, Math.ceil(ahead)))
  }

  #scoreOf(link: PeerLink, now: number): number {
    if (!this.#options.isSeeding()) return link.downRank.rate(now)
    if (this.#superSeed instanceof SuperSeeder) return this.#superSeed.meritOf(link.peer)
    // Who gave to us while we were fetching comes first, in that order; then who takes fastest.
    return link.record.givenBytes > 0 ? 1 + link.record.givenBytes : link.upRank.rate(now) / 1e12
  }

  #standingOf(link: PeerLink, now: number): Standing {
    const { givenBytes, takenBytes, metAsSeed } = link.record
    if (this.#options.isSeeding()) {
      if (givenBytes > 0) return 'gives'
      if (!this.isSuperSeeding && link.record.isKeeper) return 'takes'
      return metAsSeed === true || takenBytes < GIFT_BYTES ? 'unknown' : 'takes'
    }
    if (takenBytes > GIFT_BYTES + GENEROSITY * givenBytes) {
      // It may have had nothing for us yet; but if it had, and gave nothing, it only takes.
      link.updateIgnored(now)
      if (link.record.ignoredMs > PATIENCE_MS) return 'takes'
    }
    return givenBytes > 0 ? 'gives' : 'unknown'
  }

  /** While we super-seed, slots go round in turns. */
  get #turns(): SlotTurns | null {
    const superSeed = this.#superSeed
    if (!(superSeed instanceof SuperSeeder)) return null
    return {
      isOnTurn: (link) => superSeed.isOnTurn(link.peer),
      isWaiting: (link) => superSeed.isHiddenFrom(link.peer) && link.theirs !== null && superSeed.hasSupply,
      begin: (link, now) => {
        superSeed.beginTurn(link, this.#batch(now), this.#options.out, now)
      },
    }
  }
}
