import type { BlockIndex, PeerId } from '../../kernel/ids.ts'
import { HAVE_FLUSH_BLOCKS, HAVE_FLUSH_MS, HAVE_LAZY_MS } from './constants.ts'
import type { Outbox } from './effects.ts'
import type { PeerLink } from './peer-link.ts'
import { runsOf } from './runs.ts'

/**
 * Gathers verified blocks for a moment and announces them as runs to those who lack them. Those who have them
 * are told too, since it shows our progress and that a block has spread, but seldom, in long runs. So are those who want nothing more.
 */
export class HaveAnnouncer {
  readonly #pending: BlockIndex[] = []
  /** Per peer, blocks that it has itself and has not been told of. */
  readonly #lazy = new Map<PeerId, BlockIndex[]>()
  #flushAt = Infinity
  #lazyAt = Infinity

  constructor(
    readonly links: ReadonlyMap<PeerId, PeerLink>,
    readonly out: Outbox,
  ) {}

  wakeAt(): number {
    return Math.min(this.#flushAt, this.#lazyAt)
  }

  add(block: BlockIndex, now: number): void {
    this.#pending.push(block)
    if (this.#pending.length === 1) this.#flushAt = now + HAVE_FLUSH_MS
    if (this.#pending.length >= HAVE_FLUSH_BLOCKS) this.#flushPending(now)
  }

  onWake(now: number): void {
    if (now >= this.#flushAt) this.#flushPending(now)
    if (now >= this.#lazyAt) this.#flushLazy()
  }

  /** Tells everybody everything that is pending. */
  flush(now: number): void {
    this.#flushPending(now)
    this.#flushLazy()
  }

  removePeer(peer: PeerId): void {
    this.#lazy.delete(peer)
  }

  #flushPending(now: number): void {
    this.#flushAt = Infinity
    if (this.#pending.length === 0) return
    const blocks = this.#pending.sort((a, b) => a - b)
    for (const link of this.links.values()) {
      if (link.theirs === null) continue
      const { theirs } = link
      const known = link.isUploadOnly ? blocks : blocks.filter((block) => theirs.get(block))
      if (known.length === 0) this.#announce(link.peer, blocks)
      else {
        if (known.length < blocks.length)
          this.#announce(
            link.peer,
            blocks.filter((block) => !theirs.get(block)),
          )
        this.#postpone(link.peer, known, now)
      }
    }
    this.#pending.length = 0
  }

  #postpone(peer: PeerId, blocks: readonly BlockIndex[], now: number): void {
    const lazy = this.#lazy.get(peer)
    if (lazy === undefined) this.#lazy.set(peer, [...blocks])
    else lazy.push(...blocks)
    if (this.#lazyAt === Infinity) this.#lazyAt = now + HAVE_LAZY_MS
  }

  #flushLazy(): void {
    this.#lazyAt = Infinity
    for (const [peer, blocks] of this.#lazy) {
      if (this.links.has(peer))
        this.#announce(
          peer,
          blocks.sort((a, b) => a - b),
        )
    }
    this.#lazy.clear()
  }

  #announce(to: PeerId, blocks: readonly BlockIndex[]): void {
    for (const run of runsOf(blocks)) this.out.send(to, { type: 'have', ...run })
  }
}
