import type { PeerId } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { PEX_MS } from './constants.ts'
import type { Outbox } from './effects.ts'
import type { PeerLink } from './peer-link.ts'

/**
 * Peer exchange (BEP 11) by peer id: whoever joins is told at once whom else we know, later news go out once
 * a minute. An id can be dialled only through whoever knows the way, so the receiver remembers the sender.
 */
export class PeerExchange {
  #at = Infinity
  readonly #told = new Map<PeerId, Set<PeerId>>()

  constructor(
    readonly links: ReadonlyMap<PeerId, PeerLink>,
    readonly out: Outbox,
  ) {}

  wakeAt(): number {
    return this.#at
  }

  onPeerJoined(peer: PeerId, now: number): void {
    this.#tell(peer)
    if (this.#at === Infinity) this.#at = now + PEX_MS
  }

  onWake(now: number): void {
    if (now < this.#at) return
    for (const peer of this.#told.keys()) if (!this.links.has(peer)) this.#told.delete(peer)
    for (const peer of this.links.keys()) this.#tell(peer)
    this.#at = this.links.size === 0 ? Infinity : now + PEX_MS
  }

  #tell(peer: PeerId): void {
    const told = this.#told.get(peer) ?? new Set()
    this.#told.set(peer, told)
    const news: PeerId[] = []
    for (const other of this.links.keys()) {
      if (news.length >= LIMITS.pexPeers) break
      if (other === peer || told.has(other)) continue
      told.add(other)
      news.push(other)
    }
    for (const other of told) if (!this.links.has(other)) told.delete(other)
    if (news.length > 0) this.out.send(peer, { type: 'peers', peers: news })
  }
}
