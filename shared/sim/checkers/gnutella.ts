import type { OverlayEffect } from '../../src/discovery/overlay.ts'
import type { Nonce, PeerId } from '../../src/kernel/ids.ts'
import { MAX_TTL, TREE_TTL } from '../../src/protocols/gnutella/constants.ts'
import type { GnutellaMessage } from '../../src/protocols/gnutella/messages.ts'
import type { OverlayObserver, SimPeer } from '../overlay-world.ts'
import type { SimServent } from '../scenarios/gnutella-servent.ts'
import { check, short } from './checker.ts'

/** What was seen of one query. */
interface Seen {
  /** `from>to` of every copy, and of every digest that named it. */
  readonly copies: Set<string>
  readonly announced: Set<string>
  readonly reached: Set<PeerId>
  duplicates: number
  hits: number
}

/**
 * Rules of flooding: nothing is sent twice over a link in one direction, nothing travels further than it may,
 * and hits go only to peers that the query came from.
 */
export class GnutellaChecker implements OverlayObserver<GnutellaMessage, SimServent> {
  readonly #seen = new Map<Nonce, Seen>()
  /** Hits that arrived where the query never came from. */
  misroutedHits = 0

  constructor(readonly maxDegree: number) {}

  /** Queries in the order in which they were asked. */
  queries(): Seen[] {
    return [...this.#seen.values()]
  }

  effect(node: SimPeer<SimServent>, effect: OverlayEffect<GnutellaMessage>): void {
    if (effect.type !== 'send') return
    const { to, message } = effect
    if (message.type === 'ihave')
      for (const guid of message.guids) this.#of(guid).announced.add(`${node.peer}>${to}`)
    if (message.type !== 'query') return
    const { copies } = this.#of(message.guid)
    const step = `${node.peer}>${to}`
    check(
      !copies.has(step),
      () => `query ${short(message.guid)} sent twice from ${short(node.peer)} to ${short(to)}`,
    )
    copies.add(step)
    const cap = message.mode === 'classic' ? MAX_TTL : TREE_TTL
    check(
      message.ttl >= 1 && message.ttl + message.hops <= cap,
      () => `ttl of ${short(message.guid)} out of bounds`,
    )
  }

  delivered(from: PeerId, to: SimPeer<SimServent>, message: GnutellaMessage): void {
    if (message.type === 'query') {
      const seen = this.#of(message.guid)
      if (seen.reached.has(to.peer)) seen.duplicates++
      seen.reached.add(to.peer)
    } else if (message.type === 'queryHit') {
      const seen = this.#of(message.guid)
      seen.hits++
      const step = `${to.peer}>${from}`
      if (!seen.copies.has(step) && !seen.announced.has(step)) this.misroutedHits++
    }
  }

  inspect(nodes: readonly SimPeer<SimServent>[]): void {
    for (const { peer, core } of nodes) {
      const degree = core.servent.view().neighbours.length
      check(degree <= this.maxDegree, () => `${short(peer)} has ${String(degree)} neighbours`)
    }
  }

  #of(guid: Nonce): Seen {
    const known = this.#seen.get(guid)
    if (known !== undefined) return known
    const fresh = {
      copies: new Set<string>(),
      announced: new Set<string>(),
      reached: new Set<PeerId>(),
      duplicates: 0,
      hits: 0,
    }
    this.#seen.set(guid, fresh)
    return fresh
  }
}
