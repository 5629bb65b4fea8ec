import { describe, expect, it } from 'vitest'
import { createRng } from '../../src/kernel/rng.ts'
import { Clogs, swizzle } from '../../sim/clogs.ts'
import { VirtualClock } from '../../sim/clock.ts'
import { DEFAULT_SWARM, runSwarm } from '../../sim/scenarios/swarm.ts'
import { NETS, PEERS, shared } from './nets.ts'

const MIB = 1024 * 1024

describe('a clog', () => {
  it('holds what goes through it back, and lets it go in its order when both ends are free', () => {
    const clogs = new Clogs<string>()
    const heard: number[] = []
    const send = (from: string, to: string, number: number) => {
      clogs.pass(from, to, () => heard.push(number))
    }
    clogs.clog('a')
    send('a', 'b', 1)
    send('c', 'b', 2)
    clogs.clog('b')
    send('a', 'b', 3)
    send('c', 'b', 4)
    expect(heard).toEqual([2])
    clogs.unclog('a')
    send('a', 'b', 5)
    expect(heard).toEqual([2])
    clogs.unclog('b')
    expect(heard).toEqual([2, 4, 1, 3, 5])
  })

  it('loses what was held on a link that breaks', () => {
    const clogs = new Clogs<string>()
    const heard: number[] = []
    clogs.clog('a')
    clogs.pass('a', 'b', () => heard.push(1))
    clogs.pass('c', 'a', () => heard.push(2))
    clogs.drop('b', 'a')
    clogs.unclog('a')
    expect(heard).toEqual([2])
  })

  it('comes over some peers one by one, and leaves all of them', () => {
    const clogs = new Clogs<number>()
    const clock = new VirtualClock(0)
    const peers = Array.from({ length: 10 }, (_, i) => i)
    const isClogged = (peer: number) => clogs.has(peer)
    swizzle({ clock, clogs, peers, rng: createRng(1), count: 4, spreadMs: 1_000 })
    while (clock.step(1_000));
    expect(peers.filter(isClogged)).toHaveLength(4)
    while (clock.step(2_000));
    expect(peers.filter(isClogged)).toEqual([])
  })
})

/** Short clogs are noticed as late answers only; long ones cost links. */
const SPREADS_MS = [4_000, 20_000]

describe.each(NETS)('%s', (_name, make) => {
  it.each(SPREADS_MS.flatMap((spreadMs) => [1, 2].map((seed) => [spreadMs, seed] as const)))(
    'is whole again and finds everything after a swizzle of %i ms under searches (seed %i)',
    (spreadMs, seed) => {
      const { net, sources } = shared(make, seed)
      net.swizzle(Math.floor(PEERS * 0.4), spreadMs)
      for (const peer of net.peers.slice(0, 8)) {
        net.ask(peer)
        net.run(spreadMs / 4)
      }
      net.run(60_000)
      expect(net.faults()).toEqual([])
      const others = net.peers.filter((peer) => !sources.includes(peer))
      expect(others.slice(0, 3).map((peer) => net.search(peer))).toEqual([4, 4, 4])
    },
  )
})

describe('a swarm', () => {
  it.each(SPREADS_MS.flatMap((spreadMs) => [1, 2].map((seed) => [spreadMs, seed] as const)))(
    'keeps every rule and finishes through a swizzle of %i ms (seed %i)',
    (spreadMs, seed) => {
      const { contributors, result } = runSwarm({
        ...DEFAULT_SWARM,
        ...{ seed, contributors: 8, fileBytes: [4 * MIB], inspectEveryMs: 1_000, limitMs: 600_000 },
        swizzle: { count: 4, spreadMs },
      })
      expect(contributors.every((node) => node.stored.isFull)).toBe(true)
      expect(result.duplicateShare).toBeLessThan(0.2)
    },
  )
})
