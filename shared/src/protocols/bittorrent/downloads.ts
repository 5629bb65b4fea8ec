import type { Bytes } from '../../kernel/bytes.ts'
import type { BlockIndex, PeerId } from '../../kernel/ids.ts'
import { defined } from '../../kernel/invariant.ts'
import type { TokenBucket } from '../../kernel/token-bucket.ts'
import type { Bitfield } from '../../content/bitfield.ts'
import { ENDGAME_CHECK_MS, ENDGAME_COPIES, REFILL_SHARE, SNUB_MS } from './constants.ts'
import type { Outbox } from './effects.ts'
import { slowestBlock } from './endgame.ts'
import { pipelineOf } from './pace.ts'
import type { PeerLink } from './peer-link.ts'
import { BLOCK } from './piece-picker.ts'
import { findSnubs } from './snubs.ts'
import { Supply, type SupplyParts } from './supply.ts'

export interface DownloadParts extends SupplyParts {
  readonly out: Outbox
  readonly bucket: TokenBucket
}

/** The request side of the exchange: whom to ask for which block, when to ask again, whom to blame. */
export class Downloads {
  readonly #parts: DownloadParts
  readonly #supply: Supply
  /** Who sent a block that is now being hashed and written. */
  readonly #verifying = new Map<BlockIndex, PeerId>()
  /** Blocks asked of more than one peer. */
  readonly #copies = new Map<BlockIndex, number>()
  #isActive = false
  /** No peer can be snubbed before. */
  #snubCheckAt = Infinity
  #endgameAt = Infinity
  #waitsForBucket = false
  receivedBytes = 0
  duplicateBytes = 0

  constructor(parts: DownloadParts) {
    this.#parts = parts
    this.#supply = new Supply(parts)
  }

