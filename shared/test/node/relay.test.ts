import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { equalBytes, type Bytes } from '../../src/kernel/bytes.ts'
import { parseNonce } from '../../src/kernel/ids.ts'
import { defined } from '../../src/kernel/invariant.ts'
import { LIMITS } from '../../src/kernel/limits.ts'
import type { Link } from '../../src/node/links.ts'
import { RELAY_BYTES_PER_SECOND } from '../../src/protocols/relay/constants.ts'
import { snapshotOf } from '../../src/node/snapshot.ts'
import { makeTestShare } from '../../sim/nodes/node-share.ts'
import { NodeWorld, type TestNode } from '../../sim/nodes/node-world.ts'

/** The first two find no path to each other; with everybody else they do. */
function apart(others: number): { world: NodeWorld; a: TestNode; b: TestNode; rest: TestNode[] } {
  const apart: string[] = []
  const world = new NodeWorld({
    hasPath: (one, other) => !(apart.includes(one.peerId) && apart.includes(other.peerId)),
  })
  const [a, b] = [world.add('a'), world.add('b')]
  apart.push(a.key.peerId, b.key.peerId)
  const rest = Array.from({ length: others }, (_, number) => world.add(`relay ${String(number)}`))
  return { world, a, b, rest }
}

const linkOf = (from: TestNode, to: TestNode): Link | undefined => from.node.links.byPeer(to.key.peerId)
const share = makeTestShare(3_000_000, 7, 'holiday.mp4')
const { infoHash } = share.info
const verified = (node: TestNode): number => (node.held.get(infoHash)?.count ?? 0) * 16_384

function conditions(world: NodeWorld, node: TestNode, isWilling: boolean): void {
  const how = { isVisible: true, uploadBytesPerSecond: 1_000_000, isWilling }
  world.feed(node, { type: 'conditions', ...how })
}

