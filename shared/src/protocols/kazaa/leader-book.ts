import { BoundedMap } from '../../kernel/bounded.ts'
import type { PeerId } from '../../kernel/ids.ts'
import {
  CANDIDATES_KNOWN,
  DIALS_AT_MOST,
  DIALS_OF_ONE,
  HEDGE_MS,
  LEADERS_KNOWN,
  LEADERS_NAMED,
  LEADERS_OF_ONE,
  MISTRUST_MS,
  PARALLEL_DIALS,
  RETRY_MS,
} from './constants.ts'
import type { KazaaContext } from './context.ts'
import type { Links } from './links.ts'

interface Entry {
  /** By whose word alone we know it; `null`: by its own. */
  readonly namedBy: PeerId | null
  readonly via: PeerId | null
  readonly failedAt: number
  /** Dials in a row that came to nothing. */
  readonly failures: number
}

const FRESH = { namedBy: null, via: null, failedAt: -Infinity, failures: 0 }

/** Super nodes that we heard of, peers that may know some, and the dials to either. */
export class LeaderBook {
  readonly #leaders = new BoundedMap<PeerId, Entry>(LEADERS_KNOWN)
  /** Super nodes that lied to us, until when. */
  readonly #mistrusted = new BoundedMap<PeerId, number>(LEADERS_KNOWN)
  readonly #candidates = new BoundedMap<PeerId, Entry>(CANDIDATES_KNOWN)
  /** When each dial under way began. */
  readonly #dialling = new Map<PeerId, number>()

  constructor(
    readonly context: KazaaContext,
    readonly links: Links,
  ) {}

  /** Somebody says that this is a super node. */
  learn(peer: PeerId, via: PeerId | null): void {
    if (peer === this.context.self || this.#mistrusted.has(peer)) return
    const known = this.#leaders.get(peer)
    // It need not be there at all.
    if (known === undefined && via !== null)
      this.#leaders.makeRoomAmong(({ namedBy }) => namedBy === via, LEADERS_OF_ONE)
    // Once it said so itself it is nobody's word any longer.
    const namedBy = known === undefined ? via : via === null ? null : known.namedBy
    this.#leaders.set(peer, { ...FRESH, ...known, namedBy, via: via === peer ? (known?.via ?? null) : via })
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

  /** It is neither asked, dialled nor named to others for a long time. */
  mistrust(peer: PeerId, now: number): void {
    this.#mistrusted.set(peer, now + MISTRUST_MS)
    this.#leaders.delete(peer)
  }

  isRipe(peer: PeerId, now: number): boolean {
    const until = this.#mistrusted.get(peer) ?? now
    if (until > now) return false
    this.#mistrusted.delete(peer)
    const { failedAt, failures } = this.#leaders.get(peer) ?? FRESH
    return now >= failedAt + RETRY_MS * Math.max(1, failures)
  }

  /** Super nodes to name to others, those linked first. */
  list(except: PeerId): PeerId[] {
    const linked = this.links.superNodes().filter((peer) => peer !== except && !this.#mistrusted.has(peer))
    const known = [...this.#leaders.entries()].filter(([, { failures }]) => failures === 0).reverse()
    const others = known.map(([peer]) => peer).filter((peer) => peer !== except)
    return [...new Set([...linked, ...others])].slice(0, LEADERS_NAMED)
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

  /** A dial that has been silent for a while no longer holds up the next one: most likely its peer is dead. */
  isBusy(now: number): boolean {
    if (this.#dialling.size >= DIALS_AT_MOST) return true
    let fresh = 0
    for (const startedAt of this.#dialling.values()) if (now < startedAt + HEDGE_MS) fresh++
    return fresh >= PARALLEL_DIALS
  }

  /** When the next dial under way becomes a silent one. */
  hedgeAt(now: number): number {
    let earliest = Infinity
    for (const startedAt of this.#dialling.values())
      if (startedAt + HEDGE_MS > now) earliest = Math.min(earliest, startedAt + HEDGE_MS)
    return earliest
  }

  dial(peer: PeerId, now: number): void {
    this.#dialling.set(peer, now)
    const via = this.#leaders.get(peer)?.via ?? null
    this.context.emit({ type: 'dial', peer, via: via !== null && this.links.has(via) ? [via] : [] })
  }

  linkUp(peer: PeerId): void {
    this.#dialling.delete(peer)
    const known = this.#leaders.get(peer)
    if (known !== undefined) this.#leaders.replace(peer, { ...known, failures: 0 })
  }

  dialFailed(peer: PeerId, now: number): void {
    if (!this.#dialling.delete(peer)) return
    // It may be alive and full for the moment: after a disaster it would be wrong to forget everybody at once.
    const known = this.#leaders.get(peer)
    const failures = (known?.failures ?? 0) + 1
    if (failures >= DIALS_OF_ONE) this.#leaders.delete(peer)
    else if (known !== undefined) this.#leaders.replace(peer, { ...known, failedAt: now, failures })
    if (this.#candidates.has(peer)) this.#candidates.replace(peer, { ...FRESH, failedAt: now })
  }
}
