import { snubAt } from './pace.ts'
import type { PeerLink } from './peer-link.ts'

/** Peers that owe us blocks and deliver none, marked as such, and when to look again. */
export function findSnubs(
  links: Iterable<PeerLink>,
  now: number,
): { readonly snubs: readonly PeerLink[]; readonly checkAt: number } {
  const snubs: PeerLink[] = []
  let checkAt = Infinity
  for (const link of links) {
    if (link.askedCount === 0) continue
    const at = snubAt(link)
    if (now < at) {
      checkAt = Math.min(checkAt, at)
      continue
    }
    if (link.trust === 'trusted') link.trust = 'snubbed'
    link.lastBlockAt = now
    snubs.push(link)
  }
  return { snubs, checkAt }
}
