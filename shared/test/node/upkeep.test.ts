import { describe, expect, it, vi } from 'vitest'
import { parseSessionId } from '../../src/kernel/ids.ts'
import { defined } from '../../src/kernel/invariant.ts'
import { Upkeep } from '../../src/node/upkeep.ts'
import type { NodeInput } from '../../src/node/node-io.ts'
import { makeTestShare } from '../../sim/nodes/node-share.ts'
import { NodeWorld, type TestNode } from '../../sim/nodes/node-world.ts'
import { makeKey, verifyText } from './keys.ts'

const MiB = 1024 * 1024
/** Of no link: what comes of it changes nothing. */
const SID = defined(parseSessionId('0'.repeat(32)), 'session')

function pair() {
  const world = new NodeWorld({ makeIdentity: makeKey, verify: verifyText })
  world.systems = []
  const share = makeTestShare(2 * MiB)
  const seed = world.add('seed')
  world.seed(seed, share)
  return { world, infoHash: share.info.infoHash, leecher: world.add('leecher') }
}

/** Counts how often the node asks its systems when they want to be woken. */
function countLooks({ node }: TestNode): () => number {
  const spy = vi.spyOn(node.discovery, 'wakeAt')
  return () => spy.mock.calls.length
}

describe('while blocks flow', () => {
  it('the rest waits for 100 ms from the first of them, and no longer', () => {
    const upkeep = new Upkeep(() => 5_000)
    expect([upkeep.wakeAt(), upkeep.mayWait(1_000), upkeep.mayWait(1_099)]).toEqual([5_000, true, true])
    expect([upkeep.wakeAt(), upkeep.mayWait(1_100)]).toEqual([1_100, false])
    upkeep.done()
    expect([upkeep.wakeAt(), upkeep.mayWait(1_100)]).toEqual([5_000, true])
  })

  it('what wants to be woken earlier is woken then', () => {
    const upkeep = new Upkeep(() => 1_050)
    expect([upkeep.mayWait(1_000), upkeep.wakeAt()]).toEqual([true, 1_050])
  })

  it('the systems are asked again only after something else than a block', () => {
    const { world, infoHash, leecher } = pair()
    const looks = countLooks(leecher)
    const looksAfter = (input: NodeInput) => {
      const before = looks()
      leecher.node.handle(input, world.now)
      leecher.node.wakeAt()
      return looks() - before
    }
    const read = { type: 'readFailed', to: leecher.key.peerId, block: 0 } as const
    expect(looksAfter({ type: 'serverDown' })).toBe(1)
    expect(looksAfter({ type: 'storeResults', infoHash, results: [] })).toBe(0)
    expect(looksAfter({ type: 'writable', sid: SID })).toBe(0)
    expect(looksAfter({ type: 'frame', sid: SID, channel: 'bulk', bytes: new Uint8Array(16) })).toBe(0)
    expect(looksAfter({ type: 'frame', sid: SID, channel: 'control', bytes: new Uint8Array(16) })).toBe(1)
    expect(looksAfter({ type: 'storeResults', infoHash, results: [read] })).toBe(1)
  })

  it('a peer that a block made known is called although nothing but blocks follows', () => {
    const { world, infoHash, leecher } = pair()
    world.feed(leecher, { type: 'openLink', infoHash })
    const stranger = world.add('stranger').key.peerId
    const isCalled = () => leecher.node.introducer.stageOf(stranger) !== null
    leecher.node.dialler.learn(infoHash, stranger, null)
    leecher.node.handle({ type: 'writable', sid: SID }, world.now)
    expect(isCalled()).toBe(false)
    expect(leecher.node.wakeAt()).toBeLessThanOrEqual(world.now + 100)
    leecher.node.handle({ type: 'writable', sid: SID }, world.now + 100)
    expect(isCalled()).toBe(true)
  })
})
