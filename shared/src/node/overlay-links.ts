import { LIMITS } from '../kernel/limits.ts'
import type { PeerId } from '../kernel/ids.ts'
import type { Link, Links } from './links.ts'
import { OverlayDialler } from './overlay-dialler.ts'
import type { Overlays } from './overlays.ts'
import type { OverlayName } from './systems.ts'

export interface OverlayLinksParts {
  readonly links: Links
  readonly overlays: Overlays
  /** Whether circuits of others are carried here. */
  readonly isRelay: () => boolean
}

/** What the discovery systems hear of links, and the links that they ask for. */
export class OverlayLinks {
  readonly dialler = new OverlayDialler()
  readonly #parts: OverlayLinksParts

  constructor(parts: OverlayLinksParts) {
    this.#parts = parts
  }

  /** It was greeted; systems start once both ends have said that they run. */
  onUp(link: Link, now: number): void {
    this.#settle(link.peer, true, now)
    if (link.systems !== null) this.onHello(link, link.systems, now)
  }

  /** Tells the other end which systems run here, and what we understand. */
  greet(link: Link): void {
    const { overlays, isRelay } = this.#parts
    link.send({ type: 'hello', systems: overlays.on, isRelay: isRelay(), knowsUploadOnly: true })
  }

  onHello(link: Link, systems: readonly OverlayName[], now: number): void {
    link.systems = systems
    link.askedFor.clear()
    this.#tellRoom(now)
    for (const system of this.#parts.overlays.all()) {
      if (systems.includes(system.name)) system.linkUp(link.peer, now)
      else system.linkDown(link.peer, now)
    }
    this.#answerDials(link, now)
  }

  /** A link is silent, or gone. */
  onDown(link: Link, now: number): void {
    for (const system of this.#parts.overlays.all()) {
      // Before the system is told of the link, which may have it dial anew.
      if (link.askedFor.delete(system.name)) system.dialFailed(link.peer, now)
      system.linkDown(link.peer, now)
      if (link.systems === null) system.dialFailed(link.peer, now)
    }
    this.#tellRoom(now)
  }

  onHeardAgain(link: Link, now: number): void {
    this.onHello(link, link.systems ?? [], now)
  }

  onFailed(peer: PeerId, now: number): void {
    this.#settle(peer, false, now)
  }

  /** Whether a call for these systems is welcome: one of them has room; `systems` is the caller's word. */
  accepts(peer: PeerId, systems: readonly string[]): boolean {
    const asked = this.#parts.overlays.all().filter(({ name }) => systems.includes(name))
    return systems.length === 0 || asked.some((system) => system.core.accepts(peer))
  }

  /** A system wants a link, or the one that is there to carry its messages. */
  dial(peer: PeerId, by: OverlayName, via: readonly PeerId[], now: number): void {
    const link = this.#parts.links.byPeer(peer)
    if (link === undefined) this.dialler.want(peer, by, via)
    else if (link.isSilent && link.systems?.includes(by) === true) link.askedFor.add(by)
    else this.#answerDials(link, now)
  }

  /** A system has no more use for a link. */
  release(peer: PeerId, by: OverlayName): void {
    this.#parts.links.byPeer(peer)?.letGo()
    this.dialler.unwant(peer, by)
  }

  /** A super node must not fill with children the places that are kept for shares. */
  #tellRoom(now: number): void {
    const { upCount, carryingCount } = this.#parts.links
    const freeLinks = Math.max(0, LIMITS.overlayLinks - (upCount - carryingCount))
    this.#parts.overlays.kazaa?.feed({ type: 'room', freeLinks }, now)
  }

  /** A link is there, but systems that asked for one don't run at its other end. */
  #answerDials({ peer, systems }: Link, now: number): void {
    if (systems === null) return
    for (const system of this.#parts.overlays.all())
      if (!systems.includes(system.name)) system.dialFailed(peer, now)
  }

  #settle(peer: PeerId, isUp: boolean, now: number): void {
    for (const name of this.dialler.settle(peer))
      if (!isUp) this.#parts.overlays.get(name)?.dialFailed(peer, now)
  }
}
