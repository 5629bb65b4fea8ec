import { describe, expect, it } from 'vitest'
import { createRng } from '../../../src/kernel/rng.ts'
import {
  type ChokeCandidate,
  drawOptimistic,
  pickForIdleSlots,
  rankPeers,
} from '../../../src/protocols/bittorrent/choker.ts'
import { RateMeter } from '../../../src/protocols/bittorrent/rate-meter.ts'
import { A, Bench, peer, told } from './bench.ts'

/**
 * Peers drawn as a string, one letter each: a digit is an interested peer with that score, `.` one that wants
 * nothing, `?` a stranger, `!` a newcomer, `x` one that only takes, `z` one that snubs us.
 */
function drawn(swarm: string): ChokeCandidate[] {
  return [...swarm].map((mark, index) => ({
    peer: peer(index),
    interested: mark !== '.',
    score: mark === 'z' ? 9 : Number(mark) || 0,
    standing: mark === 'x' ? 'takes' : Number(mark) > 0 ? 'gives' : 'unknown',
    isNewcomer: mark === '!',
    snubbing: mark === 'z',
  }))
}

const places = (ids: readonly string[]): number[] =>
  ids.map((id) => Number.parseInt(id, 16)).sort((a, b) => a - b)
const ranked = (swarm: string, keep: number | null = null, seed = 1) =>
  rankPeers(drawn(swarm), 4, keep === null ? null : peer(keep), createRng(seed))

describe('ranking', () => {
  it('gives three slots to the best and one by lot', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const { unchoked, optimistic } = ranked('159.37', null, seed)
      expect(unchoked).toHaveLength(4)
      expect(places(unchoked)).toEqual(expect.arrayContaining([1, 2, 5]))
      expect([0, 4]).toContain(places([optimistic ?? ''])[0])
    }
  })

  it('never unchokes whom it cannot serve, and fills all slots if it can', () => {
    expect(places(ranked('....').unchoked)).toEqual([])
    expect(places(ranked('.?x.').unchoked)).toEqual([1, 2])
    expect(ranked('??????').unchoked).toHaveLength(4)
  })

  it('keeps the optimistic holder until its time is over, unless it only takes', () => {
    expect(ranked('12345?', 0).optimistic).toBe(peer(0))
    expect(places(ranked('12345?', 0).unchoked)).toEqual([0, 2, 3, 4])
    expect(ranked('x2345', 0).optimistic).not.toBe(peer(0))
  })

  it('gives who snubs us no earned slot', () => {
    expect(places(ranked('z5432', 1).unchoked)).toEqual([1, 2, 3, 4])
  })

  it('draws newcomers three times as often and takers hardly ever', () => {
    const rng = createRng(1)
    const counts = [0, 0, 0]
    for (let i = 0; i < 4_000; i++) {
      const [place] = places([drawOptimistic(drawn('?!x'), rng) ?? ''])
      counts[place ?? 0] = (counts[place ?? 0] ?? 0) + 1
    }
    const [stranger = 0, newcomer = 0, taker = 0] = counts
    expect(newcomer / stranger).toBeGreaterThan(2.6)
    expect(newcomer / stranger).toBeLessThan(3.4)
    expect(taker / stranger).toBeLessThan(0.05)
    expect(drawOptimistic([], rng)).toBeNull()
  })

  it('fills idle slots with the best who wait, then by lot', () => {
    expect(places(pickForIdleSlots(drawn('1?7'), 2, createRng(1)))).toEqual([0, 2])
    expect(places(pickForIdleSlots(drawn('1?'), 4, createRng(1)))).toEqual([0, 1])
    expect(pickForIdleSlots(drawn('123'), 0, createRng(1))).toEqual([])
  })
})

describe('slots', () => {
  it('are four, refilled at once when a peer wants nothing or leaves', () => {
    const bench = Bench.leecher([1, 2, 3])
    const unchoked = () =>
      [...bench.exchange.links.values()].filter((link) => !link.amChoking).map((link) => link.peer)
    for (let n = 1; n <= 6; n++) {
      bench.join(peer(n))
      bench.say(peer(n), { type: 'interested' })
    }
    expect(unchoked()).toHaveLength(4)
    bench.say(A, { type: 'notInterested' })
    expect(unchoked()).toHaveLength(4)
    expect(unchoked()).not.toContain(A)
    bench.feed({ type: 'peerLeft', peer: unchoked()[0] ?? A })
    expect(unchoked()).toHaveLength(4)
  })

  it('stay with a peer that wants nothing as long as nobody else waits', () => {
    const bench = Bench.leecher([1])
    bench.join(A)
    bench.say(A, { type: 'interested' })
    expect(told(bench.say(A, { type: 'notInterested' }), A)).toEqual([])
    expect(bench.exchange.links.get(A)?.amChoking).toBe(false)
  })
})

describe('a rate meter', () => {
  it('measures over its window and forgets', () => {
    const meter = new RateMeter(10_000, 0)
    for (let now = 0; now < 20_000; now += 100) meter.add(100, now)
    expect(meter.rate(20_000)).toBeCloseTo(1_000, -2)
    expect(meter.rate(60_000)).toBe(0)
    expect(meter.totalBytes).toBe(20_000)
  })

  it('divides by its age while it is young', () => {
    const meter = new RateMeter(10_000, 5_000)
    meter.add(4_000, 6_000)
    expect(meter.rate(7_000)).toBe(2_000)
  })
})
