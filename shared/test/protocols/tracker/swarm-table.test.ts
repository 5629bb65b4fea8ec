import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { InfoHash, PeerId } from '../../../src/kernel/ids.ts'
import { createRng } from '../../../src/kernel/rng.ts'
import { SWARM_TABLE_LIMITS, SwarmTable } from '../../../src/protocols/tracker/swarm-table.ts'
import { hash, peer } from './ids.ts'

const limits = {
  maxSwarms: 3,
  maxPeersPerSwarm: 4,
  maxSwarmsPerPeer: 2,
  maxRemembered: 2,
  expiryMs: 100,
  memoryMs: 1000,
}

/** The same promises, kept in the plainest way. */
class NaiveTable {
  entries: { infoHash: InfoHash; peer: PeerId; left: number; updatedAt: number }[] = []
  completed = new Map<InfoHash, Set<PeerId>>()
  seedSeen = new Map<InfoHash, number>()

  of(infoHash: InfoHash) {
    return this.entries.filter((entry) => entry.infoHash === infoHash)
  }

  put(infoHash: InfoHash, who: PeerId, left: number, now: number) {
    const known = this.of(infoHash).find((entry) => entry.peer === who)
    if (known !== undefined) {
      if (known.left === 0 && left > 0) this.seedSeen.set(infoHash, now)
      Object.assign(known, { left, updatedAt: now })
      return 'updated'
    }
    const swarms = new Set(this.entries.map((entry) => entry.infoHash))
    if (!swarms.has(infoHash) && swarms.size >= limits.maxSwarms) return 'full'
    if (this.of(infoHash).length >= limits.maxPeersPerSwarm) return 'full'
    if (this.entries.filter((entry) => entry.peer === who).length >= limits.maxSwarmsPerPeer) return 'full'
    this.entries.push({ infoHash, peer: who, left, updatedAt: now })
    return 'added'
  }

  drop(gone: (entry: NaiveTable['entries'][number]) => boolean, seenAt: number | 'lastHeard') {
    const leaving = this.entries.filter(gone)
    this.entries = this.entries.filter((entry) => !gone(entry))
    for (const { infoHash, left, updatedAt } of leaving) {
      const at = seenAt === 'lastHeard' ? updatedAt : seenAt
      if (left === 0) this.seedSeen.set(infoHash, Math.max(at, this.seedSeen.get(infoHash) ?? at))
    }
    return leaving.length
  }
}

const command = fc.record({
  op: fc.constantFrom('put', 'put', 'put', 'remove', 'removePeer', 'expire', 'sample' as const),
  who: fc.integer({ min: 1, max: 6 }),
  what: fc.integer({ min: 1, max: 5 }),
  left: fc.integer({ min: 0, max: 2 }),
  wait: fc.integer({ min: 0, max: 40 }),
})

