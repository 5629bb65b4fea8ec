import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../src/kernel/bytes.ts'
import { defined } from '../../src/kernel/invariant.ts'
import { parseNonce } from '../../src/kernel/ids.ts'
import { createRng, type Rng } from '../../src/kernel/rng.ts'
import { snapshotOf } from '../../src/node/snapshot.ts'
import { OVERLAYS } from '../../src/node/systems.ts'
import { packFrames, unpackFrame } from '../../src/wire/frames.ts'
import { makeTestShare } from '../../sim/nodes/node-share.ts'
import { NodeWorld } from '../../sim/nodes/node-world.ts'
import { Mutator } from '../fuzz/mutate.ts'

/**
 * A member with a good key that says strange things: its own messages changed, repeated, left out, and those that it
 * heard from others. One in `odds` frames is spoiled.
 */
function garbler(rng: Rng, odds: number) {
  const mutator = new Mutator(rng)
  const heard: Bytes[] = []
  return (frame: Bytes, channel: 'control' | 'bulk'): readonly Bytes[] => {
    if (heard.length < 500) heard.push(frame)
    const other = heard[rng.below(heard.length)] ?? frame
    if (rng.below(odds) > 0) return [frame]
    if (channel === 'bulk') return [mutator.bytes(frame, other, 66_000)]
    switch (rng.below(4)) {
      case 0:
        return []
      case 1:
        return [frame, other, frame]
      case 2:
        return [mutator.bytes(frame, other, 66_000)]
      default: {
        // Inside the frame, so that the messages are still told apart.
        const messages = unpackFrame(frame)
        if (!messages.ok) return [frame]
        return packFrames(
          messages.value.map((each) => mutator.bytes(each, each, 16_000)).filter((each) => each.length > 0),
        )
      }
    }
  }
}

describe('peers that talk nonsense', () => {
  it.each([1, 2])('stop nobody else from finding and fetching (seed %i)', { timeout: 60_000 }, (seed) => {
    const world = new NodeWorld({ seed, keepsEffects: false })
    const rng = createRng(seed).child('garble')
    const nodes = Array.from({ length: 8 }, (_, index) => {
      const node = world.add(`peer ${String(index)}`)
      if (index === 2 || index === 5) node.garble = garbler(rng.child(node.name), 2 + (seed % 5) * 3)
      world.pass(300)
      return node
    })
    const honest = nodes.filter((_, index) => index !== 2 && index !== 5)
    const [sharer, leecher, searcher] = honest
    world.pass(30_000)
    const share = makeTestShare(900_000, seed, 'holiday.mp4')
    const { infoHash } = share.info
    world.seed(defined(sharer, 'sharer'), share)
    // The garblers take part in the swarm too.
    for (const node of nodes.slice(1, 6)) world.download(node, infoHash)
    world.pass(60_000)
    expect(honest.slice(0, 4).map((node) => node.stateOf(infoHash))).toEqual(Array(4).fill('seeding'))
    expect(defined(leecher, 'leecher').stored.get(infoHash)).toEqual(share.content)
    const id = defined(parseNonce(String(seed).padStart(32, 'c')), 'id')
    const last = defined(honest.at(-1), 'last')
    world.feed(last, { type: 'search', id, text: 'holiday', systems: OVERLAYS })
    world.pass(15_000)
    const view = snapshotOf(last.node, world.now).searches.find((each) => each.id === id)
    const found = view?.answers.filter(({ hits }) => hits > 0).map(({ system }) => system)
    expect(found).toEqual(OVERLAYS)
    expect(defined(searcher, 'searcher').node.links.upCount).toBeGreaterThan(0)
  })
})
