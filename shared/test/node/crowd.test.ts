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

describe('in a crowd', () => {
  test.each([true, false])('the busiest peer hands its share to strangers (server: %s)', (hasServer) => {
    const world = crowd(1)
    const seed = defined(world.nodes.toSorted((a, b) => linkCount(b) - linkCount(a))[0], 'peer')
    if (!hasServer) world.killServer()
    const share = makeTestShare(200_000, 7)
    world.seed(seed, share)
    world.pass(20_000)
    const strangers = world.nodes.filter(
      (each) => each !== seed && each.node.links.byPeer(seed.key.peerId) === undefined,
    )
    expect(strangers.length).toBeGreaterThan(5)
    for (const each of strangers) world.download(each, share.info.infoHash)
    const isDone = (each: TestNode) => each.stateOf(share.info.infoHash) === 'seeding'
    world.until(() => strangers.every(isDone), 60_000)
    expect(linkCount(seed)).toBeLessThanOrEqual(LIMITS.links)
  })

  test('the busiest peer fetches from a stranger', () => {
    const world = crowd(1)
    const busiest = defined(world.nodes.toSorted((a, b) => linkCount(b) - linkCount(a))[0], 'peer')
    expect(linkCount(busiest)).toBeGreaterThan(LIMITS.transferLinks + CHORD.ringSlack)
    const isStranger = ({ node }: TestNode) => node.links.byPeer(busiest.key.peerId) === undefined
    const seed = defined(
      world.nodes.find((each) => each !== busiest && isStranger(each)),
      'stranger',
    )
    const share = makeTestShare(200_000, 7)
    world.seed(seed, share)
    world.pass(20_000)
    world.download(busiest, share.info.infoHash)
    world.until(() => busiest.stateOf(share.info.infoHash) === 'seeding', 60_000)
  })

  // With 9 a peer waited for ever for the link by which it would have joined the ring; with 6 there were islands of super nodes.
  test.each([1, 6, 9])('who comes in quick succession finds everything by each system (seed %i)', (seed) => {
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
