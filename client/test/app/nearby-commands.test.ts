import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { NearbyCommands } from '../../src/app/nearby-commands.ts'
import { until } from '../../src/app/until.ts'
import { PEER } from '../ui/views.ts'
import { makeRuntime, makeShare } from './test-runtime.ts'

beforeEach(() => void vi.stubGlobal('navigator', { userAgent: '', maxTouchPoints: 0 }))
afterEach(() => vi.unstubAllGlobals())

const to = { peer: PEER, name: 'Ann’s phone' }

/** A node that has just taken over: nearby is on, nobody is seen yet, and something has been shared. */
async function setUp() {
  const { runtime, state } = makeRuntime()
  const listeners = new Set<() => void>()
  const onChange = (listener: () => void) => (listeners.add(listener), () => void listeners.delete(listener))
  const change = () => listeners.forEach((listener) => listener())
  const waits: (() => void)[] = []
  // Who waits is told that it is too late when the test says so.
  const tooLate = new Promise<void>((resolve) => waits.push(resolve))
  const nearby = new NearbyCommands(runtime, state, (isSo) => Promise.race([until(onChange, isSo), tooLate]))
  await nearby.run({ type: 'nearby', isOn: true, name: 'Laptop' })
  const { info, trees, files } = makeShare('album', ['a.jpg', 'b.jpg'])
  runtime.openFiles(info, files)
  const share = { info, trees, start: 'source', isSource: true, selection: null, isUnlisted: true } as const
  runtime.feed({ type: 'addShare', share })
  const outgoing = () =>
    nearby.view().outgoing.map(({ peerName, shareName, state }) => [peerName, shareName, state])
  const seen = (name: string) => {
    const joined = [{ peer: PEER, name, kind: 'phone' as const }]
    runtime.feed({ type: 'nearbyChanged', change: { joined, left: [] } })
    change()
  }
  return { runtime, nearby, infoHash: info.infoHash, outgoing, seen, change, giveUp: () => waits[0]?.() }
}

it('what is shared with somebody who is not seen yet is offered as soon as they are', async () => {
  const { runtime, nearby, infoHash, outgoing, seen } = await setUp()
  const sending = nearby.sendShared(to, infoHash)
  expect(outgoing()).toEqual([['Ann’s phone', 'album', 'dialling']])
  expect(runtime.node.nearby.desk.outgoing).toHaveLength(0)
  seen('Ann’s new name')
  await sending
  expect(outgoing()).toMatchObject([['Ann’s new name', 'album', expect.any(String)]])
  expect(runtime.node.nearby.desk.outgoing).toHaveLength(1)
  runtime.stop()
})

it('that nobody is seen is told', async () => {
  const { runtime, nearby, infoHash, outgoing, giveUp } = await setUp()
  const sending = nearby.sendShared(to, infoHash)
  giveUp()
  await sending
  expect(outgoing()).toEqual([['Ann’s phone', 'album', 'unreachable']])
  runtime.stop()
})

it('what is taken back before anybody is seen is never offered', async () => {
  const { runtime, nearby, infoHash, outgoing, seen, change } = await setUp()
  const sending = nearby.sendShared(to, infoHash)
  const [offer] = nearby.view().outgoing
  if (offer === undefined) throw new Error('it is not shown')
  await nearby.run({ type: 'withdrawOffer', id: offer.id })
  change()
  await sending
  seen('Ann’s phone')
  expect(outgoing()).toEqual([])
  runtime.stop()
})
