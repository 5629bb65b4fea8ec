import { describe, expect, it } from 'vitest'
import { ChordNode, type ChordEffect, type ChordInput } from '../../../src/protocols/chord/chord.ts'
import { providerKey } from '../../../src/protocols/chord/position.ts'
import { createRng } from '../../../src/kernel/rng.ts'
import type { PeerId } from '../../../src/kernel/ids.ts'
import { simKey, simSignature } from '../../../sim/overlay-world.ts'
import { infoHashOf } from '../../discovery/listings.ts'
import { at } from './places.ts'

/** A member whose next ones stand here; they are linked when the test says so. */
const NEXT = [at(20), at(30), at(40), at(50)]
const BEFORE = [at(250), at(240), at(230), at(220)]

function member() {
  let now = 1_700_000_000_000
  const self = at(10)
  const isKeyOf = (peer: PeerId, key: string) => key === simKey(peer)
  const node = new ChordNode({ self, key: simKey(self), rng: createRng(1), now, isKeyOf })
  node.settle(NEXT, BEFORE)
  const feed = (input: ChordInput): ChordEffect[] =>
    node.handle(input, now).flatMap((effect) => {
      if (effect.type === 'sign') {
        const signature = simSignature(simKey(self), effect.text)
        return [effect, ...feed({ type: 'signed', ticket: effect.ticket, signature })]
      }
      return effect.type === 'verify'
        ? [effect, ...feed({ type: 'verified', ticket: effect.ticket, isValid: true })]
        : [effect]
    })
  const run = (ms: number): ChordEffect[] => {
    const end = now + ms
    const effects: ChordEffect[] = []
    for (let guard = 0; node.wakeAt() <= end && guard < 10_000; guard++) {
      now = Math.max(now, node.wakeAt())
      effects.push(...feed({ type: 'wake' }))
    }
    now = end
    return effects
  }
  const link = (peer: PeerId): ChordEffect[] => {
    const lists = { successorCount: 0, predecessorCount: 0, added: [], removed: [] }
    return [
      ...feed({ type: 'linkUp', peer }),
      ...feed({ type: 'message', from: peer, message: { type: 'notify', phase: 'member', ...lists } }),
    ]
  }
  return { node, feed, run, link, self }
}

const offeredTo = (effects: readonly ChordEffect[]): PeerId[] =>
  effects.flatMap((effect) => (effect.type === 'send' && effect.message.type === 'offer' ? [effect.to] : []))

describe('copies of a record', () => {
  it('are offered to holders that are linked only after it came', () => {
    const { node, feed, run, link, self } = member()
    for (const peer of BEFORE) link(peer)
    // A share whose key falls to us.
    const share = Array.from({ length: 5_000 }, (_, number) => infoHashOf(number)).find((infoHash) => {
      const key = providerKey(infoHash)
      return key > at(250) || key <= self
    })
    expect(share).toBeDefined()
    if (share === undefined) return
    link(at(20))
    run(5_000)
    feed({ type: 'publish', infoHash: share, listings: [] })
    const first = run(5_000)
    expect(node.holds(providerKey(share), self)).toBe(true)
    expect(offeredTo(first)).toEqual([at(20)])
    const second = [...link(at(30)), ...run(5_000)]
    expect(offeredTo(second)).toEqual([at(30)])
  })
})
