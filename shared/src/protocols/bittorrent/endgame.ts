import type { BlockIndex } from '../../kernel/ids.ts'
import { STEAL_AFTER_MS } from './constants.ts'
import type { PeerLink } from './peer-link.ts'

/**
 * A block that an idle peer has and that a slower one was asked for long ago.
 * @param mayCopy whether the block may be asked of one more peer.
 */
export function slowestBlock(
  idle: PeerLink,
  links: Iterable<PeerLink>,
  mayCopy: (block: BlockIndex) => boolean,
  now: number,
): BlockIndex | null {
  let slowest = idle.downSpeed.rate(now)
  let found: BlockIndex | null = null
  for (const holder of links) {
    if (holder === idle || holder.askedCount === 0) continue
    const rate = holder.downSpeed.rate(now)
    if (rate > slowest || (rate === slowest && found !== null)) continue
    for (const [block, request] of holder.outstanding) {
      if (request.state !== 'asked' || now - request.askedAt < STEAL_AFTER_MS) continue
      if (idle.theirs?.get(block) !== true || idle.outstanding.has(block) || !mayCopy(block)) continue
      slowest = rate
      found = block
      break
    }
  }
  return found
}
