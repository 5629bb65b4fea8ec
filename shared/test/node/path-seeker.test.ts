import { describe, expect, it } from 'vitest'
import { equalBytes } from '../../src/kernel/bytes.ts'
import { parsePeerId, type PeerId } from '../../src/kernel/ids.ts'
import { defined } from '../../src/kernel/invariant.ts'
import type { Link } from '../../src/node/links.ts'
import { PathSeeker } from '../../src/node/path-seeker.ts'
import { makeTestShare } from '../../sim/nodes/node-share.ts'
import { NodeWorld, type TestNode } from '../../sim/nodes/node-world.ts'

const MINUTE = 60_000
const id = (digit: string): PeerId => defined(parsePeerId(digit.repeat(64)), 'peer')
const [SMALL, LARGE] = [id('1'), id('2')]

describe('when a direct path is looked for', () => {
  /** Minutes at which it is due, asked every second. */
  function calls(seeker: PathSeeker, minutes: number, from = 0): number[] {
    const at: number[] = []
    for (let now = from; now <= minutes * MINUTE; now += 1_000)
      if (seeker.wakeAt() <= now) for (const _ of seeker.due(now)) at.push(now / MINUTE)
    return at
  }

  it('is ever more rarely, and at the end with the smaller id', () => {
    const [smaller, larger] = [new PathSeeker(SMALL), new PathSeeker(LARGE)]
    smaller.onCircuit(LARGE, 0)
    larger.onCircuit(SMALL, 0)
    expect(calls(smaller, 70)).toEqual([1, 3, 7, 15, 31, 47, 63])
    expect(calls(larger, 70)).toEqual([])
  })

  it('is soon after the own network changed, at either end', () => {
    const [smaller, larger] = [new PathSeeker(SMALL), new PathSeeker(LARGE)]
    smaller.onCircuit(LARGE, 0)
    larger.onCircuit(SMALL, 0)
    calls(smaller, 20)
    for (const seeker of [smaller, larger]) seeker.onNetworkChange(20 * MINUTE)
    const soon = 20 + 5 / 60
    expect(calls(larger, 40, 20 * MINUTE)).toEqual([soon])
    expect(calls(smaller, 26, 20 * MINUTE)).toEqual([soon, soon + 1, soon + 3])
  })

  it('is never again once the circuit is gone', () => {
    const seeker = new PathSeeker(SMALL)
    seeker.onCircuit(LARGE, 0)
    seeker.forget(LARGE)
    seeker.onNetworkChange(1_000)
    expect(seeker.wakeAt()).toBe(Infinity)
    expect(calls(seeker, 5)).toEqual([])
  })
})

describe('two peers linked by a circuit', () => {
  /** The first two find no path to each other until `open` is called. */
  function apart(): { world: NodeWorld; a: TestNode; b: TestNode; relay: TestNode; open: () => void } {
    const apart: string[] = []
    const world = new NodeWorld({
      hasPath: (one, other) => !(apart.includes(one.peerId) && apart.includes(other.peerId)),
    })
    const [a, b, relay] = [world.add('a'), world.add('b'), world.add('relay')]
    apart.push(a.key.peerId, b.key.peerId)
    return { world, a, b, relay, open: () => void apart.splice(0) }
  }
  const linkOf = (from: TestNode, to: TestNode): Link | undefined => from.node.links.byPeer(to.key.peerId)
  const share = makeTestShare(6_000_000, 7, 'holiday.mp4')
  const { infoHash } = share.info
  const verified = (node: TestNode): number => (node.held.get(infoHash)?.count ?? 0) * 16_384

  function half(): ReturnType<typeof apart> {
    const setup = apart()
    const { world, a, b } = setup
    // Slow enough to be under way for minutes.
    world.feed(a, { type: 'limits', uploadRate: 20_000, downloadRate: Infinity })
    world.seed(a, share)
    world.pass(MINUTE)
    world.download(b, infoHash)
    world.until(() => verified(b) > 200_000, 2 * MINUTE)
    expect(linkOf(b, a)?.circuit).not.toBe(null)
    return setup
  }

  it('take a direct path once there is one, in mid-transfer, and lend the relay no longer', () => {
    const { world, a, b, relay, open } = half()
    open()
    world.until(() => linkOf(b, a)?.circuit === null && linkOf(a, b)?.circuit === null, 5 * MINUTE)
    world.until(() => !relay.node.relaying.desk.needs(a.key.peerId), 5_000)
    const carried = relay.node.relaying.desk.carriedBytes
    world.until(() => b.stateOf(infoHash) === 'seeding', 10 * MINUTE)
    expect(equalBytes(b.stored.get(infoHash)!, share.content)).toBe(true)
    expect(relay.node.relaying.desk.carriedBytes).toBe(carried)
    expect([a, b].map(({ node }) => node.introducer.pendingCount)).toEqual([0, 0])
  })

  it('stay linked by it while there is none, through all that is tried in vain', () => {
    const { world, a, b } = half()
    const before = linkOf(b, a)
    const atStart = verified(b)
    let calls = 0
    let wasPending = false
    const endsAt = world.now + 4 * MINUTE
    world.until(() => {
      const isPending = [a, b].some(({ node }) => node.introducer.pendingCount > 0)
      if (isPending && !wasPending) calls++
      wasPending = isPending
      expect(linkOf(b, a)).toBe(before)
      return world.now >= endsAt || b.stateOf(infoHash) === 'seeding'
    }, 5 * MINUTE)
    expect(calls).toBeGreaterThan(0)
    expect(verified(b)).toBeGreaterThan(atStart + 2_000_000)
  })

  it('look at once where the network of one has changed, whichever it is', () => {
    for (const who of ['a', 'b'] as const) {
      const { world, a, b, open } = half()
      open()
      world.feed({ a, b }[who], { type: 'networkChanged' })
      world.until(() => linkOf(b, a)?.circuit === null, 15_000)
    }
  })

  it('are parted by nothing when both look at the same moment', () => {
    const { world, a, b, open } = half()
    open()
    for (const node of [a, b]) world.feed(node, { type: 'networkChanged' })
    world.until(() => linkOf(b, a)?.circuit === null && linkOf(a, b)?.circuit === null, 15_000)
    world.until(() => b.stateOf(infoHash) === 'seeding', 10 * MINUTE)
  })
})
