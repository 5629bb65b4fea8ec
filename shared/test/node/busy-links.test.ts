import { describe, expect, it } from 'vitest'
import { defined } from '../../src/kernel/invariant.ts'
import { LIMITS } from '../../src/kernel/limits.ts'
import { makeTestShare } from '../../sim/nodes/node-share.ts'
import { NodeWorld, type TestNode } from '../../sim/nodes/node-world.ts'

const MiB = 1024 * 1024

/** A node that fetches a share of a large swarm: all its links for transfers are taken, and more peers are known. */
function busyNode() {
  const world = new NodeWorld()
  world.systems = []
  const first = makeTestShare(4 * MiB, 1)
  const peers = Array.from({ length: 40 }, (_, index) => world.add(`peer ${String(index)}`))
  const [seed] = peers as [TestNode]
  world.seed(seed, first)
  const slow = { type: 'limits', uploadRate: 1024, downloadRate: Infinity } as const
  for (const peer of peers) world.feed(peer, slow)
  const node = world.add('busy')
  for (const each of [...peers.slice(1), node]) world.download(each, first.info.infoHash)
  world.until(() => node.node.links.carryingCount >= LIMITS.transferLinks)
  world.pass(10_000)
  const { dialler, links } = node.node
  const unlinked = [...dialler.due(first.info.infoHash, world.now)].filter(({ peer }) => !links.byPeer(peer))
  expect(unlinked.length).toBeGreaterThan(0)
  const isLinked = (peer: TestNode) => links.byPeer(peer.key.peerId) !== undefined
  return { world, node, peers, isLinked }
}

describe('a node whose links are all taken by one share', () => {
  it('fetches another one over a link that is there', () => {
    const { world, node, peers, isLinked } = busyNode()
    const second = makeTestShare(MiB, 2)
    world.seed(defined(peers.slice(1).find(isLinked), 'linked peer'), second)
    world.feed(node, { type: 'openLink', infoHash: second.info.infoHash })
    world.until(() => node.stateOf(second.info.infoHash) === 'offered', 3_000)
  })

  it('makes a few links more for another one that nobody linked has', () => {
    const { world, node, peers, isLinked } = busyNode()
    const second = makeTestShare(MiB, 2)
    world.seed(
      defined(
        peers.slice(1).find((peer) => !isLinked(peer)),
        'unlinked peer',
      ),
      second,
    )
    world.feed(node, { type: 'openLink', infoHash: second.info.infoHash })
    world.until(() => node.stateOf(second.info.infoHash) === 'offered', 3_000)
  })
})