describe('two peers that find no path to each other', () => {
  it('are linked through a neighbour of both, which is credited', () => {
    const { world, a, b, rest } = apart(1)
    const [relay] = rest as [TestNode]
    world.seed(a, share)
    world.pass(60_000)
    world.download(b, infoHash)
    world.until(() => b.stateOf(infoHash) === 'seeding', 120_000)
    expect(equalBytes(b.stored.get(infoHash)!, share.content)).toBe(true)
    expect([linkOf(a, b)?.circuit?.relay, linkOf(b, a)?.circuit?.relay]).toEqual([
      relay.key.peerId,
      relay.key.peerId,
    ])
    expect(relay.node.relaying.desk.carriedBytes).toBeGreaterThan(share.content.length)
    world.until(
      () => (snapshotOf(relay.node, world.now).systems.kazaa?.counters.receiptsVerified ?? 0) > 0,
      60_000,
    )
  })

  it('are linked through somebody who has to call one of them first', () => {
    const { world, a, b, rest } = apart(1)
    const [relay] = rest as [TestNode]
    for (const node of [a, b, relay])
      for (const name of ['gnutella', 'kazaa', 'ring'] as const)
        world.feed(node, { type: 'switchSystem', name, isOn: false })
    world.seed(a, share)
    // Only the receiver is linked with the relay.
    world.feed(b, { type: 'link', peer: relay.key.peerId })
    world.until(() => linkOf(b, relay) !== undefined)
    world.download(b, infoHash)
    world.until(() => b.stateOf(infoHash) === 'seeding', 120_000)
    expect(linkOf(b, a)?.circuit?.relay).toBe(relay.key.peerId)
    expect(linkOf(relay, a)?.circuit).toBe(null)
  })

  it('stay apart when nobody relays, and are told so', () => {
    const { world, a, b, rest } = apart(2)
    for (const node of rest) conditions(world, node, false)
    world.seed(a, share)
    world.pass(60_000)
    world.download(b, infoHash)
    world.pass(120_000)
    expect(linkOf(b, a)).toBeUndefined()
    expect(b.node.linking.failures.get(a.key.peerId)).toMatch(/iceFailed|timeout/)
    expect(rest.map(({ node }) => node.relaying.desk.carriedBytes)).toEqual([0, 0])
  })

  it('go on through another when their relay dies in mid-transfer', () => {
    const { world, a, b, rest } = apart(3)
    world.seed(a, share)
    world.pass(60_000)
    world.download(b, infoHash)
    world.until(() => verified(b) > 500_000, 120_000)
    const first = linkOf(b, a)?.circuit?.relay
    world.kill(rest.find(({ key }) => key.peerId === first)!)
    world.until(() => b.stateOf(infoHash) === 'seeding', 240_000)
    expect(linkOf(b, a)?.circuit?.relay).not.toBe(first)
  })

  it('do not try in vain again when they were linked that way a moment ago', () => {
    const { world, a, b, rest } = apart(2)
    world.seed(a, share)
    world.pass(60_000)
    world.download(b, infoHash)
    world.until(() => verified(b) > 200_000, 120_000)
    world.kill(rest.find(({ key }) => key.peerId === linkOf(b, a)?.circuit?.relay)!)
    world.until(() => linkOf(b, a) === undefined, 60_000)
    const lostAt = world.now
    world.until(() => linkOf(b, a) !== undefined, 60_000)
    // ICE alone would take 15 s to see that there is no path.
    expect(world.now - lostAt).toBeLessThan(10_000)
  })

  it('cause no calls beyond those that they asked: who is asked in vain asks nobody else', () => {
    const lonely: string[] = []
    const world = new NodeWorld({
      hasPath: (a, b) => !lonely.includes(a.peerId) && !lonely.includes(b.peerId),
    })
    const [a, b] = [world.add('a'), world.add('b')]
    lonely.push(b.key.peerId)
    const rest = Array.from({ length: 5 }, (_, number) => world.add(`relay ${String(number)}`))
    world.seed(b, share)
    world.pass(60_000)
    world.download(a, infoHash)
    const reached = new Set<string>()
    const end = world.now + 90_000
    world.until(() => {
      for (const node of [a, ...rest])
        if (node.node.relaying.ends.isReaching(b.key.peerId)) reached.add(node.name)
      return world.now >= end - 1_000
    }, 90_000)
    expect([...reached]).toEqual(['a'])
  })

  it('do without the server', () => {
    const { world, a, b } = apart(4)
    world.seed(a, share)
    world.pass(60_000)
    world.killServer()
    world.pass(5_000)
    world.download(b, infoHash)
    world.until(() => b.stateOf(infoHash) === 'seeding', 240_000)
  })

  it('take nothing that a relay changed', () => {
    const { world, a, b, rest } = apart(1)
    const [relay] = rest as [TestNode]
    world.seed(a, share)
    world.pass(60_000)
    world.download(b, infoHash)
    world.until(() => verified(b) > 200_000, 120_000)
    relay.garble = (frame) => [frame.length > 10_000 ? flipped(frame) : frame]
    world.until(() => linkOf(b, a) === undefined, 60_000)
    relay.garble = (frame) => [frame]
    world.until(() => b.stateOf(infoHash) === 'seeding', 400_000)
    expect(equalBytes(b.stored.get(infoHash)!, share.content)).toBe(true)
    // Both ends blame the circuit, not each other.
    for (const node of [a, b]) expect(node.effects.filter(({ type }) => type === 'violation')).toEqual([])
  })
})

