import { describe, expect, it } from 'vitest'
import { createRng } from '../../../src/kernel/rng.ts'
import {
  Announcer,
  type AnnouncerEffect,
  type AnnouncerInput,
  type AnnounceOutcome,
} from '../../../src/protocols/tracker/announcer.ts'
import type { AnnounceRequest, RefusalCode } from '../../../src/wire/signaling.ts'
import { hash, peer } from './ids.ts'

const okResponse: AnnounceOutcome = {
  ok: true,
  intervalMs: 30_000,
  seeders: 1,
  leechers: 2,
  peers: [peer(1)],
  seedSeenAgoMs: 0,
}

class Bench {
  now = 1_000_000
  readonly announcer: Announcer
  constructor(seed = 1) {
    this.announcer = new Announcer(createRng(seed))
  }

  feed(input: AnnouncerInput): AnnouncerEffect[] {
    return this.announcer.handle(input, this.now)
  }

  up = () => this.feed({ type: 'serverUp', roles: ['tracker'] })
  add = (left = 100, n = 1, wantsPeers = true) =>
    this.feed({ type: 'shareAdded', infoHash: hash(n), left, wantsPeers })
  remove = (n = 1) => this.feed({ type: 'shareRemoved', infoHash: hash(n) })
  progress = (left: number, wantsPeers = true) => this.#tell('progress', left, wantsPeers)
  complete = (left = 0) => this.#tell('completed', left, false)
  #tell = (type: 'progress' | 'completed', left: number, wantsPeers: boolean) =>
    this.feed({ type, infoHash: hash(1), left, uploaded: 5, downloaded: 6, wantsPeers })
  need = () => this.feed({ type: 'needPeers', infoHash: hash(1) })
  answer = (response: AnnounceOutcome = okResponse, n = 1) =>
    this.feed({ type: 'announceResult', infoHash: hash(n), response })
  refuse = (code: RefusalCode | 'noAnswer') => this.answer({ ok: false, code })

  /** Lets the clock run to the next wake-up. */
  wake(): AnnouncerEffect[] {
    this.now = this.announcer.wakeAt()
    return this.feed({ type: 'wake' })
  }
}

function announces(effects: AnnouncerEffect[]): AnnounceRequest[] {
  return effects.flatMap((effect) => (effect.type === 'announce' ? [effect.request] : []))
}
const events = (effects: AnnouncerEffect[]) => announces(effects).map((request) => request.event)
const states = (effects: AnnouncerEffect[]) =>
  effects.flatMap((effect) => (effect.type === 'trackerState' ? [effect.state] : []))

