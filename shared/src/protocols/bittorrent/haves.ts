import type { BlockIndex, PeerId } from '../../kernel/ids.ts'
import { HAVE_FLUSH_BLOCKS, HAVE_FLUSH_MS } from './constants.ts'
import type { Outbox } from './effects.ts'
import type { PeerLink } from './peer-link.ts'

/** Gathers verified blocks for a moment and announces them as runs, to those who lack them. */
export class HaveAnnouncer {
  readonly #pending: BlockIndex[] = []
  #flushAt = Infinity

  constructor(
    readonly links: ReadonlyMap<PeerId, PeerLink>,
    readonly out: Outbox,
  ) {}

  wakeAt(): number {
    return this.#flushAt
  }

  add(block: BlockIndex, now: number): void {
    this.#pending.push(block)
    if (this.#pending.length === 1) this.#flushAt = now + HAVE_FLUSH_MS
    if (this.#pending.length >= HAVE_FLUSH_BLOCKS) this.flush()
  }

  onWake(now: number): void {
    if (now >= this.#flushAt) this.flush()
  }

  flush(): void {
    this.#flushAt = Infinity
    if (this.#pending.length === 0) return
    const blocks = this.#pending.sort((a, b) => a - b)
    for (const link of this.links.values()) if (link.theirs !== null) this.#announce(link, blocks)
    this.#pending.length = 0
  }

  #announce(link: PeerLink, blocks: readonly BlockIndex[]): void {
    let first = -1
    let next = -1
    for (const block of blocks) {
      // A peer that has the block already knows all it needs to.
      if (link.theirs?.get(block) === true) continue
      if (block !== next) {
        if (first >= 0) this.out.send(link.peer, { type: 'have', first, count: next - first })
        first = block
      }
      next = block + 1
    }
    if (first >= 0) this.out.send(link.peer, { type: 'have', first, count: next - first })
  }
}