describe('a relay', () => {
  it('passes on no faster than it allows', () => {
    const { world, a, b, rest } = apart(1)
    const [relay] = rest as [TestNode]
    world.seed(a, share)
    world.pass(60_000)
    world.download(b, infoHash)
    world.until(() => relay.node.relaying.desk.carriedBytes > 100_000, 120_000)
    const [before, since] = [relay.node.relaying.desk.carriedBytes, world.now]
    world.until(() => b.stateOf(infoHash) === 'seeding', 120_000)
    const rate = ((relay.node.relaying.desk.carriedBytes - before) * 1000) / (world.now - since)
    expect(rate).toBeLessThan(RELAY_BYTES_PER_SECOND * 1.3)
    expect(rate).toBeGreaterThan(RELAY_BYTES_PER_SECOND / 4)
  })

  it('lets out no more than its person allows, for others and itself together', () => {
    const { world, a, b, rest } = apart(1)
    const [relay] = rest as [TestNode]
    const own = makeTestShare(3_000_000, 8, 'own.mp4')
    const limit = 100_000
    world.feed(relay, { type: 'limits', uploadRate: limit, downloadRate: Infinity })
    world.seed(a, share)
    world.seed(relay, own)
    world.pass(60_000)
    world.download(b, infoHash)
    world.download(world.add('c'), own.info.infoHash)
    const uploads = relay.node.shares.get(own.info.infoHash)?.exchange.swarm?.uploads
    const outBytes = () => [relay.node.relaying.desk.carriedBytes, uploads?.sentBytes ?? 0] as const
    world.until(() => outBytes().every((bytes) => bytes > 100_000), 120_000)
    const before = outBytes()
    world.pass(10_000)
    const [carried, uploaded] = outBytes().map((bytes, which) => (bytes - (before[which] ?? 0)) / 10)
    expect((carried ?? 0) + (uploaded ?? 0)).toBeLessThan(limit * 1.1)
    expect(carried).toBeGreaterThan(limit * 0.35)
    expect(uploaded).toBeGreaterThan(limit * 0.35)
  })

  /** A relay with one neighbour, and others that it does not know. */
  function amongStrangers(count: number) {
    const world = new NodeWorld({ seed: 3, keepsEffects: false })
    world.systems = []
    const [relay, asker] = [world.add('relay'), world.add('asker')]
    const strangers = Array.from({ length: count }, (_, number) => world.add(`stranger ${String(number)}`))
    world.feed(asker, { type: 'link', peer: relay.key.peerId })
    world.until(() => linkOf(asker, relay) !== undefined)
    return { world, relay, asker, strangers }
  }

  it('calls no stranger while as many negotiations are under way as may be, but says that it is busy', () => {
    const { world, relay, asker, strangers } = amongStrangers(LIMITS.pendingNegotiations + 1)
    const [wanted, ...others] = strangers as [TestNode, ...TestNode[]]
    for (const other of others) {
      world.kill(other)
      world.feed(relay, { type: 'link', peer: other.key.peerId })
    }
    const { introducer, relaying } = relay.node
    expect(introducer.pendingCount).toBe(LIMITS.pendingNegotiations)
    const said = vi.spyOn(defined(linkOf(relay, asker), 'link'), 'send')
    const ask = (number: string) => {
      const circuit = defined(parseNonce(number.repeat(32)), 'circuit')
      const open = { type: 'open', circuit, to: wanted.key.peerId } as const
      linkOf(asker, relay)?.send({ type: 'relay', message: open })
      world.feed(asker, { type: 'wake' })
      return circuit
    }
    const refused = { type: 'relay', message: { type: 'refused', circuit: ask('1'), reason: 'busy' } }
    world.until(() => said.mock.calls.some(([message]) => isDeepStrictEqual(message, refused)), 1_000)
    expect([introducer.stageOf(wanted.key.peerId), relaying.desk.circuitCount]).toEqual([null, 0])
    // Once those have failed there is room.
    world.until(() => introducer.pendingCount === 0)
    ask('2')
    world.until(() => linkOf(relay, wanted) !== undefined, 5_000)
  })

  it('calls few strangers, however many a neighbour asks for', () => {
    const { world, relay, asker, strangers } = amongStrangers(30)
    const before = relay.node.links.upCount
    for (const [number, stranger] of strangers.entries()) {
      const circuit = defined(parseNonce(number.toString(16).padStart(32, '0')), 'circuit')
      const open = { type: 'open', circuit, to: stranger.key.peerId } as const
      linkOf(asker, relay)?.send({ type: 'relay', message: open })
      world.pass(500)
      linkOf(asker, relay)?.send({ type: 'relay', message: { type: 'close', circuit } })
    }
    const called = strangers.filter((each) => linkOf(relay, each) !== undefined).length
    expect([called > 0, relay.node.links.upCount - before <= 6]).toEqual([true, true])
  })
})

function flipped(frame: Bytes): Bytes {
  const changed = frame.slice()
  changed[changed.length - 1] = (changed[changed.length - 1] ?? 0) ^ 1
  return changed
}
