import { describe, expect, it } from 'vitest'
import { Bitfield } from '../../src/content/bitfield.ts'
import { equalBytes } from '../../src/kernel/bytes.ts'
import { parseInfoHash } from '../../src/kernel/ids.ts'
import { snapshotOf } from '../../src/node/snapshot.ts'
import { makeTestShare, type TestShare } from '../../sim/nodes/node-share.ts'
import { NodeWorld, type TestNode } from '../../sim/nodes/node-world.ts'
import { makeKey, verifyText } from './keys.ts'

const MiB = 1024 * 1024

function hasAll(node: TestNode, share: TestShare): boolean {
  const stored = node.stored.get(share.info.infoHash)
  return (
    node.stateOf(share.info.infoHash) === 'seeding' &&
    stored !== undefined &&
    equalBytes(stored, share.content)
  )
}

function swarm(leecherCount: number, sizeBytes = 2 * MiB) {
  const world = new NodeWorld({ makeIdentity: makeKey, verify: verifyText })
  // Transfers alone: the discovery systems make links of their own.
  world.systems = []
  const share = makeTestShare(sizeBytes)
  const { infoHash } = share.info
  const seed = world.add('seed')
  world.seed(seed, share)
  const leechers = Array.from({ length: leecherCount }, (_, index) => world.add(`leecher ${String(index)}`))
  return { world, share, infoHash, seed, leechers }
}

