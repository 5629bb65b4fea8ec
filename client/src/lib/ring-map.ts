/** Geometry of the network drawing: peers stand on a circle, in the order of the ring. */
import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { NodeSnapshot } from '@ringdrop/shared/node/snapshot.ts'

export type EdgeKind = 'ring' | 'finger' | 'gnutella' | 'lazy' | 'kazaa' | 'transfer' | 'link'
export type Lens = 'all' | 'gnutella' | 'kazaa' | 'ring'

export interface MapPeer {
  readonly peer: PeerId
  readonly x: number
  readonly y: number
  readonly isSelf: boolean
  readonly isLinked: boolean
  /** Ours is known; of others what we have heard. */
  readonly role: 'superNode' | 'child' | 'peer'
}
export interface MapEdge {
  readonly from: PeerId
  readonly to: PeerId
  readonly kind: EdgeKind
}
export interface RingMap {
  readonly peers: readonly MapPeer[]
  readonly edges: readonly MapEdge[]
}

/** The drawing is a square of this side. */
export const MAP_SIZE = 440
const RADIUS = 180
const CENTRE = MAP_SIZE / 2

/**
 * Peers in the order of the ring, from the top, clockwise, evenly apart: their true distances are random, and
 * close ones would hide each other.
 */
function place(rank: number, count: number): { readonly x: number; readonly y: number } {
  const angle = (rank / count) * 2 * Math.PI - Math.PI / 2
  return { x: CENTRE + RADIUS * Math.cos(angle), y: CENTRE + RADIUS * Math.sin(angle) }
}

/** What this peer knows of the network, seen through one system or all. */
export function ringMap(node: NodeSnapshot, lens: Lens, steps: readonly PeerId[] = []): RingMap {
  const edges = edgesOf(node).filter(({ kind }) => LENSES[lens].includes(kind))
  const known = new Set<PeerId>([node.id, ...edges.flatMap(({ from, to }) => [from, to]), ...steps])
  for (const { peer } of node.links) known.add(peer)
  const linked = new Set(node.links.map(({ peer }) => peer))
  const { kazaa } = node.systems
  const superNodes = new Set([...(kazaa?.superNodes ?? []), kazaa?.leader, kazaa?.standby])
  const children = new Set(kazaa?.children ?? [])
  if (kazaa?.role === 'superNode') superNodes.add(node.id)
  const peers = [...known].sort().map((peer, rank): MapPeer => {
    const role = superNodes.has(peer) ? 'superNode' : children.has(peer) ? 'child' : 'peer'
    return { peer, ...place(rank, known.size), isSelf: peer === node.id, isLinked: linked.has(peer), role }
  })
  return { peers, edges }
}

const LENSES: Readonly<Record<Lens, readonly EdgeKind[]>> = {
  all: ['ring', 'finger', 'gnutella', 'lazy', 'kazaa', 'transfer', 'link'],
  gnutella: ['gnutella', 'lazy'],
  kazaa: ['kazaa'],
  ring: ['ring', 'finger'],
}

function edgesOf(node: NodeSnapshot): MapEdge[] {
  const { ring, gnutella, kazaa } = node.systems
  const edges = new Map<string, MapEdge>()
  const add = (to: PeerId | null | undefined, kind: EdgeKind) => {
    if (to === null || to === undefined || to === node.id) return
    edges.set(`${to}:${kind}`, { from: node.id, to, kind })
  }
  for (const peer of [...(ring?.successors.slice(0, 2) ?? []), ...(ring?.predecessors.slice(0, 1) ?? [])])
    add(peer, 'ring')
  for (const { peer } of ring?.fingers ?? []) add(peer, 'finger')
  for (const { peer, lazy } of gnutella?.neighbours ?? []) add(peer, lazy ? 'lazy' : 'gnutella')
  for (const peer of [
    kazaa?.leader,
    kazaa?.standby,
    ...(kazaa?.children ?? []),
    ...(kazaa?.superNodes ?? []),
  ])
    add(peer, 'kazaa')
  for (const { peer, shareCount } of node.links) add(peer, shareCount > 0 ? 'transfer' : 'link')
  return [...edges.values()]
}
