import type { OverlayEffect } from '../../src/discovery/overlay.ts'
import type { Nonce, PeerId } from '../../src/kernel/ids.ts'
import { CHILDREN_CAP, LEADER_LINKS_CAP, QUERY_TTL } from '../../src/protocols/kazaa/constants.ts'
import type { KazaaMessage } from '../../src/protocols/kazaa/messages.ts'
import type { OverlayObserver, SimPeer } from '../overlay-world.ts'
import type { SimKazaa } from '../scenarios/kazaa-node.ts'
import { check, short } from './checker.ts'

/** The longest that a live peer may go without a live super node that indexes it: elections take 6 to 12 s. */
const UNINDEXED_MS = 30_000

/** What was seen of one query. */
interface Seen {
  /** `from>to` of every copy. */
  readonly copies: Set<string>
  hits: number
}

/**
 * Rules between super nodes: no query twice over a link in one direction or further than it may, no hit to a peer
 * that did not ask, no more children and neighbours than the caps.
 */
export class KazaaChecker implements OverlayObserver<KazaaMessage, SimKazaa> {
  readonly #seen = new Map<Nonce, Seen>()
  readonly #unindexedSince = new Map<PeerId, number>()
  misroutedHits = 0
  /** The longest time without an index that the looks saw. */
  longestUnindexedMs = 0

  /** Queries in the order in which they were asked. */
  queries(): Seen[] {
    return [...this.#seen.values()]
  }

  effect(node: SimPeer<SimKazaa>, effect: OverlayEffect<KazaaMessage>): void {
    if (effect.type !== 'send' || effect.message.type !== 'query') return
    const { to, message } = effect
    const { copies } = this.#of(message.guid)
    const step = `${node.peer}>${to}`
    check(
      !copies.has(step),
      () => `query ${short(message.guid)} sent twice from ${short(node.peer)} to ${short(to)}`,
    )
    copies.add(step)
    check(message.ttl + message.hops <= QUERY_TTL, () => `query ${short(message.guid)} goes too far`)
  }

  delivered(from: PeerId, to: SimPeer<SimKazaa>, message: KazaaMessage): void {
    if (message.type !== 'hits') return
    const seen = this.#of(message.guid)
    seen.hits++
    if (!seen.copies.has(`${to.peer}>${from}`)) this.misroutedHits++
  }

  /** Looks at caps, and at how long each peer has been in no index. */
  inspect(nodes: readonly SimPeer<SimKazaa>[], now: number): void {
    const unindexed = new Set(this.unindexed(nodes))
    for (const peer of this.#unindexedSince.keys())
      if (!unindexed.has(peer)) this.#unindexedSince.delete(peer)
    for (const peer of unindexed) {
      const since = this.#unindexedSince.get(peer) ?? now
      this.#unindexedSince.set(peer, since)
      this.longestUnindexedMs = Math.max(this.longestUnindexedMs, now - since)
      check(
        now - since <= UNINDEXED_MS,
        () => `${short(peer)} is in no index since ${String(now - since)} ms`,
      )
    }
    for (const { peer, core } of nodes) {
      const { children, superNodes } = core.node.view()
      check(children.length <= CHILDREN_CAP, () => `${short(peer)} has ${String(children.length)} children`)
      check(
        superNodes.length <= LEADER_LINKS_CAP,
        () => `${short(peer)} has ${String(superNodes.length)} neighbours`,
      )
    }
  }

  /** Peers that no live super node has as a child, and that are none themselves. */
  unindexed(nodes: readonly SimPeer<SimKazaa>[]): PeerId[] {
    const indexed = new Set<PeerId>()
    for (const { peer, core } of nodes) {
      const { role, children } = core.node.view()
      if (role === 'superNode') indexed.add(peer)
      for (const child of children) indexed.add(child)
    }
    return nodes.map(({ peer }) => peer).filter((peer) => !indexed.has(peer))
  }

  #of(guid: Nonce): Seen {
    const known = this.#seen.get(guid)
    if (known !== undefined) return known
    const fresh = { copies: new Set<string>(), hits: 0 }
    this.#seen.set(guid, fresh)
    return fresh
  }
}
