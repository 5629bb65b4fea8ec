import type { PeerId } from '../../kernel/ids.ts'
import type { Link } from './link.ts'
import { clockwiseFrom, isBetween } from './position.ts'

/** Which way round: `clockwise` for successors. */
type Direction = 'clockwise' | 'counterClockwise'

/**
 * `known`: no member is believed between us and the head of the list. `lost`: all neighbours on that side died,
 * so that the head is only the nearest peer that happened to be linked, until a neighbour confirms it.
 */
export type Horizon = 'known' | 'lost'

/** One of a node's two lists: the nearest members on one side, nearest first. */
export class NeighbourList {
  peers: readonly PeerId[] = []
  horizon: Horizon = 'known'
  readonly #order: (a: string, b: string) => number
  constructor(
    readonly self: PeerId,
    readonly direction: Direction,
    readonly length: number,
  ) {
    const order = clockwiseFrom(self)
    this.#order = direction === 'clockwise' ? order : (a, b) => order(b, a)
  }

  get head(): PeerId | undefined {
    return this.peers[0]
  }

  /** Is `x` nearer to us, on this side, than `end`? Anything is when there is no end. */
  isNearer(x: PeerId, end: PeerId | undefined): boolean {
    if (x === this.self) return false
    if (end === undefined) return true
    return this.direction === 'clockwise' ? isBetween(x, this.self, end) : isBetween(x, end, this.self)
  }

  /** Takes a whole list at once, as a join does. */
  install(peers: readonly PeerId[]): void {
    this.peers = this.nearest(peers)
    this.horizon = 'known'
  }

  drop(peer: PeerId): void {
    if (!this.peers.includes(peer)) return
    this.peers = this.peers.filter((each) => each !== peer)
    if (this.peers.length === 0) this.horizon = 'lost'
  }

  /**
   * StabilizeFromSuccessor, StabilizeFromPredecessor and Rectify in one (Zave 2017, and mirrored for the
   * other side): the nearest live member becomes the head, and its list after it becomes our list. Entries
   * nearer than it are not linked yet and stay until a dial shows whether they live.
   *
   * @param links linked members; @param isGone peers that are believed dead.
   */
  stabilize(links: readonly Link[], isGone: (peer: PeerId) => boolean): void {
    let head: Link | undefined
    for (const link of links) if (this.isNearer(link.peer, head?.peer)) head = link
    const before = this.peers.filter((peer) => !isGone(peer))
    if (before.length === 0 && this.peers.length > 0) this.horizon = 'lost'
    if (head === undefined) {
      this.peers = before
      return
    }
    const last = before.at(-1)
    if (last !== undefined && this.isNearer(last, head.peer)) {
      // Nobody of the list is linked: a link that happens to be farther away says nothing about them.
      this.peers = before
      return
    }
    const heard = this.#listOf(head)
    // A head that has not told its list yet takes nothing away from ours.
    const listed = (heard.length === 0 ? before : heard).filter((peer) => !isGone(peer))
    const list = this.nearest([
      ...before.filter((peer) => this.isNearer(peer, head.peer)),
      head.peer,
      ...listed.filter((peer) => !this.isNearer(peer, head.peer)),
    ])
    const end = list.at(-1)
    const within = links.filter(({ peer }) => peer === end || this.isNearer(peer, end))
    this.peers = this.nearest([...list, ...within.map(({ peer }) => peer)])
    if (this.#backListOf(head)[0] === this.self) this.horizon = 'known'
  }

  /** The list on the same side of a linked peer, and its list in the other direction, which should begin with us. */
  #listOf(link: Link): readonly PeerId[] {
    return this.direction === 'clockwise' ? link.successors : link.predecessors
  }
  #backListOf(link: Link): readonly PeerId[] {
    return this.direction === 'clockwise' ? link.predecessors : link.successors
  }

  /** Of these peers those nearest to us, in order, as many as a list has. */
  nearest(peers: Iterable<PeerId>): PeerId[] {
    const others = new Set(peers)
    others.delete(this.self)
    return [...others].sort(this.#order).slice(0, this.length)
  }
}
