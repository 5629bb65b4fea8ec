import { describe, expect, it } from 'vitest'
import type { PeerId } from '../../../src/kernel/ids.ts'
import { createRng } from '../../../src/kernel/rng.ts'
import { CHORD } from '../../../src/protocols/chord/constants.ts'
import { ChordContext } from '../../../src/protocols/chord/context.ts'
import { Fingers } from '../../../src/protocols/chord/fingers.ts'
import { at } from './places.ts'

const SELF = at(128)
/** All that stand beside SELF with a place for a link; whoever is farther is a finger. */
const beside = (step: 1 | -1): PeerId[] =>
  Array.from({ length: CHORD.listLength }, (_, i) => at(128 + step * (i + 1)))
const FAR = Array.from({ length: 64 }, (_, i) => at((i + 160) % 256))

/** A member with so many links to peers far away, all of them made a moment ago. */
function withFingers(count: number) {
  const released: PeerId[] = []
  const context = new ChordContext({ self: SELF, key: '', rng: createRng(1), now: 1_000 })
  context.phase = 'member'
  context.successors.install(beside(1))
  context.predecessors.install(beside(-1))
  for (const peer of FAR.slice(0, count)) context.addLink(peer).phase = 'member'
  context.phaseChanged()
  const fingers = new Fingers(context, {
    get keptCount() {
      return context.links.size - released.length
    },
    isReleased: (peer) => released.includes(peer),
    release: (peer) => released.push(peer),
  })
  return { fingers, released, context }
}

describe('fingers, when a ring neighbour could not be reached', () => {
  it.each([
    ['no place is left', CHORD.linkCap, 1],
    ['only the last places are left, which are for ring neighbours', CHORD.linkCap - CHORD.ringSlack, 1],
    ['there is room, and all are too young to be let go', CHORD.linkCap - CHORD.ringSlack - 1, 0],
    ['there is plenty of room', CHORD.linkCap - CHORD.pruneSlack, 0],
  ])('%s', (_, links, releases) => {
    const { fingers, released } = withFingers(links)
    fingers.makeRoom()
    expect(released).toHaveLength(releases)
  })

  it('never let go of a ring neighbour', () => {
    const { fingers, released, context } = withFingers(CHORD.linkCap - 8)
    for (const peer of [...beside(1).slice(0, 4), ...beside(-1).slice(0, 4)])
      context.addLink(peer).phase = 'member'
    context.phaseChanged()
    for (let i = 0; i < 8; i++) fingers.makeRoom()
    expect(released.length).toBeGreaterThan(0)
    expect(released.filter((peer) => !FAR.includes(peer))).toEqual([])
  })
})
