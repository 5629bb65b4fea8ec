import { describe, expect, it } from 'vitest'
import { explore, type OutsideEvent } from '../../sim/scenarios/chord-explorer.ts'

const join = (knows: number): OutsideEvent => ({ type: 'join', knows })
const fail = (node: number): OutsideEvent => ({ type: 'fail', node })

/** Every order of messages, dials, timers, joins and deaths, up to a number of steps, with lists of two. */
describe('rings of one to four, every order', () => {
  it.each<[string, number, OutsideEvent[], number]>([
    ['a second one joins one that is alone', 1, [join(0)], 12],
    ['two join one that is alone', 1, [join(0), join(0)], 8],
    ['three join, one by way of another', 1, [join(0), join(1), join(0)], 7],
    ['one of two dies', 2, [fail(0)], 12],
    ['one joins two, and one of them dies', 2, [join(0), fail(1)], 8],
    ['one joins three, and one of them dies', 3, [join(0), fail(1)], 7],
    ['one of three dies', 3, [fail(2)], 8],
    ['one of four dies', 4, [fail(1)], 7],
    ['a newcomer dies', 3, [join(0), fail(3)], 7],
  ])('%s: always in order, exact in the end', (_name, settled, events, depth) => {
    // The first two become a ring one after the other: until both have, one of them has no member to follow. From
    // three on no order of steps may leave anybody without a way on.
    const always =
      settled < 3 ? (['orderedLists'] as const) : (['orderedLists', 'liveEntry', 'atLeastOneRing'] as const)
    const result = explore({ settled, events, depth, always })
    expect(result.faults).toEqual([])
    expect(result.states).toBeGreaterThan(depth)
  })

  it('two of four die: more than lists of two are proof against, but exact in the end', () => {
    const exploration = { settled: 4, events: [fail(1), fail(2)], depth: 6 }
    expect(explore({ ...exploration, always: ['orderedLists'] }).faults).toEqual([])
    // What the rule is there for is seen when it is broken.
    const { faults } = explore({ ...exploration, always: ['liveEntry'] })
    expect(faults.length).toBeGreaterThan(0)
    expect(faults[0]).toContain('has no living successor')
  })
})
