import { shuffled } from '../../kernel/rng.ts'
import type { InfoHash, PeerId } from '../../kernel/ids.ts'
import { ANSWER_TIMEOUT_MS, CHILDREN_CAP, DIGEST_EVERY_MS } from './constants.ts'
import { jittered, type KazaaContext } from './context.ts'
import type { LeaderBook } from './leader-book.ts'
import type { Links } from './links.ts'
import type { JoinAs, KazaaMessage, SharePart } from './messages.ts'
import type { OwnShares } from './own-shares.ts'
import { inMessages } from './share-table.ts'

/** What ties us to one super node. */
type Tie =
  | { readonly peer: PeerId; readonly state: 'asking'; readonly until: number }
  | { readonly peer: PeerId; readonly state: 'joined'; readonly epoch: number; digestAt: number }

type Slot = 'child' | 'standbyChild'

/**
 * A child's side: one main super node and one in hot standby, both of which index our files. When the main one
 * is lost the other takes its place at once, and a new standby is looked for.
 */
export class Ties {
  readonly #ties = new Map<Slot, Tie>()
  /** Super nodes that our last one named as it let us go. */
  #preferred: readonly PeerId[] = []

  constructor(
    readonly context: KazaaContext,
    readonly links: Links,
    readonly book: LeaderBook,
    readonly shares: OwnShares,
  ) {}

