import { describe, expect, it } from 'vitest'
import { createRng } from '../../../src/kernel/rng.ts'
import { TRACKER } from '../../../src/protocols/tracker/constants.ts'
import { TrackerServer } from '../../../src/protocols/tracker/server.ts'
import { SWARM_TABLE_LIMITS } from '../../../src/protocols/tracker/swarm-table.ts'
import type { AnnounceEvent, AnnounceResponse, Refusal, ScrapeResponse } from '../../../src/wire/signaling.ts'
import { hash, peer } from './ids.ts'

class Bench {
  now = 1_000_000
  #replies = 0
  readonly server: TrackerServer
  constructor(limits = SWARM_TABLE_LIMITS) {
    this.server = new TrackerServer(createRng(1), limits)
  }

  announce(
    who: number,
    event: AnnounceEvent,
    left: number,
    numWant = 50,
    what = 1,
    address: string | null = null,
  ): AnnounceResponse | Refusal {
    const request = { infoHash: hash(what), event, left, uploaded: 0, downloaded: 0, numWant }
    const replyTo = ++this.#replies
    return this.#only({ type: 'announce', from: peer(who), address, request, replyTo }) as
      AnnounceResponse | Refusal
  }

  ok(...args: Parameters<Bench['announce']>): AnnounceResponse {
    const response = this.announce(...args)
    if (!response.ok) throw new Error(response.code)
    return response
  }

  scrape(what = 1): ScrapeResponse {
    const input = {
      type: 'scrape',
      from: peer(99),
      request: { infoHash: hash(what) },
      replyTo: ++this.#replies,
    } as const
    return this.#only(input) as ScrapeResponse
  }

  #only(input: Parameters<TrackerServer['handle']>[0]) {
    const effects = this.server.handle(input, this.now)
    expect(effects).toHaveLength(1)
    expect(effects[0]?.replyTo).toBe(this.#replies)
    return effects[0]?.response
  }
}

describe('TrackerServer', () => {
  it('introduces peers to each other, but nobody to itself', () => {
    const bench = new Bench()
    expect(bench.ok(1, 'started', 0)).toMatchObject({ seeders: 1, leechers: 0, peers: [], seedSeenAgoMs: 0 })
    expect(bench.ok(2, 'started', 9)).toMatchObject({ seeders: 1, leechers: 1, peers: [peer(1)] })
    expect(bench.ok(1, 'update', 0, 0).peers).toEqual([])
  })

  it('answers at most 50 peers, whatever was asked', () => {
    const bench = new Bench()
    for (let n = 1; n <= 80; n++) bench.ok(n, 'started', 1)
    expect(bench.ok(1, 'update', 1, 1_000_000).peers).toHaveLength(50)
    expect(bench.ok(1, 'update', 1, 3).peers).toHaveLength(3)
  })

  it.each([
    [1, TRACKER.smallSwarmIntervalMs],
    [4, TRACKER.smallSwarmIntervalMs],
    [5, TRACKER.intervalMs],
    [60, TRACKER.intervalMs],
  ])('tells a swarm of %i peers to come back after %i ms, jittered', (size, base) => {
    const bench = new Bench()
    for (let n = 1; n < size; n++) bench.ok(n, 'started', 1)
    const told = Array.from({ length: 200 }, () => bench.ok(size, 'update', 1).intervalMs)
    expect(Math.min(...told)).toBeGreaterThanOrEqual(base * 0.9)
    expect(Math.max(...told)).toBeLessThanOrEqual(base * 1.1)
    expect(new Set(told).size).toBeGreaterThan(100)
    expect(told.every(Number.isSafeInteger)).toBe(true)
  })

  it('removes on stopped, and says when the last seed was there', () => {
    const bench = new Bench()
    bench.ok(1, 'started', 0)
    bench.ok(1, 'stopped', 0)
    bench.now += 5000
    expect(bench.ok(2, 'started', 7)).toMatchObject({
      seeders: 0,
      leechers: 1,
      peers: [],
      seedSeenAgoMs: 5000,
    })
  })

  it('does not make a swarm of a stranger that stops', () => {
    const bench = new Bench()
    expect(bench.ok(1, 'stopped', 0)).toMatchObject({ seeders: 0, leechers: 0, seedSeenAgoMs: null })
    expect(bench.server.sizes).toEqual({ swarms: 0, entries: 0 })
  })

  it('counts completed once a peer and only with nothing left', () => {
    const bench = new Bench()
    bench.ok(1, 'started', 7)
    bench.ok(1, 'completed', 7)
    expect(bench.scrape().completed).toBe(0)
    bench.ok(1, 'completed', 0)
    bench.ok(1, 'completed', 0)
    expect(bench.scrape()).toMatchObject({ ok: true, seeders: 1, leechers: 0, completed: 1 })
  })

  it('forgets a peer whose socket is gone, in all its swarms', () => {
    const bench = new Bench()
    bench.ok(1, 'started', 0, 0, 1)
    bench.ok(1, 'started', 0, 0, 2)
    expect(bench.server.handle({ type: 'peerGone', peer: peer(1) }, bench.now)).toEqual([])
    expect(bench.server.sizes.entries).toBe(0)
  })

  it('forgets silent peers 2.5 intervals after they were heard, and then sleeps', () => {
    const bench = new Bench()
    bench.ok(1, 'started', 5)
    const heardAt = bench.now
    let wakes = 0
    while (bench.server.wakeAt() !== Infinity && wakes++ < 100) {
      bench.now = bench.server.wakeAt()
      bench.server.handle({ type: 'wake' }, bench.now)
    }
    const goneAfter = bench.now - heardAt
    expect(goneAfter).toBeGreaterThanOrEqual(TRACKER.expiryIntervals * TRACKER.intervalMs)
    expect(goneAfter).toBeLessThanOrEqual(TRACKER.expiryIntervals * TRACKER.intervalMs + TRACKER.sweepMs)
    expect(bench.server.sizes.entries).toBe(0)
  })

  it('refuses when its table is full', () => {
    const bench = new Bench({ ...SWARM_TABLE_LIMITS, maxSwarms: 1 })
    bench.ok(1, 'started', 0, 0, 1)
    expect(bench.announce(1, 'started', 0, 0, 2)).toEqual({ ok: false, code: 'full' })
  })

  it('lets no address take all swarms, and gives back what its peers leave', () => {
    const bench = new Bench({ ...SWARM_TABLE_LIMITS, maxSwarms: 100 })
    let swarms = 0
    const fill = (who: number, address: string | null) => {
      for (let taken = 0; ; taken++)
        if (!bench.announce(who, 'started', 0, 0, ++swarms, address).ok) return taken
    }
    expect([fill(1, 'one'), fill(2, 'one'), fill(3, 'two'), fill(4, 'three')]).toEqual([20, 0, 16, 13])
    // Whoever joins what is there already makes no swarm.
    expect(bench.announce(2, 'started', 0, 0, 1, 'one').ok).toBe(true)
    bench.server.handle({ type: 'peerGone', peer: peer(1) }, bench.now)
    expect(fill(1, 'one')).toBeGreaterThan(5)
    expect(fill(5, null)).toBeGreaterThan(30)
    expect(fill(6, null)).toBe(0)
  })

  it('scrapes an unknown infohash', () => {
    expect(new Bench().scrape()).toEqual({
      ok: true,
      seeders: 0,
      leechers: 0,
      completed: 0,
      seedSeenAgoMs: null,
    })
  })
})
