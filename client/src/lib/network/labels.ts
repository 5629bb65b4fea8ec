/** Which peers get their name written beside them: names must not hide each other. */
import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { GraphPeer } from './graph.ts'
import type { Places } from './geometry.ts'

/** Pixels that a name of six digits needs, with its distance. */
const WIDTH = 50
const HEIGHT = 15

/**
 * @param first the peer that is looked at: its name is always there.
 * @param isDense names of peers that we have only heard of are left out.
 */
export function labelled(
  peers: readonly GraphPeer[],
  places: Places,
  first: PeerId | null,
  isDense = false,
): Set<PeerId> {
  const rank = ({ peer, isSelf, role, isLinked }: GraphPeer) =>
    peer === first ? 0 : isSelf ? 1 : role === 'superNode' ? 2 : isLinked ? 3 : 4
  const kept: { readonly x: number; readonly y: number }[] = []
  const names = new Set<PeerId>()
  const ranked = [...peers].filter((peer) => !isDense || rank(peer) < 4).sort((a, b) => rank(a) - rank(b))
  for (const { peer } of ranked) {
    const place = places.get(peer)
    if (place === undefined) continue
    if (kept.some(({ x, y }) => Math.abs(x - place.x) < WIDTH && Math.abs(y - place.y) < HEIGHT)) continue
    kept.push(place)
    names.add(peer)
  }
  return names
}
