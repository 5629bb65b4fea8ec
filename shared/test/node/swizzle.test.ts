import { describe, expect, it } from 'vitest'
import { defined } from '../../src/kernel/invariant.ts'
import { parseNonce, type Nonce } from '../../src/kernel/ids.ts'
import { createRng } from '../../src/kernel/rng.ts'
import { snapshotOf } from '../../src/node/snapshot.ts'
import { OVERLAYS } from '../../src/node/systems.ts'
import { swizzle } from '../../sim/clogs.ts'
import { makeTestShare } from '../../sim/nodes/node-share.ts'
import { NodeWorld, type TestNode } from '../../sim/nodes/node-world.ts'

const PEERS = 8
const LEECHERS = 4
const CLOGGED = 3

let searches = 0
function search(world: NodeWorld, node: TestNode): Nonce {
  const id = defined(parseNonce((++searches).toString(16).padStart(32, 'c')), 'id')
  world.feed(node, { type: 'search', id, text: 'holiday', systems: OVERLAYS })
  return id
}

/** Overlays by which the file is not found in three tries. */
function missedBy(world: NodeWorld, node: TestNode): string[] {
  let missing: string[] = [...OVERLAYS]
  for (let attempt = 0; attempt < 3 && missing.length > 0; attempt++) {
    const id = search(world, node)
    world.pass(12_000)
    const view = snapshotOf(node.node, world.now).searches.find((each) => each.id === id)
    const hitsOf = (system: string) => view?.answers.find((answer) => answer.system === system)?.hits ?? 0
    missing = missing.filter((system) => hitsOf(system) === 0)
  }
  return missing
}

/** Shorter than what closes a silent link (30 s), and longer. */
const CASES = [
  [5_000, 1],
  [40_000, 1],
  [40_000, 2],
] as const

describe('whole nodes', () => {
  it.each(CASES)(
    'get over a swizzle of %i ms under searches and downloads (seed %i)',
    { timeout: 60_000 },
    (spreadMs, seed) => {
      const world = new NodeWorld({ seed, keepsEffects: false })
      for (let i = 0; i < PEERS; i++) {
        world.add(`peer ${String(i)}`)
        world.pass(300)
      }
      world.pass(30_000)
      const share = makeTestShare(500_000, seed, 'holiday.mp4')
      const { infoHash } = share.info
      const [sharer, ...others] = world.nodes
      world.seed(defined(sharer, 'sharer'), share)
      world.pass(10_000)
      const { clock, clogs, nodes } = world
      const rng = createRng(seed).child('swizzle')
      const leechers = others.slice(0, LEECHERS)
      swizzle({ clock, clogs, rng, peers: nodes, count: CLOGGED, spreadMs })
      // They begin one after the other, while links are clogged and freed.
      for (const node of leechers) {
        world.download(node, infoHash)
        search(world, node)
        world.pass((2 * spreadMs) / leechers.length)
      }
      world.pass(60_000)
      expect(leechers.map((node) => node.stateOf(infoHash))).toEqual(Array(LEECHERS).fill('seeding'))
      for (const node of leechers) expect(node.stored.get(infoHash)).toEqual(share.content)
      expect(nodes.map(({ node }) => node.links.upCount).every((count) => count > 0)).toBe(true)
      for (const node of others.slice(LEECHERS, LEECHERS + 2)) expect(missedBy(world, node)).toEqual([])
    },
  )
})
