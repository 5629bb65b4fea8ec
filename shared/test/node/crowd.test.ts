import { describe, expect, test } from 'vitest'
import { randomNonce } from '../../src/kernel/random-ids.ts'
import { createRng } from '../../src/kernel/rng.ts'
import { OVERLAYS } from '../../src/node/systems.ts'
import { defined } from '../../src/kernel/invariant.ts'
import { LIMITS } from '../../src/kernel/limits.ts'
import { CHORD } from '../../src/protocols/chord/constants.ts'
import { NodeWorld, type TestNode } from '../../sim/nodes/node-world.ts'
import { makeTestShare } from '../../sim/nodes/node-share.ts'

const PEERS = 60

/** So many peers that the systems of each could link with more than there is room for. */
function crowd(seed: number): NodeWorld {
  const world = new NodeWorld({ seed, keepsEffects: false })
  for (let i = 0; i < PEERS; i++) {
    world.add(`peer ${String(i)}`)
    world.pass(300)
  }
  world.pass(60_000)
  return world
}

const linkCount = ({ node }: TestNode) => node.links.upCount

const busiestOf = (world: NodeWorld): TestNode =>
  defined(world.nodes.toSorted((a, b) => linkCount(b) - linkCount(a))[0], 'peer')

/** Those without a link to a peer. */
const strangersOf = (world: NodeWorld, peer: TestNode): TestNode[] =>
  world.nodes.filter((each) => each !== peer && each.node.links.byPeer(peer.key.peerId) === undefined)

/** The busiest peer shares something, and all strangers get it. @returns the busiest peer. */
function handToStrangers(world: NodeWorld, content: number): TestNode {
  const busiest = busiestOf(world)
  const share = makeTestShare(200_000, content)
  world.seed(busiest, share)
  world.pass(20_000)
  const strangers = strangersOf(world, busiest)
  expect(strangers.length).toBeGreaterThan(5)
  for (const each of strangers) world.download(each, share.info.infoHash)
  world.until(() => strangers.every((each) => each.stateOf(share.info.infoHash) === 'seeding'), 60_000)
  expect(linkCount(busiest)).toBeLessThanOrEqual(LIMITS.links)
  return busiest
}

describe('in a crowd', () => {
  test('the busiest peer fetches from a stranger, and hands its own share to strangers', () => {
    const world = crowd(1)
    const busiest = busiestOf(world)
    expect(linkCount(busiest)).toBeGreaterThan(LIMITS.transferLinks + CHORD.ringSlack)
    const share = makeTestShare(200_000, 7)
    world.seed(defined(strangersOf(world, busiest)[0], 'stranger'), share)
    world.pass(20_000)
    world.download(busiest, share.info.infoHash)
    world.until(() => busiest.stateOf(share.info.infoHash) === 'seeding', 60_000)
    handToStrangers(world, 8)
  })

  test('the busiest peer hands its share to strangers without the server too', () => {
    const world = crowd(1)
    const { name } = busiestOf(world)
    world.killServer()
    expect(handToStrangers(world, 7).name).toBe(name)
  })

  // With 9 a peer waited for ever for the link by which it would have joined the ring; with 6 there were islands of super nodes.
  test.each([6, 9])('who comes in quick succession finds everything by each system (seed %i)', (seed) => {
    const world = new NodeWorld({ seed, keepsEffects: false, latencyMs: () => 20, connectMs: 100 })
    for (let i = 0; i < PEERS; i++) {
      world.add(`peer ${String(i)}`)
      world.pass(50)
    }
    for (const [i, node] of world.nodes.entries())
      world.seed(node, makeTestShare(20_000, i + 1, `unique${String(i)}x word.bin`))
    world.pass(90_000)
    const rng = createRng(seed)
    for (const system of OVERLAYS) {
      for (let i = 0; i < 20; i++) {
        const from = defined(world.nodes[(i * 7) % PEERS], 'peer')
        const text = `unique${String((i * 11 + 3) % PEERS)}x`
        const id = randomNonce(rng)
        world.feed(from, { type: 'search', id, text, systems: [system] })
        const view = () => from.node.discovery.searches.views().find((each) => each.id === id)
        world.until(() => view()?.answers.every(({ state }) => state === 'ended') ?? false, 20_000)
        expect([system, from.name, text, view()?.hits.length]).toEqual([system, from.name, text, 1])
      }
    }
  })

  test('links that nobody needs go, and the ring keeps to its cap', () => {
    const { nodes, now } = crowd(2)
    const counts = nodes.map(linkCount).toSorted((a, b) => a - b)
    expect(counts[PEERS / 2]).toBeLessThanOrEqual(CHORD.linkCap)
    expect(counts.at(-1)).toBeLessThanOrEqual(LIMITS.systemLinks)
    const useless = nodes.flatMap(({ node }) =>
      [...node.links.up()].filter(
        (link) => !node.discovery.needs(link.peer) && !link.carriesShares && now - link.idleSince > 65_000,
      ),
    )
    expect(useless).toEqual([])
  })
})

describe('a system that asks for a link', () => {
  test('hears that it does not run at the other end of the one that is there', () => {
    const world = new NodeWorld()
    const [a, b] = [world.add('a'), world.add('b')]
    world.feed(b, { type: 'switchSystem', name: 'ring', isOn: false })
    const ring = defined(a.node.discovery.overlays.ring, 'ring').core
    const heard: string[] = []
    const handle = ring.handle.bind(ring)
    ring.handle = (input, now) => {
      heard.push(input.type)
      return handle(input, now)
    }
    const isLinked = () => a.node.links.byPeer(b.key.peerId)?.systems?.length === 2
    world.until(isLinked)
    world.feed(a, { type: 'candidates', peers: [b.key.peerId] })
    world.until(() => heard.includes('dialFailed'))
    expect(heard).not.toContain('linkUp')
  })
})
