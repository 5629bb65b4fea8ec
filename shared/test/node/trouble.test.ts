import { describe, expect, it } from 'vitest'
import { defined } from '../../src/kernel/invariant.ts'
import { parseNonce, type Nonce } from '../../src/kernel/ids.ts'
import { CHORD } from '../../src/protocols/chord/constants.ts'
import { snapshotOf } from '../../src/node/snapshot.ts'
import { OVERLAYS } from '../../src/node/systems.ts'
import { makeTestShare } from '../../sim/nodes/node-share.ts'
import { NodeWorld, type TestNode } from '../../sim/nodes/node-world.ts'

const DAY_MS = 86_400_000
/** Longer than the skew that envelopes and records bear. */
const NAP_MS = 20 * 60_000

let searches = 0
const newId = (): Nonce => defined(parseNonce((++searches).toString(16).padStart(32, 'a')), 'id')

/** Whole nodes that met through a server; the first one shares a file. */
function network(count: number): NodeWorld {
  const world = new NodeWorld({ keepsEffects: false })
  for (let i = 0; i < count; i++) {
    world.add(`peer ${String(i)}`)
    world.pass(300)
  }
  world.pass(60_000)
  world.seed(world.nodes[0]!, makeTestShare(100_000, 7, 'holiday.mp4'))
  world.pass(20_000)
  return world
}

/** Overlays by which the file is not found in five tries: after trouble it may take a moment. */
function missedBy(world: NodeWorld, node: TestNode): string[] {
  let missing: string[] = [...OVERLAYS]
  for (let attempt = 0; attempt < 5 && missing.length > 0; attempt++) {
    const id = newId()
    world.feed(node, { type: 'search', id, text: 'holiday', systems: OVERLAYS })
    world.pass(12_000)
    const view = snapshotOf(node.node, world.now + node.skewMs).searches.find((each) => each.id === id)
    const hitsOf = (system: string) => view?.answers.find((answer) => answer.system === system)?.hits ?? 0
    missing = missing.filter((system) => hitsOf(system) === 0)
  }
  return missing
}

/** Files that the ring alone finds. */
function ringHits(world: NodeWorld, node: TestNode): number {
  const id = newId()
  world.feed(node, { type: 'search', id, text: 'holiday', systems: ['ring'] })
  world.pass(12_000)
  const view = snapshotOf(node.node, world.now + node.skewMs).searches.find((each) => each.id === id)
  return view?.answers.find(({ system }) => system === 'ring')?.hits ?? 0
}

describe('whole nodes', () => {
  it('go on after all clocks jumped by a day, without the server', () => {
    const world = network(8)
    world.killServer()
    world.clock.jump(DAY_MS)
    world.pass(60_000)
    expect(world.nodes.map(({ node }) => node.links.upCount).every((count) => count > 0)).toBe(true)
    expect(missedBy(world, world.nodes[5]!)).toEqual([])
  })

  it('bear one of them whose clock jumped by a day', () => {
    const world = network(8)
    world.nodes[3]!.skewMs = DAY_MS
    world.feed(world.nodes[3]!, { type: 'wake' })
    world.pass(60_000)
    expect(missedBy(world, world.nodes[5]!)).toEqual([])
    // It keeps links of its own, over which it finds what the others have; but records of the ring, which are dated,
    // have long expired by its clock.
    expect(world.nodes[3]!.node.links.upCount).toBeGreaterThan(0)
    expect(missedBy(world, world.nodes[3]!)).toEqual(['ring'])
  })

  it('link and find again when one wakes whose own clock stood still while it slept', () => {
    const world = network(8)
    const sleeper = world.nodes[3]!
    world.freeze(sleeper, true)
    world.pass(NAP_MS)
    sleeper.skewMs = -NAP_MS
    world.feed(sleeper, { type: 'wallClock', aheadMs: NAP_MS })
    world.feed(sleeper, { type: 'woke' })
    world.freeze(sleeper, false)
    world.pass(60_000)
    expect(missedBy(world, sleeper)).toEqual([])
    // Dates of its own are believed too: of the link that it needs, and of its records on the ring.
    world.seed(sleeper, makeTestShare(50_000, 8, 'holiday dream.txt'))
    world.pass(20_000)
    expect(ringHits(world, world.nodes[5]!)).toBe(2)
    expect(sleeper.node.links.upCount).toBeGreaterThan(2)
  })

  it('lose nothing when the date of one of them was a day ahead for a while', () => {
    const world = network(8)
    const wrong = world.nodes[3]!
    world.feed(wrong, { type: 'wallClock', aheadMs: DAY_MS })
    world.seed(wrong, makeTestShare(50_000, 8, 'holiday dream.txt'))
    world.pass(60_000)
    expect(ringHits(world, world.nodes[5]!)).toBe(1)
    world.feed(wrong, { type: 'wallClock', aheadMs: 0 })
    expect(missedBy(world, wrong)).toEqual([])
    // Its own records are taken when they are put the next time.
    world.pass(CHORD.republishMs * (1 + CHORD.republishSpread))
    expect(ringHits(world, world.nodes[5]!)).toBe(2)
  })

  it.each([0.3, 0.45, 0.6])('find the file after %d of ten closed at once, without the server', (share) => {
    const world = network(10)
    world.killServer()
    for (const node of world.nodes.slice(10 - Math.floor(10 * share))) world.kill(node)
    world.pass(60_000)
    expect(missedBy(world, world.nodes[1]!)).toEqual([])
    expect(missedBy(world, world.nodes[3]!)).toEqual([])
  })
})
