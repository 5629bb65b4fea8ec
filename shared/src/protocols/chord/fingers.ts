import { BoundedMap } from '../../kernel/bounded.ts'
import type { PeerId } from '../../kernel/ids.ts'
import { pick } from '../../kernel/rng.ts'
import { CHORD } from './constants.ts'
import type { ChordContext } from './context.ts'
import type { Link } from './link.ts'
import { clockwise, coarse, levelOf } from './position.ts'

/** Where a finger did not come about, it is not tried again for this time; our choice. */
const FAILED_MS = 60_000
/** A link is left alone for this time after it came about; our choice. */
const YOUNG_MS = 3_000
const MAX_FAILED = 256

/** Who closes links. */
interface Releasing {
  /** Links that were not let go. */
  readonly keptCount: number
  isReleased(peer: PeerId): boolean
  release(peer: PeerId): void
}

/** A place where a link knows a peer. */
interface Known {
  readonly at: number
  readonly by: PeerId
}

/**
 * Fingers under a cap on links. Finger i is any peer with room whose distance is in [2^i, 2^(i+1)), not the
 * first after 2^i as in the paper: there, owners of long arcs drown in connections. Peers are found among the
 * links of our links, so that signaling has one hop to go.
 */
export class Fingers {
  readonly #context: ChordContext
  readonly #releasing: Releasing
  readonly #failed = new BoundedMap<number, number>(MAX_FAILED)
  #at: number
  #intervalMs: number = CHORD.fingerMinMs

  constructor(context: ChordContext, releasing: Releasing) {
    this.#context = context
    this.#releasing = releasing
    this.#at = context.now + CHORD.fingerMinMs
  }

  wakeAt(): number {
    const { maintenance, phase } = this.#context
    return maintenance === 'paused' || phase !== 'member' ? Infinity : this.#at
  }

  /** Links have changed: look soon. */
  changed(): void {
    this.#intervalMs = CHORD.fingerMinMs
    this.#at = Math.min(this.#at, this.#context.now + this.#intervalMs)
    this.#prune(CHORD.ringSlack)
  }

  wake(): void {
    const { now, rng } = this.#context
    if (this.wakeAt() > now) return
    this.#prune(CHORD.pruneSlack)
    const known = this.#hasRoom() ? this.#choose() : undefined
    if (known === undefined) this.#intervalMs = Math.min(CHORD.fingerMaxMs, this.#intervalMs * 2)
    else {
      this.#failed.set(known.at, now + FAILED_MS)
      this.#context.send(known.by, { type: 'whois', position: known.at })
    }
    this.#at = now + Math.round(this.#intervalMs * (0.75 + 0.5 * rng.float()))
  }

  whois(from: PeerId, position: number): void {
    const link = this.#context.memberLinks().find(({ at }) => at === position)
    this.#context.send(from, { type: 'contact', position, peer: link?.peer ?? null })
  }

  /** A ring neighbour could not be reached, perhaps for want of a place here: one is made. */
  makeRoom(): void {
    const { linkCap } = this.#context
    const isFull = this.#releasing.keptCount >= linkCap - CHORD.ringSlack
    this.#prune(CHORD.pruneSlack, isFull ? 'anyAge' : 'grown')
  }

  /** Only what was asked for is dialled. */
  contact(from: PeerId, position: number, peer: PeerId | null): void {
    if (peer === null || coarse(peer) !== position || !this.#failed.has(position)) return
    if (this.#hasRoom()) this.#context.dial(peer, [from])
  }

  #hasRoom(): boolean {
    const { links, dialCount, linkCap } = this.#context
    return links.size + dialCount < linkCap - CHORD.fingerSlack
  }

  /** A random peer that our links know, at the level where we have the fewest fingers. */
  #choose(): Known | undefined {
    const context = this.#context
    const [counts, known] = [new Map<number, number>(), new Map<number, Known[]>()]
    for (const link of context.memberLinks()) {
      const level = levelOf(clockwise(context.at, link.at))
      counts.set(level, (counts.get(level) ?? 0) + 1)
    }
    for (const link of context.memberLinks()) this.#gather(link, known)
    let best: number | undefined
    for (const level of known.keys()) {
      const [count, bestCount] = [counts.get(level) ?? 0, counts.get(best ?? -1) ?? 0]
      if (best === undefined || count < bestCount || (count === bestCount && level > best)) best = level
    }
    return pick(context.rng, known.get(best ?? -1) ?? [])
  }

  #gather(link: Link, known: Map<number, Known[]>): void {
    const context = this.#context
    const linked = new Set(context.memberLinks().map(({ at }) => at))
    for (const at of link.beyond) {
      if (at === context.at || linked.has(at) || (this.#failed.get(at) ?? 0) > context.now) continue
      const level = levelOf(clockwise(context.at, at))
      const ofLevel = known.get(level) ?? []
      known.set(level, ofLevel)
      ofLevel.push({ at, by: link.peer })
    }
  }

  /**
   * The last places are kept free for ring neighbours: the finger that is missed least goes. Where nobody waits for a place,
   * those that have just come stay, as they would go and come again.
   */
  #prune(slack: number, age: 'grown' | 'anyAge' = 'grown'): void {
    const context = this.#context
    if (context.phase !== 'member' || this.#releasing.keptCount <= context.linkCap - slack) return
    const counts = new Map<number, number>()
    const levelFor = ({ at }: Link) => levelOf(clockwise(context.at, at))
    for (const link of context.links.values())
      counts.set(levelFor(link), (counts.get(levelFor(link)) ?? 0) + 1)
    let worst: Link | undefined
    for (const link of context.links.values()) {
      const isTooYoung = age === 'grown' && context.now - link.since < YOUNG_MS
      if (this.#releasing.isReleased(link.peer) || isTooYoung) continue
      if (context.isRingNeighbour(link.peer)) continue
      const [count, worstCount] = [link, worst].map((each) => (each && counts.get(levelFor(each))) ?? 0)
      if ((count ?? 0) >= (worstCount ?? 0)) worst = link
    }
    if (worst !== undefined) this.#releasing.release(worst.peer)
  }
}
