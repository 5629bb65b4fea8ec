import type { PeerId } from '../../kernel/ids.ts'
import { NEEDLESS_MS } from './constants.ts'
import type { Outbox } from './effects.ts'
import type { PeerLink } from './peer-link.ts'

/** Tells a peer whether we still want something (BEP 21), when that is news to it. */
export function tellWants(link: PeerLink, wantsMore: boolean, out: Outbox): void {
  if (link.amUploadOnly === !wantsMore) return
  link.amUploadOnly = !wantsMore
  out.send(link.peer, { type: wantsMore ? 'wantsMore' : 'uploadOnly' })
}

/** Finds peers with which there is nothing to exchange for now: neither they nor we want anything. */
export class Parting {
  #at = Infinity

  constructor(readonly links: ReadonlyMap<PeerId, PeerLink>) {}

  wakeAt(): number {
    return this.#at
  }

  /** @returns those to be left now. Asked after every input: of whoever still fetches there is nothing to look at. */
  due(isSeeding: boolean, now: number): PeerLink[] {
    if (!isSeeding && this.#at === Infinity) return []
    this.#at = Infinity
    const due: PeerLink[] = []
    for (const link of this.links.values()) {
      // Requests that are still to be served are answered first.
      const isNeedless = isSeeding && link.wantsNothing && !link.peerInterested
      link.needlessSince = isNeedless ? (link.needlessSince ?? now) : null
      if (link.needlessSince === null) continue
      const at = link.needlessSince + NEEDLESS_MS
      if (at <= now) due.push(link)
      else this.#at = Math.min(this.#at, at)
    }
    return due
  }
}
