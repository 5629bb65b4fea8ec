import { describe, expect, it } from 'vitest'
import { defined } from '../../src/kernel/invariant.ts'
import { parseNonce, type Nonce } from '../../src/kernel/ids.ts'
import type { SearchView } from '../../src/node/searches.ts'
import { snapshotOf } from '../../src/node/snapshot.ts'
import { OVERLAYS, SYSTEMS, type SystemName } from '../../src/node/systems.ts'
import type { SignalEnvelope } from '../../src/wire/envelope.ts'
import { wordKey } from '../../src/protocols/chord/position.ts'
import { makeTestShare, type TestShare } from '../../sim/nodes/node-share.ts'
import { NodeWorld, type TestNode } from '../../sim/nodes/node-world.ts'
import { makeKey, verifyText } from './keys.ts'

let searchCount = 0
const newId = (): Nonce => defined(parseNonce((++searchCount).toString(16).padStart(32, '0')), 'id')

/** Every system of every node has found its place. */
function isSettled(world: NodeWorld): boolean {
  const alive = world.nodes.filter((node) => node.isAlive)
  return alive.every((node) => {
    const { ring, kazaa, gnutella, directory } = snapshotOf(node.node, world.now).systems
    const isOnRing = ring === null || ring.size >= alive.length
    const hasRole = kazaa === null || kazaa.role !== 'orphan'
    const hasNeighbours = gnutella === null || gnutella.neighbours.length > 0
    const isListed = directory === null || !world.isServerUp || directory.state === 'registered'
    return isOnRing && hasRole && hasNeighbours && isListed
  })
}

function network(count: number): NodeWorld {
  const world = new NodeWorld({ makeIdentity: makeKey, verify: verifyText })
  for (let i = 0; i < count; i++) world.add(`peer ${String(i)}`)
  world.until(() => isSettled(world), 120_000)
  return world
}

function share(world: NodeWorld, node: TestNode, name: string, isUnlisted = false): TestShare {
  const made = makeTestShare(300_000, name.length * 7 + (name.codePointAt(0) ?? 0), name)
  world.seed(node, made, isUnlisted)
  return made
}

function search(world: NodeWorld, node: TestNode, text: string, systems: readonly SystemName[]): SearchView {
  const id = newId()
  world.feed(node, { type: 'search', id, text, systems })
  const view = () => snapshotOf(node.node, world.now).searches.find((each) => each.id === id)
  world.until(() => view()?.answers.every(({ state }) => state === 'ended') ?? false, 20_000)
  return view()!
}

/** Searches until the system finds as much as expected: what was shared a moment ago travels. */
function searchUntil(
  world: NodeWorld,
  node: TestNode,
  text: string,
  system: SystemName,
  hits: number,
): SearchView {
  let view = search(world, node, text, [system])
  for (let attempt = 0; attempt < 10 && view.hits.length !== hits; attempt++) {
    world.pass(2_000)
    view = search(world, node, text, [system])
  }
  return view
}

const nodeAt = (world: NodeWorld, index: number): TestNode => defined(world.nodes[index], 'node')

