import type { BlockIndex, PeerId } from '../../kernel/ids.ts'
import { Bitfield } from '../../content/bitfield.ts'
import { REVEAL_BLOCKS } from './constants.ts'
import type { Outbox } from './effects.ts'
import type { PeerLink } from './peer-link.ts'

/**
 * Super-seeding (BEP 16) by blocks: while we are the only full source, each peer is told of other blocks,
 * so that our uplink carries every block once before it carries any twice. A peer whose blocks turn up at
 * others earns credit, which ranks it for our slots.
 */
export class SuperSeeder {
  readonly #revealed = new Map<PeerId, Bitfield>()
  readonly #timesRevealed: Uint8Array
  readonly #holders: Uint16Array
  readonly #revealedTo = new Map<BlockIndex, PeerId>()
  readonly #credit = new Map<PeerId, number>()
  #seenCount = 0
  #next = 0

  constructor(readonly blockCount: number) {
    this.#timesRevealed = new Uint8Array(blockCount)
    this.#holders = new Uint16Array(blockCount)
  }

  /** True when every block is held by some leecher: hiding serves no purpose any more. */
  get isDone(): boolean {
    return this.#seenCount === this.blockCount
  }

  isHiddenFrom(peer: PeerId): boolean {
    return this.#revealed.has(peer)
  }

  mayRequest(peer: PeerId, block: BlockIndex): boolean {
    return this.#revealed.get(peer)?.get(block) ?? true
  }

  /** Blocks of this peer's that spread to others since it joined. */
  creditOf(peer: PeerId): number {
    return this.#credit.get(peer) ?? 0
  }

  join(peer: PeerId): void {
    this.#revealed.set(peer, new Bitfield(this.blockCount))
  }

  leave(link: PeerLink): void {
    this.#revealed.delete(link.peer)
    this.#credit.delete(link.peer)
    if (link.theirs !== null) for (const block of link.theirs.ones()) this.#addHolder(block, -1)
    for (const [block, peer] of this.#revealedTo) {
      if (peer !== link.peer || (this.#holders[block] ?? 0) > 0) continue
      this.#timesRevealed[block] = 0
      this.#revealedTo.delete(block)
      this.#next = Math.min(this.#next, block)
    }
  }

  /** A peer announced a block; whoever got it from us first is credited once it reaches another. */
  sawBlock(peer: PeerId, block: BlockIndex): void {
    this.#addHolder(block, 1)
    const first = this.#revealedTo.get(block)
    if (first === undefined || first === peer) return
    this.#credit.set(first, this.creditOf(first) + 1)
    this.#revealedTo.delete(block)
  }

  /** Reveals more blocks to a peer: a few to keep it interested, more when it holds a slot. */
  topUp(link: PeerLink, out: Outbox): void {
    const revealed = this.#revealed.get(link.peer)
    if (revealed === undefined || link.theirs === null) return
    const wanted = link.amChoking ? REVEAL_BLOCKS / 4 : REVEAL_BLOCKS
    let open = revealed.count
    for (const block of revealed.ones()) {
      // What the peer has fetched no longer counts as open; forgetting it keeps this loop short.
      if (!link.theirs.get(block)) continue
      revealed.clear(block)
      open--
    }
    if (open > wanted / 2) return
    for (let first = open; first < wanted; ) {
      const run = this.#nextRun(link, Math.min(REVEAL_BLOCKS / 4, wanted - first))
      if (run === null) return
      for (let i = 0; i < run.count; i++) this.#reveal(link.peer, revealed, run.first + i)
      out.send(link.peer, { type: 'have', ...run })
      first += run.count
    }
  }

  #reveal(peer: PeerId, revealed: Bitfield, block: BlockIndex): void {
    revealed.set(block)
    this.#timesRevealed[block] = (this.#timesRevealed[block] ?? 0) + 1
    if (!this.#revealedTo.has(block)) this.#revealedTo.set(block, peer)
  }

  /** The next run that nobody was told of; when there is none, one that nobody holds yet. */
  #nextRun(link: PeerLink, length: number): { first: BlockIndex; count: number } | null {
    const revealed = this.#revealed.get(link.peer)
    const isFresh = (block: BlockIndex) => this.#timesRevealed[block] === 0
    const isRare = (block: BlockIndex) =>
      this.#holders[block] === 0 && link.theirs?.get(block) !== true && revealed?.get(block) !== true
    while (this.#next < this.blockCount && !isFresh(this.#next)) this.#next++
    if (this.#next < this.blockCount) return this.#runFrom(this.#next, length, isFresh)
    let best = -1
    for (let block = 0; block < this.blockCount; block++) {
      if (!isRare(block)) continue
      if (best === -1 || (this.#timesRevealed[block] ?? 0) < (this.#timesRevealed[best] ?? 0)) best = block
    }
    return best === -1 ? null : this.#runFrom(best, length, isRare)
  }

  #runFrom(first: BlockIndex, length: number, fits: (block: BlockIndex) => boolean): { first: number; count: number } {
    let count = 1
    while (count < length && first + count < this.blockCount && fits(first + count)) count++
    return { first, count }
  }

  #addHolder(block: BlockIndex, change: number): void {
    const before = this.#holders[block] ?? 0
    this.#holders[block] = before + change
    if (before === 0 && change > 0) this.#seenCount++
    if (before + change === 0 && change < 0) this.#seenCount--
  }
}
