import { BoundedMap } from '../kernel/bounded.ts'
import type { PeerId } from '../kernel/ids.ts'
import type { OverlayName } from './systems.ts'

/** Peers that systems want links with, at most; our choice. */
const WANTED = 128

export interface Wanted {
  readonly peer: PeerId
  /** Systems that asked. */
  readonly by: Set<OverlayName>
  /** Neighbours that know a way, best first. */
  readonly via: Set<PeerId>
}

/** Links that discovery systems have asked for and that are not up yet; each peer is dialled once for all. */
export class OverlayDialler {
  readonly #wanted = new BoundedMap<PeerId, Wanted>(WANTED)
  readonly #dialling = new Set<PeerId>()

  want(peer: PeerId, by: OverlayName, via: readonly PeerId[]): void {
    const known = this.#wanted.get(peer) ?? { peer, by: new Set(), via: new Set() }
    known.by.add(by)
    for (const each of via) known.via.add(each)
    this.#wanted.set(peer, known)
  }

  /** Whether anything is left to dial. */
  get isIdle(): boolean {
    return this.#wanted.size === this.#dialling.size
  }

  /** Peers to dial now, first asked first; each is then under way until `settle`. */
  *due(): IterableIterator<Wanted> {
    for (const wanted of [...this.#wanted.values()]) {
      if (this.#dialling.has(wanted.peer)) continue
      yield wanted
    }
  }

  started(peer: PeerId): void {
    this.#dialling.add(peer)
  }

  /** The link is up, or could not be made. @returns the systems that waited for it. */
  settle(peer: PeerId): OverlayName[] {
    const wanted = this.#wanted.get(peer)
    this.#wanted.delete(peer)
    this.#dialling.delete(peer)
    return [...(wanted?.by ?? [])]
  }

  /** A system no longer wants the link. */
  unwant(peer: PeerId, by: OverlayName): void {
    const wanted = this.#wanted.get(peer)
    if (wanted?.by.delete(by) === true && wanted.by.size === 0 && !this.#dialling.has(peer)) this.settle(peer)
  }
}
