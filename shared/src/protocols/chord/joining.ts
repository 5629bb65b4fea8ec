import { BoundedMap } from '../../kernel/bounded.ts'
import type { PeerId } from '../../kernel/ids.ts'
import { CHORD } from './constants.ts'
import type { ChordContext } from './context.ts'
import type { Link } from './link.ts'
import { isBetween } from './position.ts'

/** Asks the ring, over one link, who owns a key. */
export type LocateVia = (key: string, first: PeerId, done: (owner: PeerId | null) => void) => void

/**
 * How a node gets into a ring: it asks a member who owns its own place, links with that peer, and takes over its
 * whole lists in one step (Zave 2017; the 2001 join took one successor and could break the ring). Two nodes that
 * are both alone become a ring of two.
 */
export class Joining {
  readonly #context: ChordContext
  readonly #locate: LocateVia
  readonly #done: () => void
  readonly #candidates = new BoundedMap<PeerId, true>(CHORD.candidates)
  /** Our successor to be, as far as is known. */
  #target: PeerId | null = null
  /** When the attempt is given up, or when candidates are dialled again. */
  #at = Infinity
  #turn = 0

  /** @param done called when the lists are in place. */
  constructor(context: ChordContext, locate: LocateVia, done: () => void) {
    this.#context = context
    this.#locate = locate
    this.#done = done
  }

  wakeAt(): number {
    return this.#context.phase === 'member' ? Infinity : this.#at
  }

  wake(): void {
    if (this.#context.phase === 'member' || this.#at > this.#context.now) return
    this.#again()
  }

  candidates(peers: readonly PeerId[]): void {
    for (const peer of peers) if (peer !== this.#context.self) this.#candidates.set(peer, true)
    if (this.#context.phase === 'alone' && this.#candidates.size > 0) this.#dialSome()
  }

  /** Somebody to begin with, should we be alone one day. */
  remember(peer: PeerId): void {
    this.#candidates.set(peer, true)
  }

  /** A link told where it stands, and we are no member. */
  heard(link: Link): void {
    const context = this.#context
    if (link.phase === 'member') {
      if (link.peer === this.#target || link.successors.length > 0) return this.#tryAt(link)
      if (context.phase === 'alone') this.#begin(link)
    } else if (context.phase === 'alone' && link.phase === 'alone') {
      // Two newcomers who know others too had better join those than found a ring of their own.
      if (context.dialCount === 0) this.#pair(link)
      else this.#at = Math.min(this.#at, context.now + CHORD.pairAfterMs)
    }
  }

  #pair(link: Link): void {
    this.#context.successors.install([link.peer])
    this.#context.predecessors.install([link.peer])
    this.#finish()
  }

  /** We were a member and are alone now: candidates are of use again. */
  restart(): void {
    this.#at = this.#context.now + CHORD.joinRetryMs
  }

  #begin(link: Link): void {
    this.#context.phase = 'joining'
    this.#target = null
    this.#at = this.#context.now + CHORD.joinRetryMs
    this.#locate(this.#context.self, link.peer, (owner) => {
      if (this.#context.phase !== 'joining' || owner === null || owner === this.#context.self) return
      this.#aimAt(owner, link.peer)
    })
  }

  #aimAt(peer: PeerId, via: PeerId): void {
    this.#target = peer
    this.#at = this.#context.now + CHORD.joinRetryMs
    const link = this.#context.links.get(peer)
    if (link === undefined) this.#context.dial(peer, [via])
    else this.#context.send(peer, { type: 'stabilize' })
  }

  /** Takes over everything when we stand right before this member; else its predecessor is asked next. */
  #tryAt(link: Link): void {
    const { self } = this.#context
    const [predecessor] = link.predecessors
    if (predecessor === undefined) {
      if (link.peer === this.#target) this.#context.send(link.peer, { type: 'stabilize' })
      return
    }
    if (isBetween(self, predecessor, link.peer) || predecessor === self) {
      this.#context.successors.install([link.peer, ...link.successors])
      this.#context.predecessors.install(link.predecessors)
      return this.#finish()
    }
    if (link.peer !== this.#target) {
      if (this.#context.phase === 'alone') this.#begin(link)
      return
    }
    const nearer = link.predecessors.filter((peer) => isBetween(peer, self, link.peer))
    const next = nearer.at(-1)
    if (next !== undefined) this.#aimAt(next, link.peer)
  }

  #finish(): void {
    this.#context.phase = 'member'
    this.#target = null
    this.#at = Infinity
    this.#done()
  }

  /** The attempt came to nothing: by another member, or back to waiting. */
  #again(): void {
    const members = this.#context.memberLinks()
    const link = members[this.#turn++ % Math.max(1, members.length)]
    if (link !== undefined) return this.#begin(link)
    if (this.#context.phase === 'joining') {
      this.#context.phase = 'alone'
      this.#done()
    }
    for (const each of this.#context.links.values()) if (each.phase === 'alone') return this.#pair(each)
    this.#at = this.#candidates.size === 0 ? Infinity : this.#context.now + CHORD.redialMs
    this.#dialSome()
  }

  #dialSome(): void {
    if (this.#at === Infinity) this.#at = this.#context.now + CHORD.redialMs
    const peers = [...this.#candidates.keys()]
    const free = CHORD.candidatesAtOnce - this.#context.dialCount
    for (let i = 0; i < Math.min(free, peers.length); i++) {
      const peer = peers[(this.#turn + i) % peers.length]
      if (peer !== undefined) this.#context.dial(peer)
    }
    this.#turn += CHORD.candidatesAtOnce
  }
}
