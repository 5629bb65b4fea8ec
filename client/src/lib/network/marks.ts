/** How large peers are drawn: in a crowd as large as there is room for. */
import type { GraphPeer } from './graph.ts'

/** From here on peers are drawn smaller, and names of those that were only heard of are left out. */
const MANY = 60
/** The frame of a mark, of which half lies outside of it. */
const STROKE = 2
/** Our choice, by eye: below this nobody tells a circle from a square. */
const MIN_RADIUS = 2.5
const RADIUS = { few: 8, many: 5.5 } as const
const SELF_RADIUS = 11
/** A super node is a square, half as wide as this on each side. */
const SUPER_NODE_MORE = 3

/** Whether so many are drawn that they must be small. */
export const isCrowd = (peers: number): boolean => peers > MANY

/** Units of the plane, before zoom, that a peer keeps free around itself. */
export function roomOf(role: GraphPeer['role']): number {
  return role === 'superNode' ? 26 : 17
}

/** Pixels from the middle of a peer's mark to its edge. @param peers how many are drawn. @param zoom from the plane to the screen. */
export function markRadius(
  { isSelf, role }: Pick<GraphPeer, 'isSelf' | 'role'>,
  peers: number,
  zoom: number,
): number {
  const more = role === 'superNode' ? SUPER_NODE_MORE : 0
  if (!isCrowd(peers)) return (isSelf ? SELF_RADIUS : RADIUS.few) + more
  if (isSelf) return Math.min(SELF_RADIUS + more, Math.max(2 * MIN_RADIUS, roomOf(role) * zoom))
  const free = roomOf(role) * zoom - STROKE
  return Math.min(RADIUS.many + more, Math.max(MIN_RADIUS + more / 2, free))
}