  /** Super nodes that index us, the main one first. */
  joined(): PeerId[] {
    return [this.#joined('child'), this.#joined('standbyChild')].filter((peer) => peer !== null)
  }

  get main(): PeerId | null {
    return this.#joined('child')
  }

  get standby(): PeerId | null {
    return this.#joined('standbyChild')
  }

  /** Whether an answer about a main super node is still to come. */
  get isAsking(): boolean {
    return this.#ties.get('child')?.state === 'asking'
  }

  needs(peer: PeerId): boolean {
    return this.#slotOf(peer) !== undefined
  }

  /** Looks for what is missing, over links that are there before dialling. */
  seek(now: number): void {
    this.#advance(now)
    for (const slot of ['child', 'standbyChild'] as const) {
      if (this.#ties.has(slot)) continue
      if (slot === 'standbyChild' && this.main === null) return
      const [peer] = this.#linkedChoices(slot, now)
      if (peer !== undefined) this.#ask(slot, peer, now)
      else this.#dial(now)
    }
  }

  onWelcome(from: PeerId, as: JoinAs, epoch: number, now: number): void {
    const slot = this.#slotOf(from)
    if (slot === undefined || slot !== as) return
    const digestAt = now + jittered(this.context.rng, DIGEST_EVERY_MS)
    this.#ties.set(slot, { peer: from, state: 'joined', epoch, digestAt })
    this.#preferred = []
    this.#sendAll(from, epoch)
    this.seek(now)
  }

  onRefuse(from: PeerId, now: number): void {
    this.book.refused(from, now)
    this.#drop(from, now)
  }

  /** The super node lets us go and names others. */
  onLeave(from: PeerId, leaders: readonly PeerId[], now: number): void {
    if (this.#slotOf(from) === undefined) return
    this.#preferred = leaders
    this.book.refused(from, now)
    this.#drop(from, now)
  }

  /** It lies: another takes its place. */
  quit(peer: PeerId, now: number): void {
    if (this.#slotOf(peer) === undefined) return
    this.context.send(peer, { type: 'leave', leaders: [] })
    this.#drop(peer, now)
  }

  /** The link is gone, or it is no super node any longer. */
  onLost(peer: PeerId, now: number): void {
    this.#drop(peer, now)
  }

  onResend(from: PeerId, epoch: number): void {
    const tie = this.#tieWith(from)
    if (tie?.state === 'joined' && tie.epoch === epoch) this.#sendAll(from, epoch)
  }

  /** A share was published (again) or, without a part, withdrawn. */
  onShare(infoHash: InfoHash, part: SharePart | null): void {
    for (const tie of this.#ties.values()) {
      if (tie.state !== 'joined') continue
      const lists = part === null ? [[]] : inMessages([part])
      lists.forEach((add, index) => {
        const remove = index === 0 ? [infoHash] : []
        this.context.send(tie.peer, { type: 'shareDiff', epoch: tie.epoch, reset: false, remove, add })
      })
    }
  }

  /** We are becoming a super node: our leaders lose a child. */
  clear(): void {
    this.#ties.clear()
  }

  /** The tab is closing. */
  leave(): void {
    for (const { peer } of this.#ties.values()) this.context.send(peer, { type: 'leave', leaders: [] })
    this.#ties.clear()
  }

  wakeAt(): number {
    let earliest = Infinity
    for (const tie of this.#ties.values())
      earliest = Math.min(earliest, tie.state === 'asking' ? tie.until : tie.digestAt)
    return earliest
  }

  wake(now: number): void {
    for (const tie of [...this.#ties.values()]) {
      if (tie.state === 'asking') {
        if (tie.until <= now) this.onRefuse(tie.peer, now)
      } else if (tie.digestAt <= now) {
        tie.digestAt = now + DIGEST_EVERY_MS
        const { epoch, peer } = tie
        const standing = this.context.me.standing(now)
        this.context.send(peer, { type: 'digest', epoch, digest: this.shares.digest(), standing })
      }
    }
  }

  /** The standby takes the place of a lost main super node; its index of us is there already. */
  #advance(now: number): void {
    const standby = this.#ties.get('standbyChild')
    if (this.#ties.has('child') || standby?.state !== 'joined') return
    this.#ties.delete('standbyChild')
    this.#ask('child', standby.peer, now)
  }

  #ask(slot: Slot, peer: PeerId, now: number): void {
    this.#ties.set(slot, { peer, state: 'asking', until: now + ANSWER_TIMEOUT_MS })
    this.context.send(peer, { type: 'join', as: slot, standing: this.context.me.standing(now) })
  }

  /**
   * Linked super nodes: those we were sent to first, then the least busy. A full one is of use to whoever has
   * none at all: it lets one go for whom it is the second.
   */
  #linkedChoices(slot: Slot, now: number): PeerId[] {
    const hasRoom = (peer: PeerId) =>
      slot === 'child' ||
      (this.links.get(peer)?.children ?? 0) < CHILDREN_CAP ||
      this.#preferred.includes(peer)
    const free = this.links
      .superNodes()
      .filter((peer) => this.#slotOf(peer) === undefined && this.book.isRipe(peer, now) && hasRoom(peer))
    const load = (peer: PeerId) =>
      this.#preferred.includes(peer) ? -1 : (this.links.get(peer)?.children ?? 0)
    return shuffled(this.context.rng, free).sort((a, b) => load(a) - load(b))
  }

  #dial(now: number): void {
    const dialable = this.book.dialable(now)
    const isPreferred = (peer: PeerId) => this.#preferred.includes(peer)
    const order = shuffled(this.context.rng, dialable).sort(
      (x, y) => Number(isPreferred(y)) - Number(isPreferred(x)),
    )
    // Without a main super node the first of several that answers will do.
    for (const peer of order.slice(0, this.main === null ? order.length : 1)) {
      if (this.book.isBusy(now)) return
      this.book.dial(peer, now)
    }
  }

  #drop(peer: PeerId, now: number): void {
    const slot = this.#slotOf(peer)
    if (slot === undefined) return
    this.#ties.delete(slot)
    this.seek(now)
  }

  #sendAll(to: PeerId, epoch: number): void {
    inMessages(this.shares.parts()).forEach((add, index) => {
      const diff: KazaaMessage = { type: 'shareDiff', epoch, reset: index === 0, remove: [], add }
      this.context.send(to, diff)
    })
  }

  #joined(slot: Slot): PeerId | null {
    const tie = this.#ties.get(slot)
    return tie?.state === 'joined' ? tie.peer : null
  }

  #tieWith(peer: PeerId): Tie | undefined {
    const slot = this.#slotOf(peer)
    return slot === undefined ? undefined : this.#ties.get(slot)
  }

  #slotOf(peer: PeerId): Slot | undefined {
    for (const [slot, tie] of this.#ties) if (tie.peer === peer) return slot
    return undefined
  }
}
