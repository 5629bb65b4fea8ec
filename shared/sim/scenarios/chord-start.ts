import type { PeerId } from '../../src/kernel/ids.ts'
import { defined } from '../../src/kernel/invariant.ts'
import { shuffled } from '../../src/kernel/rng.ts'
import {
  clockwise,
  clockwiseFrom,
  coarse,
  COARSE_RING,
  distanceOfLevel,
  levelOf,
} from '../../src/protocols/chord/position.ts'
import type { RingWorld } from './chord-world.ts'

/** Puts so many nodes into a perfect ring at once, with those that are there already. */
export function settle(ring: RingWorld, more: number): void {
  for (let i = 0; i < more; i++) ring.add()
  linkUp(ring)
}

/** Makes all nodes that there are a perfect ring, with fingers like those that they would find themselves. */
function linkUp(ring: RingWorld): void {
  const sorted = ring.sorted()
  const count = sorted.length
  const length = ring.options.listLength ?? 8
  const at = (index: number) => defined(sorted[((index % count) + count) % count], 'peer')
  const others = (index: number, step: number) =>
    Array.from({ length: Math.min(length, count - 1) }, (_, i) => at(index + step * (i + 1)))
  sorted.forEach((peer, index) => {
    ring.world.node(peer).core.node.settle(others(index, 1), others(index, -1))
  })
  const perSide = Math.min(length, Math.max(2, Math.min(8, Math.floor(ring.options.linkCap / 2) - 8)))
  sorted.forEach((peer, index) => {
    for (let i = 1; i <= Math.min(perSide, count - 1); i++) {
      const other = at(index + i)
      if (!ring.world.node(peer).links.has(other)) ring.world.connect(peer, other)
    }
  })
  const room = ring.options.linkCap - 6
  for (const once of [true, false])
    for (const peer of shuffled(ring.rng, sorted)) addFingers(ring, peer, room, once)
}

/** Random peers of each level, the highest first: one where there is none, then wherever there is room. */
function addFingers(ring: RingWorld, peer: PeerId, room: number, onlyMissing: boolean): void {
  const { world, rng } = ring
  const sorted = ring.sorted()
  const order = clockwiseFrom(peer)
  const node = world.node(peer)
  const self = coarse(peer)
  const nearest = levelOf(COARSE_RING / sorted.length) + 2
  const taken = new Set([...node.links].map((each) => levelOf(clockwise(self, coarse(each)))))
  for (let level = 159; level >= nearest; level--) {
    if (onlyMissing && taken.has(level)) continue
    for (let tries = 0; tries < 4 && node.links.size < room; tries++) {
      const distance = distanceOfLevel(level) * (1 + rng.float())
      const other = ring.ownerOf(((self + Math.floor(distance)) % COARSE_RING).toString(16).padStart(12, '0'))
      if (other === peer || order(other, peer) === 0 || world.node(other).links.size >= room) continue
      if (world.connect(peer, other)) break
    }
  }
}

/** Lets so many nodes join one after another. */
export function grow(ring: RingWorld, count: number, pauseMs: number): void {
  for (let i = 0; i < count; i++) {
    ring.join()
    ring.world.run(pauseMs)
  }
}