describe('discovery', () => {
  it.each(SYSTEMS)('finds files by keyword through %s', (system) => {
    const world = network(6)
    const beach = share(world, nodeAt(world, 1), 'beach holiday.mp4')
    share(world, nodeAt(world, 4), 'mountain holiday.mp4')
    const view = searchUntil(world, nodeAt(world, 3), 'Holiday', system, 2)
    expect(view.hits.map(({ listing }) => listing.name).sort()).toEqual([
      'beach holiday.mp4',
      'mountain holiday.mp4',
    ])
    const hit = view.hits.find(({ listing }) => listing.infoHash === beach.info.infoHash)
    expect(hit).toMatchObject({ providers: [nodeAt(world, 1).key.peerId], systems: [system] })
    // A super node that knows the answer itself asks nobody, nor does the owner of the word.
    const isSuperNode = snapshotOf(nodeAt(world, 3).node, world.now).systems.kazaa!.role === 'superNode'
    const byPlace = (a: string, b: string) => (a < b ? -1 : 1)
    const ids = world.nodes.map(({ key }) => key.peerId).sort(byPlace)
    const owner = ids.find((id) => id >= wordKey('holiday')) ?? ids[0]
    const isOwner = owner === nodeAt(world, 3).key.peerId
    if (!(system === 'kazaa' && isSuperNode) && !(system === 'ring' && isOwner)) {
      expect(view.answers[0]!.messages).toBeGreaterThan(0)
      expect(view.answers[0]!.bytes).toBeGreaterThan(0)
    }
    expect(search(world, nodeAt(world, 3), 'nowhere', [system]).hits).toEqual([])
  })

  it('compares all systems side by side, and merges what they find', () => {
    const world = network(5)
    share(world, nodeAt(world, 0), 'comparison.txt')
    for (const system of SYSTEMS) searchUntil(world, nodeAt(world, 2), 'comparison', system, 1)
    const view = search(world, nodeAt(world, 2), 'comparison', SYSTEMS)
    expect(view.answers.map(({ system, hits }) => [system, hits])).toEqual(SYSTEMS.map((name) => [name, 1]))
    expect(view.hits).toMatchObject([{ systems: SYSTEMS }])
  })

  it('keeps unlisted shares out of every index, and finds them by their link', () => {
    const world = network(5)
    const secret = share(world, nodeAt(world, 0), 'secret plan.txt', true)
    share(world, nodeAt(world, 1), 'open plan.txt')
    for (const system of SYSTEMS) {
      const view = searchUntil(world, nodeAt(world, 3), 'plan', system, 1)
      expect(view.hits.map(({ listing }) => listing.name)).toEqual(['open plan.txt'])
    }
    world.killServer()
    const { infoHash } = secret.info
    world.download(nodeAt(world, 3), infoHash)
    world.until(() => nodeAt(world, 3).stateOf(infoHash) === 'seeding')
  })

  it('goes on without the server: search, introduction of strangers, download; and registers again after', () => {
    const world = network(8)
    const found = share(world, nodeAt(world, 1), 'survivor.bin')
    for (const system of OVERLAYS) searchUntil(world, nodeAt(world, 6), 'survivor', system, 1)
    world.killServer()
    for (const system of OVERLAYS)
      expect(searchUntil(world, nodeAt(world, 6), 'survivor', system, 1).hits).toHaveLength(1)
    expect(search(world, nodeAt(world, 6), 'survivor', ['directory']).answers[0]!.because).toBe(
      'noNeighbours',
    )
    world.download(nodeAt(world, 6), found.info.infoHash)
    world.until(() => nodeAt(world, 6).stateOf(found.info.infoHash) === 'seeding')
    world.startServer()
    world.until(() => isSettled(world))
    expect(searchUntil(world, nodeAt(world, 3), 'survivor', 'directory', 1).hits[0]!.providers).toHaveLength(
      2,
    )
  })

  it('heals when three of ten leave at once', () => {
    const world = network(10)
    share(world, nodeAt(world, 0), 'still here.txt')
    for (const system of OVERLAYS) searchUntil(world, nodeAt(world, 9), 'still', system, 1)
    world.killServer()
    for (const index of [3, 5, 7]) world.kill(nodeAt(world, index))
    for (const system of OVERLAYS)
      expect(searchUntil(world, nodeAt(world, 9), 'still', system, 1).hits).toHaveLength(1)
  })

  it('connects two browsers by an invite, with no server from the start, and the rest through them', () => {
    const world = new NodeWorld({ makeIdentity: makeKey, verify: verifyText })
    world.isServerUp = false
    const [host, guest, third] = [world.add('host'), world.add('guest'), world.add('third')]
    const written = (node: TestNode): SignalEnvelope => {
      world.until(() => node.manual.length > 0)
      return node.manual.pop()!
    }
    const invite = (from: TestNode, to: TestNode) => {
      world.feed(from, { type: 'invite' })
      world.feed(to, { type: 'pasted', envelope: written(from) })
      world.feed(from, { type: 'pasted', envelope: written(to) })
      world.until(() => from.node.links.byPeer(to.key.peerId) !== undefined)
    }
    invite(host, guest)
    invite(host, third)
    world.until(() => guest.node.links.byPeer(third.key.peerId) !== undefined)
    share(world, third, 'by hand.txt')
    for (const system of OVERLAYS) expect(searchUntil(world, guest, 'hand', system, 1).hits).toHaveLength(1)
  })

  it('does not ask, nor answer by, a system that is switched off, and starts it anew when it is on again', () => {
    const world = network(4)
    share(world, nodeAt(world, 0), 'switch.txt')
    searchUntil(world, nodeAt(world, 1), 'switch', 'gnutella', 1)
    const toggle = (isOn: boolean) =>
      world.feed(nodeAt(world, 0), { type: 'switchSystem', name: 'gnutella', isOn })
    const id = defined(parseNonce('5e'.repeat(16)), 'id')
    world.feed(nodeAt(world, 0), { type: 'search', id, text: 'nowhere', systems: ['gnutella'] })
    toggle(false)
    // What was under way is not waited for.
    const [under] = snapshotOf(nodeAt(world, 0).node, world.now).searches.slice(-1)
    expect(under?.answers.map(({ state, because }) => [state, because])).toEqual([['ended', 'off']])
    expect(searchUntil(world, nodeAt(world, 1), 'switch', 'gnutella', 0).hits).toEqual([])
    expect(search(world, nodeAt(world, 0), 'x', ['gnutella']).answers[0]!.because).toBe('off')
    toggle(true)
    expect(searchUntil(world, nodeAt(world, 1), 'switch', 'gnutella', 1).hits).toHaveLength(1)
  })

  it('routes around a neighbour that has fallen silent within 6 s, and takes it back when it speaks', () => {
    const world = network(4)
    const [frozen, watcher] = [nodeAt(world, 0), nodeAt(world, 1)]
    world.pass(5_000)
    world.freeze(frozen, true)
    const link = watcher.node.links.byPeer(frozen.key.peerId)!
    const from = world.now
    world.until(() => link.isSilent, 10_000)
    expect(world.now - from).toBeLessThanOrEqual(6_000)
    expect(snapshotOf(watcher.node, world.now).systems.ring!.successors).not.toContain(frozen.key.peerId)
    world.freeze(frozen, false)
    world.until(() => snapshotOf(watcher.node, world.now).systems.ring!.size === 4, 30_000)
  })

  it('lets nobody wait for a neighbour that fell silent and never came back', () => {
    const world = network(6)
    const [watcher, ...others] = world.nodes as [TestNode, ...TestNode[]]
    world.killServer()
    for (const frozen of others) world.freeze(frozen, true)
    const { links, discovery } = watcher.node
    world.until(() => [...links.up()].every(({ isSilent }) => isSilent), 10_000)
    // Whatever the systems ask for now, there is only the silent link to give.
    for (const { key } of others)
      for (const system of OVERLAYS) discovery.overlayLinks.dial(key.peerId, system, [], world.now)
    expect([...links.up()].map(({ askedFor }) => askedFor.size)).toEqual([3, 3, 3, 3, 3])
    world.until(() => links.upCount === 0, 60_000)
    world.pass(60_000)
    const isWaiting = others.filter(({ key }) =>
      discovery.overlays.all().some((system) => system.needs(key.peerId)),
    )
    expect(isWaiting).toEqual([])
  })

  it('fetches what only KaZaA found through the upload queue: four at a time, the others see their place', () => {
    const world = network(7)
    const [source, ...others] = world.nodes as [TestNode, ...TestNode[]]
    const wanted = makeTestShare(4 * 1024 * 1024, 5, 'popular.iso')
    world.seed(source, wanted)
    world.feed(source, { type: 'limits', uploadRate: 1024 * 1024, downloadRate: Infinity })
    const { infoHash } = wanted.info
    for (const node of others) searchUntil(world, node, 'popular', 'kazaa', 1)
    for (const node of others) world.download(node, infoHash)
    const placesOf = (node: TestNode) => snapshotOf(node.node, world.now).shares[0]?.places ?? []
    const isWaiting = (node: TestNode) =>
      placesOf(node).some(({ position, etaMs }) => position > 0 && etaMs > 0)
    world.until(() => others.filter(isWaiting).length === 2)
    const queue = snapshotOf(source.node, world.now).systems.kazaa!.uploadQueue
    expect(queue.filter(({ position }) => position === 0)).toHaveLength(4)
    const served = [...source.node.shares.get(infoHash)!.exchange.links.values()].filter(
      ({ amChoking }) => !amChoking,
    )
    expect(served).toHaveLength(4)
    world.until(() => others.every((node) => node.stateOf(infoHash) === 'seeding'), 120_000)
    world.pass(5_000)
    expect(snapshotOf(source.node, world.now).systems.kazaa!.uploadQueue).toEqual([])
    expect(others.flatMap(placesOf)).toEqual([])
    // Whoever got something signed for it.
    expect(snapshotOf(source.node, world.now).systems.kazaa!.counters.receiptsVerified).toBeGreaterThan(0)
  })
})
