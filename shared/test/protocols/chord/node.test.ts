import { describe, expect, it } from 'vitest'
import { parseInfoHash, type PeerId } from '../../../src/kernel/ids.ts'
import { defined } from '../../../src/kernel/invariant.ts'
import { CHORD } from '../../../src/protocols/chord/constants.ts'
import { providerKey } from '../../../src/protocols/chord/position.ts'
import { tagOf } from '../../../src/protocols/chord/record.ts'
import { Bench, peerOf, self } from './bench.ts'

const DAY_MS = 86_400_000
const infoHash = defined(parseInfoHash('a'.repeat(64)), 'infohash')
const other = peerOf('9')

describe('a node on its own', () => {
  it('holds its own records, and tells of changes at most once a second', () => {
    const bench = new Bench()
    for (let i = 0; i < 30; i++)
      bench.feed({
        type: 'publish',
        infoHash: defined(parseInfoHash(i.toString(16).padStart(64, '0')), 'id'),
        listings: [],
      })
    bench.run(5_000)
    expect(bench.node.snapshotRecords().length).toBe(30)
    const times = bench.seen.flatMap(({ effect, at }) => (effect.type === 'recordsChanged' ? [at] : []))
    expect(times.length).toBeGreaterThan(0)
    for (const [index, at] of times.entries())
      expect(at - (times[index - 1] ?? 0)).toBeGreaterThanOrEqual(CHORD.recordsChangedMs)
  })

  it('puts its records again soon after the clock jumped by a day', () => {
    const bench = new Bench()
    bench.feed({ type: 'publish', infoHash, listings: [] })
    bench.run(2_000)
    bench.now += DAY_MS
    bench.feed({ type: 'wake' })
    bench.run(1_000)
    expect(bench.node.holds(providerKey(infoHash), self)).toBe(true)
    const [record] = bench.node.snapshotRecords()
    expect(record?.expiresAt).toBeGreaterThan(bench.now)
  })

  it('takes back from memory what is signed and in force, and nothing else', () => {
    const before = new Bench()
    before.feed({ type: 'publish', infoHash, listings: [] })
    before.run(2_000)
    const records = before.node.snapshotRecords()
    const forged = records.map((record) => ({ ...record, sequence: record.sequence + 1 }))
    const [good, bad, late] = [new Bench(), new Bench(), new Bench()]
    good.feed({ type: 'restored', records, peers: [] })
    bad.feed({ type: 'restored', records: forged, peers: [] })
    late.now += DAY_MS
    late.feed({ type: 'restored', records, peers: [] })
    expect([good, bad, late].map(({ node }) => node.snapshotRecords().length)).toEqual([1, 0, 0])
  })

  it('takes back all that it held, though signatures are checked a few hundred at a time', () => {
    const before = new Bench()
    for (let i = 0; i < 600; i++) {
      const each = defined(parseInfoHash(i.toString(16).padStart(64, '0')), 'id')
      before.feed({ type: 'publish', infoHash: each, listings: [] })
    }
    before.run(120_000)
    const records = before.node.snapshotRecords()
    expect(records).toHaveLength(600)
    const after = new Bench()
    after.now = before.now
    after.isChecking = false
    after.feed({ type: 'restored', records, peers: [] })
    expect(after.unchecked.length).toBeLessThan(CHORD.pendingChecks)
    // What is written down now must not lose the others.
    const waiting = records.length - after.unchecked.length
    expect(after.node.snapshotRecords()).toHaveLength(waiting)
    after.isChecking = true
    after.checkAll()
    expect(after.node.snapshotRecords()).toHaveLength(600)
  })

  it('goes on telling of a share that was taken back and put again at once', () => {
    const bench = new Bench()
    const puts = () => bench.seen.filter(({ effect }) => effect.type === 'sign').length
    bench.feed({ type: 'publish', infoHash, listings: [] })
    bench.run(2_000)
    bench.isSigning = false
    bench.feed({ type: 'withdraw', infoHash })
    bench.run(1_000)
    bench.feed({ type: 'publish', infoHash, listings: [] })
    bench.isSigning = true
    bench.signAll()
    bench.run(1_000)
    const before = puts()
    bench.run(CHORD.republishMs * 1.2)
    expect(puts()).toBeGreaterThan(before)
    expect(bench.node.holds(providerKey(infoHash), self)).toBe(true)
  })

  it('ends a search that nobody can answer', () => {
    const bench = new Bench()
    const id = 'f'.repeat(32) as never
    bench.feed({ type: 'search', id, criteria: { by: 'words', words: ['beach'] }, limit: 20 })
    expect(bench.seen.map(({ effect }) => effect)).toContainEqual({
      type: 'searchEnded',
      id,
      because: 'noNeighbours',
    })
  })
})

