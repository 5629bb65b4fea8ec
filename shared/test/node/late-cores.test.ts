import { describe, expect, it } from 'vitest'
import { parseNonce } from '../../src/kernel/ids.ts'
import { defined } from '../../src/kernel/invariant.ts'
import { OVERLAY_CORES } from '../../src/node/overlay-cores.ts'
import { snapshotOf } from '../../src/node/snapshot.ts'
import { OVERLAYS } from '../../src/node/systems.ts'
import { makeTestShare } from '../../sim/nodes/node-share.ts'
import { NodeWorld, type TestNode } from '../../sim/nodes/node-world.ts'

/** Two usual peers, and one whose overlays are not loaded yet. */
function network() {
  const world = new NodeWorld()
  const usual = world.add('usual')
  const other = world.add('other')
  const late = world.add('late', null)
  return { world, usual, other, late }
}

const systemsOf = (world: NodeWorld, { node }: TestNode) => snapshotOf(node, world.now).systems

function search(world: NodeWorld, node: TestNode, digit: string) {
  const id = defined(parseNonce(digit.repeat(32)), 'id')
  world.feed(node, { type: 'search', id, text: 'beach', systems: OVERLAYS })
  const view = () =>
    defined(
      snapshotOf(node.node, world.now).searches.find((each) => each.id === id),
      'search',
    )
  world.until(() => view().answers.every(({ state }) => state === 'ended'))
  return view()
}

describe('a node whose overlays come later', () => {
  it('shares and downloads without them, and says that they are on their way', () => {
    const { world, usual, late } = network()
    const share = makeTestShare(300_000, 1, 'beach.mp4')
    world.seed(usual, share)
    world.download(late, share.info.infoHash)
    world.until(() => late.stateOf(share.info.infoHash) === 'seeding')
    for (const name of OVERLAYS) world.feed(late, { type: 'switchSystem', name, isOn: true })
    expect(systemsOf(world, late)).toMatchObject({
      overlays: 'starting',
      gnutella: null,
      kazaa: null,
      ring: null,
    })
    for (const { because } of search(world, late, '1').answers) expect(because).toBe('starting')
  })

  it('takes its place once they are there, over links that it has, and offers what it shared before', () => {
    const { world, usual, other, late } = network()
    const share = makeTestShare(300_000, 1, 'beach.mp4')
    world.seed(late, share)
    world.download(other, share.info.infoHash)
    world.until(() => other.stateOf(share.info.infoHash) === 'seeding')
    world.feed(other, { type: 'removeShare', infoHash: share.info.infoHash })
    late.node.discovery.provide(OVERLAY_CORES)
    for (const name of OVERLAYS) world.feed(late, { type: 'switchSystem', name, isOn: true })
    world.until(() => {
      const { overlays, gnutella, kazaa, ring } = systemsOf(world, late)
      const isIn = (gnutella?.neighbours.length ?? 0) > 0 && kazaa?.role !== 'orphan' && ring?.size === 3
      return overlays === 'ready' && isIn
    }, 30_000)
    world.pass(15_000)
    const { hits, answers } = search(world, usual, '2')
    expect(hits.map(({ listing }) => listing.name)).toEqual(['beach.mp4'])
    expect(hits[0]?.systems.toSorted()).toEqual(['gnutella', 'kazaa', 'ring'])
    for (const { because } of answers) expect(because).toBe('complete')
  })

  it('asks the server anew for peers: what it said before reached no overlay', () => {
    const { world, late } = network()
    const samples = () => late.effects.filter(({ type }) => type === 'serverSample').length
    // Not at a moment when it would ask anyhow.
    world.pass(62_000)
    const before = samples()
    expect(late.node.links.upCount).toBe(0)
    late.node.discovery.provide(OVERLAY_CORES)
    for (const name of OVERLAYS) world.feed(late, { type: 'switchSystem', name, isOn: true })
    world.until(() => samples() > before, 100)
    world.until(() => late.node.links.upCount > 0, 2_000)
  })
})
