import type { InfoHash, PeerId } from '../../src/kernel/ids.ts'
import { providerKey } from '../../src/protocols/chord/position.ts'
import type { RingWorld } from '../scenarios/chord-world.ts'

/** Shares that living providers published and whose record the right owner does not hold. */
export function missingRecords(ring: RingWorld, published: ReadonlyMap<InfoHash, PeerId>): InfoHash[] {
  const missing: InfoHash[] = []
  for (const [infoHash, provider] of published) {
    if (!ring.isMember(provider)) continue
    const key = providerKey(infoHash)
    const { node } = ring.world.node(ring.memberOwnerOf(key)).core
    if (!node.holds(key, provider)) missing.push(infoHash)
  }
  return missing
}
