import { expect, it } from 'vitest'
import { makeTestShare } from '../../sim/nodes/node-share.ts'
import { NodeWorld, type TestNode } from '../../sim/nodes/node-world.ts'
import { makeKey, verifyText } from './keys.ts'

const SIZE = 4 * 1024 * 1024

/** A slow download under way between two nodes, with others that have a link with both. */
function underWay(neighbours: number) {
  const world = new NodeWorld({ makeIdentity: makeKey, verify: verifyText })
  world.systems = []
  const share = makeTestShare(SIZE)
  const { infoHash } = share.info
  const [seed, leecher] = [world.add('seed'), world.add('leecher')]
  world.seed(seed, share)
  world.feed(seed, { type: 'limits', uploadRate: 512 * 1024, downloadRate: Infinity })
  world.download(leecher, infoHash)
  const held = () => leecher.held.get(infoHash)?.count ?? 0
  world.until(() => held() > 20)
  for (let n = 0; n < neighbours; n++) {
    const neighbour = world.add(`neighbour ${String(n)}`)
    for (const node of [seed, leecher]) {
      world.feed(neighbour, { type: 'link', peer: node.key.peerId })
      world.until(() => neighbour.node.links.byPeer(node.key.peerId) !== undefined)
    }
  }
  const opened = (node: TestNode) => node.effects.filter(({ type }) => type === 'openConnection').length
  return { world, seed, leecher, infoHash, held, opened }
}

it.each([
  ['through the server', 0, true],
  ['through a common neighbour when the server is dead', 1, false],
])('a link survives a change of network, %s', (_what, neighbours, hasServer) => {
  const { world, seed, leecher, infoHash, held, opened } = underWay(neighbours)
  if (!hasServer) world.killServer()
  const before = { seed: opened(seed), leecher: opened(leecher), held: held() }
  world.cut(seed, leecher)
  world.until(() => leecher.stateOf(infoHash) === 'seeding', 30_000)
  expect(held()).toBe(SIZE / 16_384)
  expect([opened(seed), opened(leecher)]).toEqual([before.seed, before.leecher])
})

it('after a sleep every link is asked at once, and none is given up for the silence', () => {
  const { world, seed, leecher } = underWay(0)
  world.freeze(leecher, true)
  world.pass(20_000)
  world.freeze(leecher, false)
  const frames = () => leecher.effects.filter(({ type }) => type === 'sendFrame').length
  const before = frames()
  world.feed(leecher, { type: 'woke' })
  expect(frames()).toBe(before + 1)
  world.pass(5_000)
  expect(leecher.node.links.byPeer(seed.key.peerId)).toBeDefined()
})
