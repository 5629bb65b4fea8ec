import { BoundedMap } from '../../kernel/bounded.ts'
import type { PeerId } from '../../kernel/ids.ts'
import { CANDIDATES_KNOWN, LEADERS_KNOWN, LEADERS_NAMED, PARALLEL_DIALS, RETRY_MS } from './constants.ts'
import type { KazaaContext } from './context.ts'
import type { Links } from './links.ts'

interface Entry {
  readonly via: PeerId | null
  readonly failedAt: number
}

const FRESH = { via: null, failedAt: -Infinity }

/** Super nodes that we heard of, peers that may know some, and the dials to either. */
export class LeaderBook {
  readonly #leaders = new BoundedMap<PeerId, Entry>(LEADERS_KNOWN)
  readonly #candidates = new BoundedMap<PeerId, Entry>(CANDIDATES_KNOWN)
  readonly #dialling = new Set<PeerId>()

  constructor(
    readonly context: KazaaContext,
    readonly links: Links,
  ) {}

  /** Somebody says that this is a super node. */
  learn(peer: PeerId, via: PeerId | null): void {
    if (peer === this.context.self) return
    const known = this.#leaders.get(peer)
    this.#leaders.set(peer, { failedAt: -Infinity, ...known, via: via === peer ? (known?.via ?? null) : via })
    if (via !== null && via !== peer) this.context.emit({ type: 'way', peer, via })
  }

  addCandidate(peer: PeerId): void {
    if (peer !== this.context.self && !this.#candidates.has(peer)) this.#candidates.set(peer, FRESH)
  }

  /** It is no super node any longer, or gone. */
  forget(peer: PeerId): void {
    this.#leaders.delete(peer)
  }

  /** It refused: not again for a while. */
  refused(peer: PeerId, now: number): void {
    const known = this.#leaders.get(peer)
    if (known !== undefined) this.#leaders.replace(peer, { ...known, failedAt: now })
  }

  isRipe(peer: PeerId, now: number): boolean {
    return now >= (this.#leaders.get(peer)?.failedAt ?? -Infinity) + RETRY_MS
  }

  /** Super nodes to name to others, those linked first. */
  list(except: PeerId): PeerId[] {
    const linked = this.links.superNodes().filter((peer) => peer !== except)
    const known = [...this.#leaders.keys()].reverse().filter((peer) => peer !== except)
    return [...new Set([...linked, ...known])].slice(0, LEADERS_NAMED)
  }

  /** Super nodes without a link that may be dialled, newest first. */
  dialable(now: number): PeerId[] {
    return [...this.#leaders.keys()]
      .reverse()
      .filter((peer) => !this.links.has(peer) && !this.#dialling.has(peer) && this.isRipe(peer, now))
  }

  strangers(now: number): PeerId[] {
    return [...this.#candidates.entries()]
      .filter(([peer, { failedAt }]) => now >= failedAt + RETRY_MS && !this.links.has(peer))
      .map(([peer]) => peer)
      .filter((peer) => !this.#dialling.has(peer))
  }

  isDialling(peer: PeerId): boolean {
    return this.#dialling.has(peer)
  }

  get isBusy(): boolean {
    return this.#dialling.size >= PARALLEL_DIALS
  }

  dial(peer: PeerId): void {
    this.#dialling.add(peer)
    const via = this.#leaders.get(peer)?.via ?? null
    this.context.emit({ type: 'dial', peer, via: via !== null && this.links.has(via) ? [via] : [] })
  }

  linkUp(peer: PeerId): void {
    this.#dialling.delete(peer)
  }

  dialFailed(peer: PeerId, now: number): void {
    if (!this.#dialling.delete(peer)) return
    this.#leaders.delete(peer)
    if (this.#candidates.has(peer)) this.#candidates.replace(peer, { via: null, failedAt: now })
  }
}
