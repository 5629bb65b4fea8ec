import type { PeerId } from '../../kernel/ids.ts'
import type { Children } from './children.ts'
import {
  CHILDREN_CAP,
  DEMOTE_AFTER_MS,
  ELECTION_MS,
  MERGE_BELOW,
  MERGED_MOST,
  PROMOTE_EVERY_MS,
  SECOND_FROM,
  SPLIT_ABOVE,
} from './constants.ts'
import type { KazaaContext } from './context.ts'
import type { LeaderBook } from './leader-book.ts'
import type { LeaderLinks } from './leader-links.ts'
import type { Links } from './links.ts'
import { byMerit, isFit } from './standing.ts'

/** An invitation under way. */
interface Invitation {
  readonly peer: PeerId
  /** `split`: the invited one takes half of our children. */
  readonly why: 'split' | 'second'
}

/** What a super node decides about the number of super nodes: invite another one, or step down itself. */
export class Staffing {
  #invitation: Invitation | null = null
  #inviteAt = 0
  #declined = new Set<PeerId>()
  /** Since when there is a reason to step down; `null`: there is none. */
  #surplusSince: number | null = null
  #ledSince = 0

  constructor(
    readonly context: KazaaContext,
    readonly links: Links,
    readonly book: LeaderBook,
    readonly children: Children,
    readonly leaders: LeaderLinks,
  ) {}

  begin(now: number): void {
    this.#ledSince = now
    this.#inviteAt = now
    this.#surplusSince = null
    this.#invitation = null
    this.#declined = new Set()
  }

  /** Invites a child when there are too many, or when no second super node is in sight. */
  invite(now: number): void {
    if (now < this.#inviteAt) return
    const why = this.#reasonToInvite(now)
    if (why === null) return
    // Who was asked and said nothing in all that time would be asked for ever, as it still is the best.
    if (this.#invitation !== null) this.#declined.add(this.#invitation.peer)
    this.#invitation = null
    const contenders = this.children
      .entries()
      .filter(([peer, { as, standing }]) => as === 'child' && isFit(standing) && !this.#declined.has(peer))
      .map(([peer, { standing }]) => ({ peer, standing }))
      .sort(byMerit)
    const [best] = contenders
    this.#inviteAt = now + PROMOTE_EVERY_MS
    // Everybody has said no: perhaps things have changed.
    if (best === undefined) this.#declined = new Set()
    else {
      this.#invitation = { peer: best.peer, why }
      this.context.send(best.peer, { type: 'promote' })
    }
  }

  onDecline(from: PeerId, now: number): void {
    if (this.#invitation?.peer !== from) return
    this.#invitation = null
    this.#declined.add(from)
    this.#inviteAt = now
    this.invite(now)
  }

  /** A linked peer became a super node; if we invited it to share our load, it gets half of the children. */
  onNewSuperNode(peer: PeerId, now: number): void {
    if (this.#invitation?.peer !== peer) return
    const { why } = this.#invitation
    this.#invitation = null
    if (why !== 'split') return
    const leaving = this.children.peers().filter((_, index) => index % 2 === 0)
    for (const child of leaving) this.children.handOver(child, peer, now)
  }

  /** The super node that takes over when we should step down; `null` when we should not, or not yet. */
  successor(now: number): PeerId | null {
    const heir = this.#heir()
    if (heir === null || !this.#isSurplus(heir)) {
      this.#surplusSince = null
      return null
    }
    this.#surplusSince ??= now
    return now >= this.#surplusSince + DEMOTE_AFTER_MS ? heir : null
  }

  /** The neighbour with most children that has room for ours. */
  #heir(): PeerId | null {
    let heir: PeerId | null = null
    let most = -1
    for (const peer of this.leaders.peers()) {
      const link = this.links.get(peer)
      if (link === undefined || link.children <= most) continue
      if (link.children + this.children.count > (this.#mustGo() ? CHILDREN_CAP : MERGED_MOST)) continue
      heir = peer
      most = link.children
    }
    return heir
  }

  /** The person does not want it, or the tab is hidden and its timers throttled. */
  #mustGo(): boolean {
    return !this.context.me.isWilling || !this.context.me.isVisible
  }

  /** Whether the network does as well without us; of two that could go, the lesser one does. */
  #isSurplus(heir: PeerId): boolean {
    if (this.#mustGo()) return true
    const own = this.children.count
    const link = this.links.get(heir)
    if (link?.standing === undefined || link.standing === null) return false
    const isLesser =
      own < link.children ||
      (own === link.children &&
        byMerit(
          { peer: heir, standing: link.standing },
          { peer: this.context.self, standing: this.context.me.standing(this.#ledSince) },
        ) < 0)
    if (!isLesser) return false
    // The last two stay, each the other's standby, unless there is nobody to serve.
    return this.leaders.count >= 2 ? own < MERGE_BELOW : own === 0 && link.children === 0
  }

  #reasonToInvite(now: number): Invitation['why'] | null {
    if (this.children.load > SPLIT_ABOVE) return 'split'
    const isAlone = this.leaders.count === 0 && this.links.superNodes().length === 0
    const couldFindOne = this.book.dialable(now).length > 0
    const isNew = now < this.#ledSince + ELECTION_MS
    if (isAlone && !couldFindOne && !isNew && this.children.count >= SECOND_FROM) return 'second'
    return this.#mustGo() && isAlone && this.children.count > 0 ? 'second' : null
  }
}
