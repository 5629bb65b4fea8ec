import { describe, expect, it } from 'vitest'
import { LaneDemand, type DemandInput } from '../../src/adapters/lanes/demand.ts'
import { LANE_POLICY } from '../../src/adapters/lanes/policy.ts'

const path = (
  roundTripMs: number | null,
  local: 'host' | 'relay' = 'host',
  remote: 'srflx' | 'relay' = 'srflx',
) => ({ path: { local, remote, roundTripMs } })

type Row = readonly [at: number, input: DemandInput, effect: 'askPath' | 'makeLane' | null]
const FAR: readonly Row[] = [
  [0, 'known', null],
  [0, 'queued', 'askPath'],
  [10, path(150), null],
]
const FIRST: readonly Row[] = [...FAR, [300, 'queued', 'askPath'], [310, path(400), 'makeLane']]

describe('whether a link wants another lane', () => {
  it.each<[string, readonly Row[]]>([
    ['a far link that stays full gets one', FIRST],
    [
      'one at a time, each after as long a time',
      [
        ...FIRST,
        [700, 'queued', null],
        [1_000, 'opened', null],
        [1_010, 'queued', null],
        [1_200, 'queued', null],
        [1_300, 'queued', 'askPath'],
        [1_310, path(160), 'makeLane'],
      ],
    ],
    [
      'three at the most, and one in the place of another that is gone',
      [
        ...FIRST,
        [1_000, 'opened', null],
        [1_000, 'queued', null],
        [1_300, 'queued', 'askPath'],
        [1_300, path(150), 'makeLane'],
        [2_000, 'opened', null],
        [2_000, 'queued', null],
        [2_300, 'queued', 'askPath'],
        [2_300, path(150), 'makeLane'],
        [3_000, 'opened', null],
        [3_000, 'queued', null],
        [3_400, 'queued', null],
        [3_500, 'closed', null],
        [3_600, 'queued', 'askPath'],
      ],
    ],
    [
      'nothing before the other end is known to understand them',
      [
        [0, 'queued', null],
        [2_000, 'queued', null],
        [2_000, 'known', null],
        [2_100, 'queued', 'askPath'],
      ],
    ],
    [
      'none for a near link, which is asked once',
      [
        [0, 'known', null],
        [0, 'queued', 'askPath'],
        [10, path(49), null],
        [300, 'queued', null],
        [9_000, 'queued', null],
      ],
    ],
    [
      'none for a near link that seems far only while its line is full',
      [
        [0, 'known', null],
        [0, 'queued', 'askPath'],
        [10, path(20), null],
        [300, 'queued', null],
        [400, path(800), null],
        [700, 'queued', null],
      ],
    ],
    [
      'none where a second look finds it near',
      [...FAR, [300, 'queued', 'askPath'], [310, path(10), null], [700, 'queued', null]],
    ],
    [
      'none over a TURN server at this end',
      [
        [0, 'known', null],
        [0, 'queued', 'askPath'],
        [10, path(150, 'relay'), null],
        [700, 'queued', null],
      ],
    ],
    [
      'none over a TURN server at the other end',
      [
        [0, 'known', null],
        [0, 'queued', 'askPath'],
        [10, path(150, 'host', 'relay'), null],
        [700, 'queued', null],
      ],
    ],
    [
      'a browser that cannot say yet is asked again',
      [
        [0, 'known', null],
        [0, 'queued', 'askPath'],
        [10, path(null), null],
        [20, 'queued', null],
        [270, 'queued', 'askPath'],
        [280, { path: null }, null],
        [400, 'queued', null],
        [540, 'queued', 'askPath'],
        [550, path(150), 'makeLane'],
      ],
    ],
    [
      'a pause begins the time anew, a shorter one does not',
      [
        ...FAR,
        [100, 'queued', null],
        [700, 'queued', null],
        [800, 'queued', null],
        [1_200, 'queued', 'askPath'],
      ],
    ],
    [
      'none for a minute after one that failed',
      [
        ...FIRST,
        [1_000, 'failed', null],
        [1_300, 'queued', null],
        [60_900, 'queued', null],
        [61_300, 'queued', 'askPath'],
      ],
    ],
    [
      'another path is asked about anew',
      [...FIRST, [900, 'opened', null], [1_000, 'moved', null], [1_000, 'queued', 'askPath']],
    ],
  ])('%s', (_name, rows) => {
    const demand = new LaneDemand(LANE_POLICY)
    for (const [at, input, effect] of rows)
      expect(demand.handle(input, at), `${JSON.stringify(input)} at ${String(at)}`).toBe(effect)
  })

  it('watches frames only where they matter, and knows a far link', () => {
    const demand = new LaneDemand(LANE_POLICY)
    expect([demand.isWatching, demand.isFar]).toEqual([false, false])
    demand.handle('known', 0)
    expect([demand.isWatching, demand.isFar]).toEqual([true, false])
    demand.handle('queued', 0)
    demand.handle(path(150), 0)
    expect([demand.isWatching, demand.isFar]).toEqual([true, true])
    demand.handle('queued', 250)
    demand.handle(path(20), 250)
    expect([demand.isWatching, demand.isFar]).toEqual([false, false])
  })
})
