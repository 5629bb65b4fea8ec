import { BoundedMap } from '../../kernel/bounded.ts'
import { Deadlines } from '../../kernel/deadlines.ts'
import type { PeerId } from '../../kernel/ids.ts'
import { ANNOUNCERS_KEPT, CHILDREN_CAP, HANDOVER_KEPT_MS, VAIN_HANDOVERS } from './constants.ts'
import type { KazaaContext } from './context.ts'
import type { ChildIndex } from './child-index.ts'
import type { LeaderBook } from './leader-book.ts'
import type { KazaaMessage, Standing } from './messages.ts'
import { inMessages } from './share-table.ts'

type Diff = Extract<KazaaMessage, { type: 'shareDiff' }>
type Handover = Extract<KazaaMessage, { type: 'handover' }>

/** One peer whose files we index. */
export interface Child {
  as: 'child' | 'standbyChild'
  readonly epoch: number
  standing: Standing
}

/** The children of a super node, and the index of what they share. */
export class Children {
  readonly #children = new Map<PeerId, Child>()
  /** Index entries of peers that are no children: on their way here, or away. */
  readonly #passing = new Deadlines<PeerId>()
  /** Children that another super node sends us, and which one. */
  readonly #announced = new Map<PeerId, PeerId>()
  /** Of each super node, how many of these stayed away more than came. */
  readonly #vain = new BoundedMap<PeerId, number>(ANNOUNCERS_KEPT)

  constructor(
    readonly context: KazaaContext,
    readonly book: LeaderBook,
    readonly index: ChildIndex,
  ) {}

  get count(): number {
    return this.#children.size
  }

  /** Places taken: children, and those that another super node sends. */
  get load(): number {
    return this.#children.size + this.#announced.size
  }

  has(peer: PeerId): boolean {
    return this.#children.has(peer)
  }

  peers(): PeerId[] {
    return [...this.#children.keys()]
  }

  entries(): [PeerId, Child][] {
    return [...this.#children]
  }

  /** @returns whether it is a child from now on. */
  onJoin(peer: PeerId, as: Child['as'], standing: Standing, now: number): boolean {
    const known = this.#children.get(peer)
    if (known === undefined && !this.#hasRoom(peer, as, now)) return false
    const epoch = known?.epoch ?? this.context.rng.uint32()
    this.#children.set(peer, { as, epoch, standing })
    this.#conclude(peer, -1)
    this.#passing.clear(peer)
    this.context.send(peer, { type: 'welcome', as, epoch, leaders: this.book.list(peer) })
    return true
  }

  onDiff(from: PeerId, { epoch, reset, remove, add }: Diff): void {
    if (this.#children.get(from)?.epoch !== epoch) return
    if (reset) this.index.removeOwner(from)
    for (const infoHash of remove) this.index.removeShare(from, infoHash)
    this.index.add(from, add)
  }

  onDigest(from: PeerId, epoch: number, digest: string, standing: Standing): void {
    const child = this.#children.get(from)
    if (child?.epoch !== epoch) return
    child.standing = standing
    if (this.index.digestOf(from) !== digest) this.context.send(from, { type: 'resend', epoch })
  }

  /** Another super node sends us a child, and what it shares, ahead of it. To say so again keeps nothing longer. */
  onHandover(from: PeerId, { child, shares }: Handover, now: number): void {
    if (this.#children.has(child) || child === this.context.self) return
    if (!this.#announced.has(child)) {
      const isInVain = (this.#vain.get(from) ?? 0) >= VAIN_HANDOVERS
      if (this.load >= CHILDREN_CAP || isInVain) return
      this.#announced.set(child, from)
      this.index.removeOwner(child)
      this.#passing.set(child, now + HANDOVER_KEPT_MS)
    }
    if (this.#announced.get(child) === from) this.index.add(child, shares)
  }

  /** Sends a child to another super node, index first; ours is kept until it has arrived there. */
  handOver(child: PeerId, to: PeerId, now: number): void {
    const lists = inMessages(this.index.partsOf(child))
    lists.forEach((shares, index) => {
      this.context.send(to, { type: 'handover', child, isLast: index === lists.length - 1, shares })
    })
    this.#dismiss(child, [to], now)
  }

  /** Lets all go; they find others among `leaders`. */
  dismissAll(leaders: readonly PeerId[], now: number): void {
    for (const peer of this.peers()) this.#dismiss(peer, leaders, now)
  }

  /** The child is gone, or became a super node. */
  remove(peer: PeerId): void {
    if (!this.#children.delete(peer)) return
    this.index.removeOwner(peer)
  }

  /** We are no super node any longer. */
  clear(): void {
    for (const peer of this.peers()) this.remove(peer)
    for (const peer of this.#passing.due(Infinity)) this.index.removeOwner(peer)
    this.#announced.clear()
  }

  wakeAt(): number {
    return this.#passing.earliest()
  }

  wake(now: number): void {
    for (const peer of this.#passing.due(now)) {
      this.#conclude(peer, 1)
      if (!this.#children.has(peer)) this.index.removeOwner(peer)
    }
  }

  /** A child that was announced came (-1), or it did not (1). */
  #conclude(child: PeerId, change: 1 | -1): void {
    const by = this.#announced.get(child)
    if (by === undefined) return
    this.#announced.delete(child)
    this.#vain.set(by, Math.max(0, (this.#vain.get(by) ?? 0) + change))
  }

  #dismiss(peer: PeerId, leaders: readonly PeerId[], now: number): void {
    if (!this.#children.delete(peer)) return
    this.#passing.set(peer, now + HANDOVER_KEPT_MS)
    this.context.send(peer, { type: 'leave', leaders })
  }

  /** Whether one more child can be taken without sending another one away. */
  get isRoomy(): boolean {
    return this.load < CHILDREN_CAP && this.context.me.freeLinks > 0
  }

  /** One without any super node takes the place of one that has another. */
  #hasRoom(peer: PeerId, as: Child['as'], now: number): boolean {
    if (this.#announced.has(peer) || this.isRoomy) return true
    if (as !== 'child') return false
    const spare = this.entries().find(([, child]) => child.as === 'standbyChild')
    if (spare === undefined) return false
    this.#dismiss(spare[0], this.book.list(spare[0]), now)
    return true
  }
}