describe('a node with one link', () => {
  const linked = () => {
    const bench = new Bench()
    bench.feed({ type: 'linkUp', peer: other })
    bench.feed({
      type: 'message',
      from: other,
      message: {
        type: 'notify',
        phase: 'alone',
        successorCount: 0,
        predecessorCount: 0,
        added: [],
        removed: [],
      },
    })
    return bench
  }
  /** The other one is a member, with this peer on both sides of it. */
  const names = (bench: Bench, peer: PeerId) =>
    bench.feed({
      type: 'message',
      from: other,
      message: {
        type: 'notify',
        phase: 'member',
        successorCount: 1,
        predecessorCount: 1,
        added: [peer],
        removed: [],
      },
    })

  it('forms a ring of two with another that is alone, and is alone again when that is gone', () => {
    const bench = linked()
    expect(bench.node.view()).toMatchObject({
      state: 'forming',
      successors: [other],
      predecessors: [other],
      size: 2,
    })
    bench.feed({ type: 'linkDown', peer: other })
    expect(bench.node.view()).toMatchObject({ state: 'alone', successors: [] })
    expect(bench.node.pastPeers()).toEqual([other])
  })

  it('sends what is wanted once, however often it is named, and so much a second', () => {
    const bench = linked()
    for (let i = 0; i < 600; i++) {
      const each = defined(parseInfoHash(i.toString(16).padStart(64, '0')), 'id')
      bench.feed({ type: 'publish', infoHash: each, listings: [] })
    }
    bench.run(120_000)
    const tags = bench.node.snapshotRecords().map(tagOf)
    expect(tags).toHaveLength(600)
    const want = (wanted: readonly string[]) =>
      bench
        .feed({ type: 'message', from: other, message: { type: 'want', tags: wanted } })
        .flatMap((effect) =>
          effect.type === 'send' && effect.message.type === 'store' ? effect.message.records : [],
        ).length
    expect(want(Array.from({ length: 512 }, () => defined(tags[0], 'tag')))).toBe(1)
    const rounds = Array.from({ length: 20 }, () => want(tags.slice(0, 512)))
    expect(rounds[0]).toBe(512)
    expect(rounds.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(CHORD.recordBurst)
    bench.now += 1_000
    expect(want(tags.slice(0, 512))).toBeLessThanOrEqual(CHORD.recordRate)
  })

  it('says goodbye once and is silent afterwards', () => {
    const bench = linked()
    const goodbyes = bench.feed({ type: 'leaving' })
    expect(goodbyes).toContainEqual({
      type: 'send',
      to: other,
      message: { type: 'leave', predecessors: [other], successors: [other] },
    })
    expect(bench.feed({ type: 'wake' })).toEqual([])
    expect([bench.node.wakeAt(), bench.node.accepts(other)]).toEqual([Infinity, false])
  })

  it('gives up a neighbour that never answers', () => {
    const bench = linked()
    names(bench, self)
    bench.run(60_000)
    expect(bench.seen.map(({ effect }) => effect)).toContainEqual({ type: 'release', peer: other })
  })

  it.each([
    ['refuses, as it has no room, is called again after seconds', 50, 1_500, 6_000],
    ['is not there is left alone for a while', 5_000, 12_000, 40_000],
  ])('a neighbour that %s', (_, tookMs, notBeforeMs, untilMs) => {
    const bench = linked()
    const between = peerOf('7')
    names(bench, between)
    const calls = () =>
      bench.seen.flatMap(({ effect, at }) => (effect.type === 'dial' && effect.peer === between ? [at] : []))
    for (let failed = 0; failed < 2; failed++) {
      expect(calls()).toHaveLength(failed + 1)
      bench.now += tookMs
      bench.feed({ type: 'dialFailed', peer: between })
    }
    const since = bench.now
    bench.run(untilMs)
    const again = calls()[2] ?? Infinity
    expect(again - since).toBeGreaterThanOrEqual(notBeforeMs)
    expect(again - since).toBeLessThanOrEqual(untilMs)
  })
})
