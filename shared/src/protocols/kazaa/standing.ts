import type { PeerId } from '../../kernel/ids.ts'
import { ROOMY_LINKS, STEADY_SECONDS } from './constants.ts'
import type { Standing } from './messages.ts'

/** A peer that could lead. */
export interface Contender {
  readonly peer: PeerId
  readonly standing: Standing
}

/** Uploads are compared by powers of two, so that noise does not change who is better. */
const magnitude = (bytesPerSecond: number): number => Math.floor(Math.log2(1 + bytesPerSecond / 65_536))

/** What counts, in this order. In a young network nobody is steady yet, and the next things decide. */
function merits({
  isWilling,
  isVisible,
  uptimeSeconds,
  freeLinks,
  uploadBytesPerSecond,
}: Standing): number[] {
  return [
    isWilling ? 1 : 0,
    isVisible ? 1 : 0,
    freeLinks >= ROOMY_LINKS ? 1 : 0,
    uptimeSeconds >= STEADY_SECONDS ? 1 : 0,
    magnitude(uploadBytesPerSecond),
    Math.floor(Math.log2(1 + uptimeSeconds / STEADY_SECONDS)),
  ]
}

/** Order of contenders, best first; the id breaks ties, so that all who compare agree. */
export function byMerit(a: Contender, b: Contender): number {
  const [meritsA, meritsB] = [merits(a.standing), merits(b.standing)]
  for (let i = 0; i < meritsA.length; i++) {
    const difference = (meritsB[i] ?? 0) - (meritsA[i] ?? 0)
    if (difference !== 0) return difference
  }
  return a.peer < b.peer ? -1 : 1
}

/** Fit to be asked at all. */
export function isFit({ isWilling, isVisible }: Standing): boolean {
  return isWilling && isVisible
}