describe('Announcer', () => {
  it('says nothing without a server', () => {
    const bench = new Bench()
    expect(bench.add()).toEqual([])
    expect(bench.progress(0)).toEqual([])
    expect(bench.remove()).toEqual([])
    expect(bench.announcer.wakeAt()).toBe(Infinity)
  })

  it('announces started with the figures, then updates at the interval', () => {
    const bench = new Bench()
    bench.up()
    expect(bench.add()).toEqual([
      { type: 'trackerState', infoHash: hash(1), state: 'waiting' },
      {
        type: 'announce',
        request: { infoHash: hash(1), event: 'started', left: 100, uploaded: 0, downloaded: 0, numWant: 50 },
      },
    ])
    expect(bench.answer()).toEqual([
      { type: 'swarmStatus', infoHash: hash(1), seeders: 1, leechers: 1, seedSeenAgoMs: 0 },
      { type: 'peersFound', infoHash: hash(1), peers: [peer(1)] },
      { type: 'trackerState', infoHash: hash(1), state: 'ok' },
    ])
    expect(bench.announcer.wakeAt()).toBe(bench.now + 30_000)
    bench.progress(40)
    expect(announces(bench.wake())).toEqual([
      { infoHash: hash(1), event: 'update', left: 40, uploaded: 5, downloaded: 6, numWant: 50 },
    ])
  })

  it.each([
    ['a seed', 0, true],
    ['a share that wants none', 100, false],
  ])('asks no peers for %s', (_what, left, wantsPeers) => {
    const bench = new Bench()
    bench.up()
    expect(announces(bench.add(left, 1, wantsPeers))[0]).toMatchObject({ event: 'started', numWant: 0 })
    bench.answer()
    expect(bench.need()).toEqual([])
  })

  it('announces completed at once and only once', () => {
    const bench = new Bench()
    bench.up()
    bench.add()
    bench.answer()
    expect(bench.progress(1)).toEqual([])
    expect(announces(bench.complete())[0]).toMatchObject({ event: 'completed', left: 0, numWant: 0 })
    expect(bench.complete()).toEqual([])
    bench.answer()
    expect(events(bench.wake())).toEqual(['update'])
  })

  it('tells a completion that falls into a started or update under way as soon as that is answered', () => {
    const bench = new Bench()
    bench.up()
    bench.add()
    expect(bench.complete()).toEqual([])
    expect(events(bench.answer())).toEqual(['completed'])
    bench.answer()
    bench.progress(9)
    bench.wake()
    expect(bench.complete()).toEqual([])
    expect(events(bench.answer())).toEqual(['completed'])
  })

  it('takes a completion back when bytes turn out to be missing', () => {
    const bench = new Bench()
    bench.up()
    bench.add()
    bench.complete()
    bench.progress(3)
    expect(events(bench.answer())).toEqual([])
  })

  it('completes nothing by parts, and asks for nobody as long as no more is wanted', () => {
    const bench = new Bench()
    bench.up()
    bench.add()
    bench.answer()
    bench.now += 5_000
    expect(bench.complete(40)).toEqual([])
    expect(bench.need()).toEqual([])
    expect(announces(bench.wake())).toMatchObject([{ event: 'update', left: 40, numWant: 0 }])
    bench.answer()
    bench.now += 5_000
    expect(announces(bench.progress(40))).toMatchObject([{ event: 'update', left: 40, numWant: 50 }])
    bench.answer()
    expect(events(bench.complete())).toEqual(['completed'])
  })

  it('is a full source at once when everything is found to be there, with no download completed', () => {
    const bench = new Bench()
    bench.up()
    bench.add()
    bench.answer()
    expect(announces(bench.progress(0, false))).toMatchObject([{ event: 'update', left: 0, numWant: 0 }])
  })

  it('is no full source any more after at most 5 s, also when that fell into an announce', () => {
    const bench = new Bench()
    bench.up()
    bench.add(0, 1, false)
    bench.answer()
    expect(bench.progress(100, false)).toEqual([])
    expect(bench.announcer.wakeAt()).toBe(bench.now + 5_000)
    expect(announces(bench.wake())).toMatchObject([{ event: 'update', left: 100 }])
    bench.progress(0, false)
    bench.answer()
    expect(announces(bench.wake())).toMatchObject([{ left: 0 }])
    bench.progress(100, false)
    const sentAt = bench.now
    bench.answer()
    expect(announces(bench.wake())).toMatchObject([{ left: 100 }])
    expect(bench.now).toBe(sentAt + 5_000)
  })

  it('owes what was not acknowledged: a download finished offline is told after started', () => {
    const bench = new Bench()
    bench.up()
    bench.add()
    bench.answer()
    expect(states(bench.feed({ type: 'serverDown' }))).toEqual(['off'])
    expect(bench.announcer.wakeAt()).toBe(Infinity)
    bench.complete()
    expect(events(bench.up())).toEqual(['started'])
    expect(events(bench.answer())).toEqual(['completed'])
    bench.feed({ type: 'serverDown' })
    expect(events(bench.up())).toEqual(['started'])
    expect(events(bench.answer())).toEqual(['completed'])
  })

  it('retries with full jitter up to 30 s, starts over after success, and nothing shortens the wait', () => {
    const bench = new Bench(7)
    bench.up()
    bench.add()
    let longest = 0
    for (let n = 0; n < 40; n++) {
      const effects = bench.refuse(n % 2 === 0 ? 'noAnswer' : 'rateLimited')
      expect(states(effects)).toEqual(n === 0 ? ['failed'] : [])
      const delay = bench.announcer.wakeAt() - bench.now
      expect(delay).toBeLessThan(Math.min(30_000, 500 * 2 ** n))
      longest = Math.max(longest, delay)
      expect(bench.need()).toEqual([])
      expect(events(bench.wake())).toEqual(['started'])
    }
    expect(longest).toBeGreaterThan(15_000)
    expect(states(bench.answer())).toEqual(['ok'])
    bench.wake()
    bench.refuse('full')
    expect(bench.announcer.wakeAt() - bench.now).toBeLessThan(500)
  })

  it('turns off where the role is off', () => {
    const bench = new Bench()
    bench.feed({ type: 'serverUp', roles: ['directory'] })
    expect(bench.add()).toEqual([])
    bench.up()
    expect(states(bench.refuse('roleOff'))).toEqual(['off'])
    expect(bench.announcer.wakeAt()).toBe(Infinity)
  })

  it('announces early on need, at most every 5 s', () => {
    const bench = new Bench()
    bench.up()
    bench.add()
    bench.answer()
    bench.now += 1000
    expect(bench.need()).toEqual([])
    expect(bench.announcer.wakeAt()).toBe(bench.now + 4000)
    expect(bench.need()).toEqual([])
    expect(events(bench.wake())).toEqual(['update'])
    bench.answer()
    bench.now += 5000
    expect(events(bench.need())).toEqual(['update'])
    expect(bench.need()).toEqual([])
  })

  it.each([
    [3, 0],
    [4, 2000],
    [200, 15_000],
  ])('spreads the first announces of %i shares over %i ms', (count, window) => {
    const bench = new Bench()
    for (let n = 1; n <= count; n++) bench.add(100, n)
    let told = events(bench.up()).length
    expect(told).toBe(window === 0 ? count : 0)
    const startedAt = bench.now
    while (bench.announcer.wakeAt() !== Infinity) told += events(bench.wake()).length
    expect(told).toBe(count)
    expect(bench.now - startedAt).toBeLessThanOrEqual(window)
    expect(bench.now - startedAt).toBeGreaterThanOrEqual(window * 0.3)
  })

  it('keeps to that when one of them needs peers', () => {
    const bench = new Bench()
    for (let n = 1; n <= 10; n++) bench.add(100, n)
    expect(events([...bench.up(), ...bench.need()])).toEqual([])
  })

  it('says stopped when a share goes, and forgets it', () => {
    const bench = new Bench()
    bench.up()
    bench.add()
    bench.answer()
    expect(announces(bench.remove())[0]).toMatchObject({ event: 'stopped', numWant: 0 })
    expect(bench.remove()).toEqual([])
    expect(bench.answer()).toEqual([])
    expect(bench.refuse('noAnswer')).toEqual([])
    expect(bench.announcer.wakeAt()).toBe(Infinity)
  })

  it('uses the peers of a late answer without losing its schedule', () => {
    const bench = new Bench()
    bench.up()
    bench.add()
    bench.refuse('noAnswer')
    const at = bench.announcer.wakeAt()
    expect(bench.answer().map((effect) => effect.type)).toEqual(['swarmStatus', 'peersFound'])
    expect(bench.announcer.wakeAt()).toBe(at)
  })

  it('takes us out of the number of an answer that we are in, as we were when we asked', () => {
    const bench = new Bench()
    bench.up()
    bench.add(100)
    bench.progress(0)
    const counted = () => bench.answer().find(({ type }) => type === 'swarmStatus')
    expect(counted()).toMatchObject({ seeders: 1, leechers: 1 })
    bench.wake()
    expect(counted()).toMatchObject({ seeders: 0, leechers: 2 })
  })

  it.each([
    [1000, 5000],
    [1e12, 600_000],
  ])('bounds an interval of %i ms to %i ms', (told, used) => {
    const bench = new Bench()
    bench.up()
    bench.add()
    bench.answer({ ...okResponse, intervalMs: told } as AnnounceOutcome)
    expect(bench.announcer.wakeAt() - bench.now).toBe(used)
  })

  it('changes the figures of a share added again', () => {
    const bench = new Bench()
    bench.up()
    bench.add(100, 1, false)
    bench.answer()
    expect(bench.add(50, 1, true)).toEqual([])
    expect(bench.announcer.wakeAt()).toBe(bench.now + 5_000)
    expect(announces(bench.wake())[0]).toMatchObject({ left: 50, numWant: 50 })
  })
})
