import { expect, it } from 'vitest'
import { parsePeerId, type PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { Graph, GraphLink, GraphPeer } from '../../src/lib/network/graph.ts'
import { MAX_PEERS } from '../../src/lib/network/graph.ts'
import { fit } from '../../src/lib/network/geometry.ts'
import { ForceLayout } from '../../src/lib/network/layout.ts'
import { markRadius } from '../../src/lib/network/marks.ts'

const numbered = (n: number): PeerId => parsePeerId(n.toString(16).padStart(4, '0').repeat(16)) as PeerId
const SUPER_NODES = 20
const CHILDREN = 60
/** Half of the stroke around each of two marks. */
const STROKES = 2

/** As many as are drawn: a super node with its children, its fellows, and a flood through all the others. */
function crowd(): Graph {
  const roleOf = (n: number): GraphPeer['role'] => (n < SUPER_NODES ? 'superNode' : 'peer')
  const peers = Array.from({ length: MAX_PEERS }, (_, n): GraphPeer => {
    return { peer: numbered(n), isSelf: n === 0, isLinked: n < 30, isSilent: false, role: roleOf(n) }
  })
  const link = (from: number, to: number, kind: GraphLink['kind']): GraphLink => {
    return { from: numbered(from), to: numbered(to), kind, isHeard: from !== 0, flow: null }
  }
  const leads = Array.from({ length: SUPER_NODES + CHILDREN - 1 }, (_, n) => link(0, n + 1, 'kazaa'))
  const flood = Array.from({ length: 600 }, (_, n) =>
    link(1 + (n % (MAX_PEERS - 1)), 1 + ((n * 13 + 7) % (MAX_PEERS - 1)), 'gnutella'),
  )
  return { peers, links: [...leads, ...flood], leftOut: 0 }
}

it.each([
  ['desktop', { width: 1100, height: 600 }],
  ['phone', { width: 324, height: 350 }],
])('of two hundred peers none hides another: %s', (_, size) => {
  const graph = crowd()
  const layout = new ForceLayout()
  layout.stretch(size.width / size.height)
  layout.update(graph)
  layout.settle()
  const camera = fit(layout.places(), size)
  const drawn = graph.peers.map((peer) => {
    const { x, y } = layout.places().get(peer.peer) ?? { x: 0, y: 0 }
    return { x: x * camera.k, y: y * camera.k, radius: markRadius(peer, graph.peers.length, camera.k) }
  })
  const hidden = drawn.flatMap((a, i) =>
    drawn
      .slice(i + 1)
      .filter((b) => Math.hypot(a.x - b.x, a.y - b.y) < Math.max(a.radius, b.radius) + STROKES / 2),
  )
  expect(hidden).toEqual([])
})

it('few peers are as large as ever, and a crowd that is zoomed in on is no larger than before', () => {
  const sizeOf = (peers: number, zoom: number) =>
    (['peer', 'superNode'] as const).map((role) => markRadius({ isSelf: false, role }, peers, zoom))
  expect(sizeOf(30, 0.3)).toEqual([8, 11])
  expect(sizeOf(200, 4)).toEqual([5.5, 8.5])
  const [far = 0] = sizeOf(200, 0.2)
  expect(far).toBeLessThan(5.5)
})
