import type { BlockIndex, PeerId } from '../../kernel/ids.ts'
import type { Bitfield } from '../../content/bitfield.ts'
import type { Geometry } from '../../content/geometry.ts'
import { BlockSet } from './block-set.ts'
import type { HashFetch } from './hash-fetch.ts'
import type { PeerLink } from './peer-link.ts'
import { BLOCK, type BlockState, type PiecePicker } from './piece-picker.ts'

export interface SupplyParts {
  readonly geometry: Geometry
  readonly picker: PiecePicker
  readonly hashes: HashFetch
  readonly links: ReadonlyMap<PeerId, PeerLink>
}

/** Who could give us what: keeps rarity, and each peer's useful blocks, in step with every change. */
export class Supply {
  readonly #parts: SupplyParts

  constructor(parts: SupplyParts) {
    this.#parts = parts
  }

  /** The peer said what it has, all at once. */
  setTheirs(link: PeerLink, theirs: Bitfield, isCounted: boolean): void {
    this.forgetTheirs(link)
    link.theirs = theirs
    link.isCounted = isCounted
    this.recount(link)
    if (isCounted) for (const block of theirs.ones()) this.#count(block, 1)
  }

  /** The peer has one block more. */
  add(link: PeerLink, block: BlockIndex): void {
    if (link.theirs?.set(block) !== true) return
    if (link.isCounted) this.#count(block, 1)
    if (!this.#parts.picker.isMissing(block)) return
    link.usefulCount++
    if (this.#parts.picker.state(block) === BLOCK.free) link.candidates?.add(block)
    this.#parts.hashes.prefer(block)
  }

  /** The peer has one block less. */
  remove(link: PeerLink, block: BlockIndex): void {
    if (link.theirs?.clear(block) !== true) return
    link.candidates?.delete(block)
    if (link.isCounted) this.#count(block, -1)
    if (this.#parts.picker.isMissing(block)) link.usefulCount--
  }

  forgetTheirs(link: PeerLink): void {
    if (link.theirs === null) return
    if (link.isCounted) for (const block of link.theirs.ones()) this.#count(block, -1)
    link.theirs = null
    link.candidates = null
    link.usefulCount = 0
  }

  /** A block moved on. */
  setState(block: BlockIndex, next: BlockState): void {
    const { picker, links } = this.#parts
    const wasFree = picker.state(block) === BLOCK.free
    picker.setState(block, next)
    if (wasFree === (next === BLOCK.free)) return
    if (wasFree) for (const link of links.values()) link.candidates?.delete(block)
    else if (picker.isMissing(block)) {
      for (const link of links.values()) if (link.theirs?.get(block) === true) link.candidates?.add(block)
    }
  }

  /** Counts anew what a peer can give us. */
  recount(link: PeerLink): void {
    const { picker, geometry, hashes } = this.#parts
    link.usefulCount = 0
    if (link.theirs === null) return
    link.candidates ??= new BlockSet(geometry.blockCount)
    link.candidates.clear()
    for (const block of link.theirs.ones()) {
      if (!picker.isMissing(block)) continue
      link.usefulCount++
      if (picker.state(block) === BLOCK.free) link.candidates.add(block)
    }
    const first = link.candidates.next(0, geometry.blockCount)
    if (first >= 0 && !link.theirs.isFull) hashes.prefer(first)
  }

  #count(block: BlockIndex, change: 1 | -1): void {
    const { picker, geometry } = this.#parts
    const piece = geometry.pieceOf(block)
    if (change === 1) picker.availability.increment(piece)
    else picker.availability.decrement(piece)
  }
}