describe('SwarmTable', () => {
  it('agrees with a naive model', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 120 }), fc.integer(), (commands, seed) => {
        const table = new SwarmTable(createRng(seed), limits)
        const model = new NaiveTable()
        let now = 1_000_000
        for (const { op, who, what, left, wait } of commands) {
          now += wait
          const p = peer(who)
          const h = hash(what)
          if (op === 'put') expect(table.put(h, p, left, now)).toBe(model.put(h, p, left, now))
          if (op === 'remove') {
            const same = (entry: { infoHash: InfoHash; peer: PeerId }) =>
              entry.peer === p && entry.infoHash === h
            expect(table.remove(h, p, now)).toBe(model.drop(same, now) === 1)
          }
          if (op === 'removePeer') {
            expect(table.removePeer(p, now)).toBe(model.drop((entry) => entry.peer === p, now))
          }
          if (op === 'expire') {
            const old = (entry: { updatedAt: number }) => entry.updatedAt + limits.expiryMs <= now
            expect(table.expire(now)).toBe(model.drop(old, 'lastHeard'))
          }
          checkSample(table, model, h, p, left)
          checkStats(table, model, h, now)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('samples evenly', () => {
    const table = new SwarmTable(createRng(5))
    for (let n = 0; n < 10; n++) table.put(hash(1), peer(n), 1, 0)
    const seen = new Map<PeerId, number>()
    for (let round = 0; round < 9000; round++) {
      for (const p of table.sample(hash(1), 3, peer(0))) seen.set(p, (seen.get(p) ?? 0) + 1)
    }
    expect(seen.size).toBe(9)
    for (const count of seen.values()) expect(Math.abs(count - 3000)).toBeLessThan(200)
  })

  it('counts a completion once a peer, and not for strangers', () => {
    const table = new SwarmTable(createRng(1))
    table.put(hash(1), peer(1), 0, 0)
    table.complete(hash(1), peer(1))
    table.complete(hash(1), peer(1))
    table.complete(hash(1), peer(2))
    table.complete(hash(2), peer(1))
    expect(table.stats(hash(1), 0).completed).toBe(1)
  })

  it('remembers an emptied swarm for its time, and hands the memory to its successor', () => {
    const table = new SwarmTable(createRng(1), limits)
    table.put(hash(1), peer(1), 0, 0)
    table.complete(hash(1), peer(1))
    table.removePeer(peer(1), 50)
    expect(table.stats(hash(1), 80)).toEqual({ seeders: 0, leechers: 0, completed: 1, seedSeenAgoMs: 30 })
    table.put(hash(1), peer(2), 7, 90)
    expect(table.stats(hash(1), 100)).toEqual({ seeders: 0, leechers: 1, completed: 1, seedSeenAgoMs: 50 })
    table.removePeer(peer(2), 100)
    expect(table.stats(hash(1), 1099).seedSeenAgoMs).toBe(1049)
    expect(table.stats(hash(1), 1100)).toEqual({ seeders: 0, leechers: 0, completed: 0, seedSeenAgoMs: null })
    table.expire(1100)
    expect(table.remembered).toBe(0)
  })

  it('bounds what it remembers, dropping the oldest, and forgets swarms that never had a seed', () => {
    const table = new SwarmTable(createRng(1), limits)
    for (let n = 1; n <= 3; n++) {
      table.put(hash(n), peer(1), 0, n)
      table.remove(hash(n), peer(1), n)
    }
    table.put(hash(4), peer(1), 5, 4)
    table.remove(hash(4), peer(1), 4)
    expect(table.remembered).toBe(2)
    expect(table.stats(hash(1), 5).seedSeenAgoMs).toBeNull()
    expect(table.stats(hash(3), 5).seedSeenAgoMs).toBe(2)
  })

  it('says whole milliseconds of fractional clocks', () => {
    const table = new SwarmTable(createRng(1), SWARM_TABLE_LIMITS)
    table.put(hash(1), peer(1), 0, 0.25)
    table.removePeer(peer(1), 0.5)
    expect(table.stats(hash(1), 10.75).seedSeenAgoMs).toBe(10)
  })
})

function checkSample(table: SwarmTable, model: NaiveTable, h: InfoHash, except: PeerId, count: number): void {
  const others = model.of(h).filter((entry) => entry.peer !== except)
  const sample = table.sample(h, count, except)
  expect(sample.length).toBe(Math.min(count, others.length))
  expect(new Set(sample).size).toBe(sample.length)
  for (const p of sample) expect(others.some((entry) => entry.peer === p)).toBe(true)
}

function checkStats(table: SwarmTable, model: NaiveTable, h: InfoHash, now: number): void {
  const entries = model.of(h)
  const stats = table.stats(h, now)
  expect(stats.seeders).toBe(entries.filter((entry) => entry.left === 0).length)
  expect(stats.leechers).toBe(entries.filter((entry) => entry.left > 0).length)
  expect(table.entries).toBe(model.entries.length)
  expect(table.swarms).toBe(new Set(model.entries.map((entry) => entry.infoHash)).size)
  const seenAt = model.seedSeen.get(h)
  if (stats.seeders > 0) expect(stats.seedSeenAgoMs).toBe(0)
  else if (entries.length > 0 && seenAt === undefined) expect(stats.seedSeenAgoMs).toBeNull()
  else if (stats.seedSeenAgoMs !== null) expect(stats.seedSeenAgoMs).toBe(now - (seenAt ?? NaN))
}