describe('a sharing node', () => {
  it('shows what a link holds and moves no block before the download is asked for', () => {
    const { world, infoHash, leechers, seed } = swarm(1)
    const [leecher] = leechers as [TestNode]
    world.feed(leecher, { type: 'openLink', infoHash })
    world.until(() => leecher.stateOf(infoHash) === 'offered')
    world.pass(20_000)
    expect(leecher.effects.some((effect) => effect.type === 'storeRequest')).toBe(false)
    expect(seed.node.shares.get(infoHash)?.exchange.swarm?.uploads.sentBytes).toBe(0)
    expect(snapshotOf(leecher.node, world.now).shares[0]).toMatchObject({
      name: 'file.bin',
      totalBytes: 2 * MiB,
      isStarted: false,
    })
  })

  it('downloads from the seed, byte for byte', () => {
    const { world, share, infoHash, leechers } = swarm(1)
    world.download(leechers[0]!, infoHash)
    world.until(() => hasAll(leechers[0]!, share))
    expect(leechers[0]!.effects.some((effect) => effect.type === 'shareCompleted')).toBe(true)
  })

  it('knows who has fetched all of it, after they have left each other, too', () => {
    const { world, infoHash, seed, leechers } = swarm(2)
    const told = () => snapshotOf(seed.node, world.now).shares[0]
    for (const leecher of leechers) world.download(leecher, infoHash)
    world.until(() => (told()?.verifiedBytes ?? 0) > 0 && (told()?.uploadedBytes ?? 0) > 0)
    expect(told()?.completedCount).toBe(0)
    world.until(() => told()?.completedCount === 2)
    world.pass(60_000)
    expect(told()).toMatchObject({ completedCount: 2, peers: [] })
  })

  it('leaves a share that failed, so that nobody waits for a turn, and gives it again when it is mended', () => {
    const { world, share, infoHash, seed, leechers } = swarm(1)
    const leecher = leechers[0]!
    const sources = () => leecher.node.shares.get(infoHash)?.exchange.links.size
    world.download(leecher, infoHash)
    world.until(() => (leecher.node.shares.get(infoHash)?.exchange.swarm?.picker.haveBytes ?? 0) > 0)
    world.feed(seed, { type: 'storeResults', infoHash, results: [{ type: 'checkFailed', code: 'io' }] })
    world.until(() => sources() === 0, 1_000)
    // Long enough for the needless link to go, and for another one.
    world.pass(120_000)
    expect([seed.stateOf(infoHash), leecher.stateOf(infoHash), sources()]).toEqual(['failed', 'leeching', 0])
    // The tracker names it to nobody: whoever waits is told that there is no source, not that firewalls are in the way.
    const announced = () =>
      seed.effects.flatMap((effect) => (effect.type === 'serverAnnounce' ? [effect.request.event] : []))
    const trackerOf = (node: TestNode) => snapshotOf(node.node, world.now).shares[0]?.tracker
    expect(announced()).toEqual(['started', 'stopped'])
    expect(trackerOf(leecher)).toMatchObject({ seeders: 0, leechers: 0 })
    expect(trackerOf(seed)).toMatchObject({ state: 'off' })
    const { blockCount } = seed.node.shares.get(infoHash)!.exchange.swarm!.geometry
    seed.held.set(infoHash, Bitfield.full(blockCount))
    world.feed(seed, { type: 'command', infoHash, command: { type: 'resume' } })
    world.until(() => hasAll(leecher, share), 60_000)
    expect(announced().slice(2)).toContain('started')
    expect(trackerOf(seed)).toMatchObject({ state: 'ok' })
  })

  it('makes a swarm in which every leecher gives as well', () => {
    const { world, share, infoHash, leechers } = swarm(4, 4 * MiB)
    for (const leecher of leechers) world.download(leecher, infoHash)
    world.until(() => leechers.every((leecher) => hasAll(leecher, share)))
    for (const leecher of leechers) {
      expect(leecher.node.shares.get(infoHash)!.exchange.swarm!.uploads.sentBytes).toBeGreaterThan(0)
    }
  })

  it('is not held up by somebody who opened the link and only looks', () => {
    const { world, share, infoHash, leechers } = swarm(3, 4 * MiB)
    const [looker, other, leecher] = leechers as [TestNode, TestNode, TestNode]
    for (const node of [looker, other]) {
      world.feed(node, { type: 'openLink', infoHash })
      world.until(() => node.stateOf(infoHash) === 'offered')
    }
    world.download(leecher, infoHash)
    world.until(() => hasAll(leecher, share), 10_000)
    expect(looker.stateOf(infoHash)).toBe('offered')
  })

  it('introduces two leechers through their common neighbour when the server is dead', () => {
    const { world, share, infoHash, seed, leechers } = swarm(2)
    const [first, second] = leechers as [TestNode, TestNode]
    // Both hear of the seed and not of each other.
    world.trackerNames = (node) => node === seed
    for (const leecher of leechers) {
      world.feed(leecher, { type: 'openLink', infoHash })
      world.until(() => leecher.stateOf(infoHash) === 'offered')
    }
    world.killServer()
    world.feed(seed, { type: 'limits', uploadRate: 128 * 1024, downloadRate: Infinity })
    const isLinked = () => first.node.links.byPeer(second.key.peerId) !== undefined
    expect(isLinked()).toBe(false)
    for (const leecher of leechers)
      world.feed(leecher, { type: 'command', infoHash, command: { type: 'download', files: null } })
    world.until(isLinked)
    world.until(() => leechers.every((leecher) => hasAll(leecher, share)))
    expect(seed.node.relay.relayedCount).toBeGreaterThan(3)
  })

  it('goes on when the source vanishes while the leechers together hold everything', () => {
    const { world, share, infoHash, seed, leechers } = swarm(3, 4 * MiB)
    for (const leecher of leechers) world.download(leecher, infoHash)
    const heldTogether = () => {
      const union = new Set<number>()
      for (const leecher of leechers)
        for (const block of leecher.held.get(infoHash)?.ones() ?? []) union.add(block)
      return union.size
    }
    world.until(() => heldTogether() === 4 * 64)
    expect(leechers.some((leecher) => hasAll(leecher, share))).toBe(false)
    world.kill(seed)
    world.killServer()
    world.until(() => leechers.every((leecher) => hasAll(leecher, share)))
  })

  it('bans a peer that serves corrupted blocks by its second one, and finishes from the others', () => {
    const { world, share, infoHash, leechers } = swarm(2)
    const [honest, liar] = leechers as [TestNode, TestNode]
    const victim = world.add('victim')
    for (const node of [honest, liar]) world.download(node, infoHash)
    world.until(() => [honest, liar].every((node) => hasAll(node, share)))
    let corrupted = 0
    liar.corrupt = (block) => {
      corrupted++
      block[7]! ^= 1
      return block
    }
    world.download(victim, infoHash)
    world.until(() => hasAll(victim, share))
    const asked = victim.effects.filter((effect) => effect.type === 'violation')
    if (corrupted >= 2)
      expect(asked).toContainEqual({ type: 'violation', peer: liar.key.peerId, code: 'corruptBlocks' })
    expect(equalBytes(victim.stored.get(infoHash)!, share.content)).toBe(true)
  })

  it('resumes with what is verified, and seeds again', () => {
    const { world, share, infoHash, leechers } = swarm(1, 4 * MiB)
    const [first] = leechers as [TestNode]
    world.download(first, infoHash)
    world.until(() => (first.held.get(infoHash)?.count ?? 0) > 60)
    world.kill(first)
    const again = world.add('after the reload')
    again.stored.set(infoHash, first.stored.get(infoHash)!)
    again.held.set(infoHash, first.held.get(infoHash)!)
    const before = first.held.get(infoHash)!.count
    const fresh = {
      info: share.info,
      trees: new Map(),
      start: 'check',
      isSource: false,
      selection: null,
      isUnlisted: false,
    } as const
    world.feed(again, { type: 'addShare', share: fresh })
    world.until(() => hasAll(again, share))
    const fetched = again.node.shares.get(infoHash)!.exchange.swarm!.downloads.receivedBytes
    expect(fetched).toBeLessThanOrEqual((256 - before) * 16_384)
    const next = world.add('next')
    world.kill(world.nodes[0]!)
    world.download(next, infoHash)
    world.until(() => hasAll(next, share), 120_000)
  })

  it('stays patient and honest about a share that nobody has', () => {
    const world = new NodeWorld({ makeIdentity: makeKey, verify: verifyText })
    world.systems = []
    const node = world.add('alone')
    const infoHash = parseInfoHash('0'.repeat(64))!
    world.feed(node, { type: 'openLink', infoHash })
    world.pass(60_000)
    const [view] = snapshotOf(node.node, world.now).shares
    expect(view).toMatchObject({
      state: { name: 'metadata' },
      peers: [],
      tracker: { seeders: 0, seedSeenAgoMs: null },
    })
  })

  it('closes links that send garbage, before and after the proof', () => {
    const { world, infoHash, seed, leechers } = swarm(1)
    const [leecher] = leechers as [TestNode]
    world.feed(leecher, { type: 'openLink', infoHash })
    world.until(() => leecher.stateOf(infoHash) === 'offered')
    const link = [...seed.node.links.up()][0]!
    world.feed(seed, {
      type: 'frame',
      sid: link.sid,
      channel: 'control',
      bytes: new Uint8Array([0, 9, 1, 2]),
    })
    expect(seed.node.links.upCount).toBe(0)
    expect(seed.effects.at(-1)).toMatchObject({ type: 'closeConnection' })
  })

  it('tells a peer that joined blind of metadata that came from another in the meantime', () => {
    const { world, share, infoHash, seed } = swarm(0)
    const [first, second] = [world.add('first'), world.add('second')]
    // Only each other: the first opens the link before anybody has anything, the second joins it blind.
    world.trackerNames = (node) => node !== seed
    for (const node of [first, second]) world.feed(node, { type: 'openLink', infoHash })
    const areJoined = () => first.node.links.byPeer(second.key.peerId)?.hasJoined(infoHash) === true
    world.until(areJoined)
    expect(first.stateOf(infoHash)).toBe('metadata')
    // The first alone learns of the seed; the second can have it from the first only.
    world.feed(first, { type: 'link', peer: seed.key.peerId })
    world.until(() => first.node.links.byPeer(seed.key.peerId) !== undefined)
    first.node.dialler.learn(infoHash, seed.key.peerId, null)
    world.until(() => second.stateOf(infoHash) === 'offered')
    world.kill(seed)
    expect(second.node.shares.get(infoHash)!.exchange.swarm!.info.name).toBe(share.info.name)
  })
})
