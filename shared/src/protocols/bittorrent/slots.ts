import type { PeerLink, Slot } from './peer-link.ts'
import type { Swarm } from './swarm.ts'

/** A queue outside of the exchange takes over uploads to a peer, or gives them back to the choker. */
export function setSlot(swarm: Swarm | null, link: PeerLink | undefined, slot: Slot): void {
  if (swarm === null || link === undefined) return
  // A queue serves by its own order: there is no hiding blocks from those that it serves.
  if (slot !== 'choker') swarm.onOtherSource()
  swarm.choking.setSlot(link, slot)
}
