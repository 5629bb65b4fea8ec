import type { PeerId } from '../kernel/ids.ts'
import { LIMITS } from '../kernel/limits.ts'
import type { Carrier, IntroductionInput } from '../protocols/introduction/effects.ts'
import type { Introducer } from '../protocols/introduction/introducer.ts'
import type { Dialler } from './dialler.ts'
import type { Discovery } from './discovery.ts'
import type { Links } from './links.ts'
import type { Relaying } from './relaying.ts'
import type { Shares } from './shares.ts'

/** Ways that are tried to one peer, each for 3 s. */
const CARRIERS = 4

/** Ways that a restart takes at once: every envelope is sent over each. Our choice. */
const RESTART_CARRIERS = 2

export interface ConnectorParts {
  readonly links: Links
  readonly shares: Shares
  readonly dialler: Dialler
  readonly introducer: Introducer
  readonly discovery: Discovery
  readonly relaying: Relaying
  readonly isServerUp: () => boolean
  readonly introduce: (input: IntroductionInput, now: number) => void
}

/** Makes the links that shares and discovery systems want, within the budgets, over whatever way there is. */
export class Connector {
  readonly #parts: ConnectorParts

  constructor(parts: ConnectorParts) {
    this.#parts = parts
  }

  /** Ways to a peer, best first: the server, those who told us of it, and where the systems would look. */
  carriersTo(peer: PeerId, via: ReadonlySet<PeerId>, now: number): Carrier[] {
    const ways = [...[...via].reverse(), ...this.#parts.discovery.carriersTo(peer, now)]
    const linked = ways.filter((way) => this.#parts.links.byPeer(way) !== undefined)
    const carriers = new Set<Carrier>([...(this.#parts.isServerUp() ? ['server' as const] : []), ...linked])
    return [...carriers].slice(0, CARRIERS)
  }

  /** Ways to a peer whose own link is in doubt: as to any peer, and then any neighbours, who may be linked with it. */
  carriersAround(peer: PeerId, now: number): Carrier[] {
    const neighbours = [...this.#parts.links.up()]
      .filter(({ isSilent }) => !isSilent)
      .map((link) => link.peer)
    const ways = new Set<Carrier>([...this.carriersTo(peer, new Set(), now), ...neighbours])
    ways.delete(peer)
    return [...ways].slice(0, RESTART_CARRIERS)
  }

  /** Dials peers of shares that want more, and those that systems ask for, within the budgets. */
  dial(now: number): void {
    const { links, shares, dialler, discovery } = this.#parts
    for (const infoHash of shares.wanting()) {
      for (const { peer, via } of dialler.due(infoHash, now)) {
        const link = links.byPeer(peer)
        if (link !== undefined) shares.join(link, infoHash)
        else if (!this.#connect(peer, via, LIMITS.transferLinks, now)) return
      }
    }
    if (discovery.dialler.isIdle) return
    for (const { peer, via } of discovery.due()) {
      if (links.byPeer(peer) !== undefined) discovery.dialler.settle(peer)
      else if (!this.#connect(peer, via, LIMITS.overlayLinks, now)) return
    }
  }

  /** @returns false when there is no room for more links or negotiations now. */
  #connect(peer: PeerId, via: ReadonlySet<PeerId>, budget: number, now: number): boolean {
    const { links, introducer, discovery, relaying, introduce } = this.#parts
    const { pendingCount } = introducer
    if (budget - links.upCount - pendingCount <= 0) return false
    if (pendingCount >= LIMITS.pendingNegotiations) return false
    const carriers = this.carriersTo(peer, via, now)
    if (introducer.stageOf(peer) !== null || relaying.ends.isReaching(peer)) return true
    if (relaying.reachAgain(peer, now)) return true
    if (carriers.length > 0) {
      discovery.dialler.started(peer)
      introduce({ type: 'connect', peer, carriers }, now)
    } else {
      discovery.onLinkFailed(peer, now)
    }
    return true
  }
}