  /** Pausing calls off what is outstanding; blocks that are on their way are still taken. */
  setActive(isActive: boolean, now: number): void {
    if (this.#isActive === isActive) return
    this.#isActive = isActive
    for (const link of this.#parts.links.values()) {
      if (!isActive) this.#callOffAll(link)
      this.updateInterest(link, now)
      this.refill(link, now)
    }
  }

  /** The peer said what it has, all at once. */
  setTheirs(link: PeerLink, theirs: Bitfield, isCounted: boolean, now: number): void {
    this.#supply.setTheirs(link, theirs, isCounted)
    this.updateInterest(link, now)
    this.refill(link, now)
  }

  onHave(link: PeerLink, block: BlockIndex): void {
    this.#supply.add(link, block)
  }

  removePeer(link: PeerLink, now: number): void {
    for (const block of [...link.outstanding.keys()]) this.#settle(link, block)
    this.#supply.forgetTheirs(link)
    for (const other of this.#parts.links.values()) if (other !== link) this.refill(other, now)
  }

  /** The choice of files changed: count anew what each peer can give us. */
  onSelection(now: number): void {
    for (const link of this.#parts.links.values()) {
      this.#supply.recount(link)
      this.updateInterest(link, now)
      this.refill(link, now)
    }
  }

  /** Somebody watches another place. A slow peer would answer requests for other parts first: they are called off. */
  onPlay(now: number): void {
    const { picker, links } = this.#parts
    if (!picker.isStarving) return
    for (const link of links.values()) {
      for (const [block, request] of link.outstanding)
        if (request.state === 'asked' && !picker.isWatched(block)) this.#callOff(link, block)
      this.refill(link, now)
    }
  }

  updateInterest(link: PeerLink, now: number): void {
    const isInterested = this.#isActive && link.usefulCount > 0 && link.trust !== 'quarantined'
    if (isInterested === link.amInterested) return
    link.amInterested = isInterested
    link.updateIgnored(now)
    this.#parts.out.send(link.peer, { type: isInterested ? 'interested' : 'notInterested' })
  }

  /** Tops up the requests outstanding with a peer. */
  refill(link: PeerLink, now: number): void {
    const { candidates } = link
    if (!this.#isActive || link.peerChoking || candidates === null || link.trust === 'quarantined') return
    const { picker, hashes } = this.#parts
    if (candidates.count === 0) {
      // What everybody has is on its way: look later whether it still is.
      if (picker.freeCount === 0 && link.usefulCount > 0)
        this.#endgameAt = Math.min(this.#endgameAt, now + ENDGAME_CHECK_MS)
      return
    }
    const target = pipelineOf(link, now)
    const room = target - link.askedCount
    if (room < 1 || (link.askedCount > 0 && room < target * REFILL_SHARE)) return
    const isAskable = (block: BlockIndex) => hashes.isKnown(block) && !link.outstanding.has(block)
    for (const block of picker.pick(candidates, room, isAskable)) if (!this.#ask(link, block, now)) return
  }

  /** A block came in. @returns false when we had not asked this peer for it. */
  onPiece(link: PeerLink, block: BlockIndex, bytes: Bytes, now: number): boolean {
    const request = link.outstanding.get(block)
    if (request === undefined) return false
    const wasCalledOff = request.state === 'cancelled'
    this.#settle(link, block, false)
    link.lastBlockAt = now
    link.answerMs = Math.min(link.answerMs, now - request.askedAt)
    if (link.trust === 'snubbed') link.trust = 'trusted'
    this.receivedBytes += bytes.length
    const { picker, hashes, out } = this.#parts
    if (picker.state(block) >= BLOCK.verifying) {
      this.duplicateBytes += bytes.length
    } else {
      this.#supply.setState(block, BLOCK.verifying)
      this.#verifying.set(block, link.peer)
      link.downRank.add(bytes.length, now)
      link.downSpeed.add(bytes.length, now)
      link.record.ignoredMs = 0
      const hash = defined(hashes.leafOf(block), 'hash of a requested block')
      out.push({ type: 'store', block, bytes, hash })
      // What was called off and came all the same may have been asked of another meanwhile.
      if (this.#copies.delete(block) || wasCalledOff) this.#callOffCopies(block)
    }
    this.refill(link, now)
    return true
  }

  onReject(link: PeerLink, block: BlockIndex, now: number): void {
    const wasRefused = link.outstanding.get(block)?.state === 'asked'
    const freed = this.#settle(link, block)
    // Refused although it has the block and unchoked us: as if it had it no more, or we would ask for ever.
    if (wasRefused) {
      this.#supply.remove(link, block)
      this.updateInterest(link, now)
    }
    if (freed) this.refillAll(now)
    else this.refill(link, now)
  }

  onStored(block: BlockIndex, now: number): PeerId | null {
    const { picker, links, geometry } = this.#parts
    const from = this.#verifying.get(block) ?? null
    this.#verifying.delete(block)
    if (picker.state(block) === BLOCK.have) return from
    const wasMissing = picker.isMissing(block)
    this.#supply.setState(block, BLOCK.have)
    for (const link of links.values()) {
      if (wasMissing && link.theirs?.get(block) === true) {
        link.usefulCount--
        this.updateInterest(link, now)
      }
      if (link.peer === from) link.countDownload(geometry.blockSize(block))
    }
    return from
  }

  /** The block was wrong or could not be kept: it is free again. @returns who sent it. */
  onLost(block: BlockIndex): PeerId | null {
    const from = this.#verifying.get(block) ?? null
    this.#verifying.delete(block)
    this.#supply.setState(block, BLOCK.free)
    return from
  }

  /** After its first bad block a peer is asked for nothing more. */
  onQuarantined(link: PeerLink | undefined, now: number): void {
    if (link === undefined) return
    this.#callOffAll(link)
    this.updateInterest(link, now)
  }

  onChoked(link: PeerLink): void {
    // With the fast extension each request is still answered; until then its blocks may be asked of others.
    for (const [block, request] of link.outstanding) if (request.state === 'asked') this.#release(link, block)
  }

  refillAll(now: number): void {
    for (const link of this.#parts.links.values()) this.refill(link, now)
  }

  /** What is due: peers to be snubbed, the endgame, and requests that waited for the download limit. */
  onWake(now: number): void {
    if (now >= this.#snubCheckAt) this.#checkSnubs(now)
    if (now >= this.#endgameAt) this.#endgame(now)
    if (!this.#waitsForBucket || !this.#parts.bucket.nextRound(now)) return
    this.#waitsForBucket = false
    this.refillAll(now)
  }

  /** The requests of peers that deliver nothing go to others. */
  #checkSnubs(now: number): void {
    const { snubs, checkAt } = findSnubs(this.#parts.links.values(), now)
    this.#snubCheckAt = checkAt
    for (const link of snubs) this.#callOffAll(link)
    if (snubs.length > 0) this.refillAll(now)
  }

  wakeAt(now: number): number {
    if (!this.#isActive) return Infinity
    const at = Math.min(this.#snubCheckAt, this.#endgameAt)
    return this.#waitsForBucket ? Math.min(at, this.#parts.bucket.readyAt(now)) : at
  }

  #ask(link: PeerLink, block: BlockIndex, now: number): boolean {
    const { geometry, picker, out, bucket } = this.#parts
    const length = geometry.blockSize(block)
    if (!bucket.takeInTurn(length, now)) {
      this.#waitsForBucket = true
      return false
    }
    this.#snubCheckAt = Math.min(this.#snubCheckAt, now + SNUB_MS)
    if (picker.state(block) === BLOCK.requested) this.#copies.set(block, (this.#copies.get(block) ?? 1) + 1)
    this.#supply.setState(block, BLOCK.requested)
    link.outstanding.set(block, { askedAt: now, state: 'asked' })
    link.askedCount++
    out.send(link.peer, { type: 'request', ...geometry.rangeOf(block) })
    return true
  }

  /** Nothing is free: idle peers are asked again for what its present holder is slow with, a block at a time. */
  #endgame(now: number): void {
    const { picker, links } = this.#parts
    this.#endgameAt = Infinity
    if (!this.#isActive || picker.freeCount > 0 || picker.missingCount === 0) return
    const mayCopy = (block: BlockIndex) =>
      picker.state(block) === BLOCK.requested && (this.#copies.get(block) ?? 1) < ENDGAME_COPIES
    for (const link of links.values()) {
      if (link.peerChoking || link.askedCount > 0 || link.usefulCount === 0 || link.trust !== 'trusted')
        continue
      const block = slowestBlock(link, links.values(), mayCopy, now)
      if (block !== null) this.#ask(link, block, now)
    }
    this.#endgameAt = now + ENDGAME_CHECK_MS
  }

  #callOffCopies(block: BlockIndex): void {
    for (const link of this.#parts.links.values()) {
      if (link.outstanding.get(block)?.state === 'asked') this.#callOff(link, block)
    }
  }

  #callOffAll(link: PeerLink): void {
    for (const [block, request] of link.outstanding) if (request.state === 'asked') this.#callOff(link, block)
  }

  #callOff(link: PeerLink, block: BlockIndex): void {
    const { geometry, out } = this.#parts
    this.#release(link, block)
    out.send(link.peer, { type: 'cancel', ...geometry.rangeOf(block) })
  }

  /** The request no longer holds its block, but its answer is still due. */
  #release(link: PeerLink, block: BlockIndex): void {
    const request = link.outstanding.get(block)
    if (request?.state !== 'asked') return
    request.state = 'cancelled'
    link.askedCount--
    this.#freeUnlessAsked(block)
  }

  /** The request has been answered, or never will be. @returns whether its block may be free again. */
  #settle(link: PeerLink, block: BlockIndex, free = true): boolean {
    const request = link.outstanding.get(block)
    if (request === undefined) return false
    link.outstanding.delete(block)
    if (request.state !== 'asked') return false
    link.askedCount--
    if (free) this.#freeUnlessAsked(block)
    return free
  }

  #freeUnlessAsked(block: BlockIndex): void {
    const { picker, links } = this.#parts
    if (picker.state(block) !== BLOCK.requested) return
    const copies = this.#copies.get(block)
    if (copies !== undefined) {
      this.#copies.delete(block)
      for (const link of links.values()) if (link.outstanding.get(block)?.state === 'asked') return
    }
    this.#supply.setState(block, BLOCK.free)
  }
}
