import type { PeerId, SessionId } from '../kernel/ids.ts'
import { LIMITS } from '../kernel/limits.ts'
import type { Carrier, IntroductionInput } from '../protocols/introduction/effects.ts'
import type { Introducer } from '../protocols/introduction/introducer.ts'
import type { Dialler } from './dialler.ts'
import type { Discovery } from './discovery.ts'
import type { Links } from './links.ts'
import type { Relaying } from './relaying.ts'
import type { Shares } from './shares.ts'
import type { OverlayName } from './systems.ts'

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

/**
 * Further links for a share whose peers are all as poor as we are: one of others may have it all. So many of its own a
 * share may have, too, whatever links others take. Our choice.
 */
const STARVING_LINKS = 4

interface Call {
  readonly peer: PeerId
  readonly via: ReadonlySet<PeerId>
  /** Systems that want the link; left out: a share does. */
  readonly by?: ReadonlySet<OverlayName>
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

  /** The path of a link is in doubt: another one is looked for. */
  restart(sid: SessionId, now: number): void {
    const peer = this.#parts.links.bySid(sid)?.peer
    if (peer === undefined) return
    this.#parts.introduce({ type: 'restart', sid, carriers: this.#carriersAround(peer, now) }, now)
  }

  /** Ways to a peer whose own link is in doubt: as to any peer, and then any neighbours, who may be linked with it. */
  #carriersAround(peer: PeerId, now: number): Carrier[] {
    const neighbours = [...this.#parts.links.up()]
      .filter(({ isSilent }) => !isSilent)
      .map((link) => link.peer)
    const ways = new Set<Carrier>([...this.carriersTo(peer, new Set(), now), ...neighbours])
    ways.delete(peer)
    return [...ways].slice(0, RESTART_CARRIERS)
  }

  /** Dials peers of shares that want more, and those that systems ask for, within the budgets. */
  dial(now: number): void {
    this.#dialForShares(now)
    this.#dialForSystems(now)
  }

  #dialForShares(now: number): void {
    const { links, shares, dialler } = this.#parts
    for (const { infoHash, isStarving, linkCount } of shares.wanting()) {
      const limit = LIMITS.transferLinks + (isStarving ? STARVING_LINKS : 0)
      const room = () => Math.max(limit - links.carryingCount, isStarving ? STARVING_LINKS - linkCount : 0)
      for (const { peer, via } of dialler.due(infoHash, now)) {
        const link = links.byPeer(peer)
        if (link !== undefined) shares.join(link, infoHash)
        // Another share may have room where this one has none: one that starves may have a few links more.
        else if (!this.#connect({ peer, via }, room(), now)) break
      }
    }
  }

  #dialForSystems(now: number): void {
    const { links, discovery } = this.#parts
    const { dialler } = discovery.overlayLinks
    if (dialler.isIdle) return
    const room = LIMITS.systemLinks - links.upCount
    for (const { peer, via, by } of dialler.due()) {
      if (links.byPeer(peer) !== undefined) dialler.settle(peer)
      // A system that waits for a dial that never begins may wait for it alone.
      else if (room <= 0) discovery.overlayLinks.onFailed(peer, now)
      else if (!this.#connect({ peer, via, by }, room, now)) return
    }
  }

  /** A link over which somebody else wants a circuit. @returns false when there is no room for it. */
  callForOther(peer: PeerId, now: number): boolean {
    if (!this.#parts.introducer.mayCallMore(this.#roomForAny())) return false
    this.#parts.introduce({ type: 'connect', peer, carriers: this.carriersTo(peer, new Set(), now) }, now)
    return true
  }

  /** A direct path to a peer that a circuit leads to: the circuit itself is the first way to tell it. */
  callBeside(peer: PeerId, now: number): void {
    if (!this.#parts.introducer.mayCallMore(LIMITS.pendingNegotiations)) return
    const carriers = [peer, ...this.carriersTo(peer, new Set(), now)]
    this.#parts.introduce({ type: 'connect', peer, carriers, isBeside: true }, now)
  }

  /** Links that may be under way at a time, whatever they are for. */
  #roomForAny(): number {
    return Math.min(LIMITS.pendingNegotiations, LIMITS.links - this.#parts.links.upCount)
  }

  /**
   * @param room links that may yet be made for the purpose.
   * @returns false when there is no room for more links or negotiations now.
   */
  #connect({ peer, via, by }: Call, room: number, now: number): boolean {
    const { introducer, discovery, relaying, introduce } = this.#parts
    if (!introducer.mayCallMore(Math.min(room, this.#roomForAny()))) return false
    const carriers = this.carriersTo(peer, via, now)
    if (introducer.stageOf(peer) !== null || relaying.ends.isReaching(peer)) return true
    if (relaying.reachAgain(peer, now)) return true
    if (carriers.length > 0) {
      discovery.overlayLinks.dialler.started(peer)
      introduce({ type: 'connect', peer, carriers, systems: [...(by ?? [])] }, now)
    } else {
      discovery.overlayLinks.onFailed(peer, now)
    }
    return true
  }
}
