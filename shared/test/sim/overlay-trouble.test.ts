import { describe, expect, it } from 'vitest'
import { NETS, PEERS, shared } from './nets.ts'

const DAY_MS = 86_400_000

describe.each(NETS)('%s', (_name, make) => {
  it('goes on after all clocks jumped by a day', () => {
    const { net } = shared(make)
    expect(net.search(net.peers[0]!)).toBe(4)
    net.clock.jump(DAY_MS)
    net.run(60_000)
    expect(net.peers).toHaveLength(PEERS)
    expect(net.search(net.peers[0]!)).toBe(4)
  })

  it.each([
    ['delays of seconds', { delayMs: 3_000, duplicates: 0, isUnordered: false }],
    ['duplicates', { delayMs: 0, duplicates: 0.5, isUnordered: false }],
    ['reordering', { delayMs: 400, duplicates: 0, isUnordered: true }],
    ['all of it', { delayMs: 3_000, duplicates: 0.3, isUnordered: true }],
  ])('bears %s for a minute, and finds everything afterwards', (_what, trouble) => {
    const { net } = shared(make)
    net.trouble(trouble)
    net.run(30_000)
    net.search(net.peers[1]!)
    net.run(15_000)
    net.trouble(null)
    net.run(90_000)
    expect(net.search(net.peers[0]!)).toBe(4)
  })

  it.each([0.3, 0.45, 0.6])('finds what the rest has after %d left at once', (share) => {
    const { net, sources } = shared(make)
    const leaving = [...net.peers.slice(6), ...net.peers.slice(2, 4)].slice(0, Math.floor(PEERS * share))
    for (const peer of leaving) net.kill(peer)
    net.run(60_000)
    const left = sources.filter((peer) => net.peers.includes(peer)).length
    expect(left).toBeGreaterThan(0)
    expect(net.search(net.peers[0]!)).toBe(left)
  })
})
