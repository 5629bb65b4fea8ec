import { describe, expect, it } from 'vitest'
import type { InfoHash, PeerId } from '../../../src/kernel/ids.ts'
import { createRng } from '../../../src/kernel/rng.ts'
import { UploadQueue } from '../../../src/protocols/kazaa/upload-queue.ts'
import { infoHashOf, peerOf } from './harness.ts'

const share = infoHashOf(1)

/** A queue that writes down what it does. */
class Watched {
  now = 1_000_000
  readonly log: string[] = []
  readonly served: PeerId[] = []
  readonly queue = new UploadQueue(createRng(1), {
    queued: (peer, _share, _ticket, position) => this.log.push(`queued ${name(peer)} ${String(position)}`),
    granted: (peer) => {
      this.log.push(`granted ${name(peer)}`)
      this.served.push(peer)
    },
    unserved: (peer) => this.log.push(`unserved ${name(peer)}`),
    released: (peer) => this.log.push(`released ${name(peer)}`),
  })

  ask(number: number, credit = 0, infoHash: InfoHash = share): void {
    this.queue.ask(peerOf(number), infoHash, credit, this.now)
  }

  done(number: number): void {
    this.queue.remove(peerOf(number), share, this.now)
  }

  pass(ms: number): void {
    const end = this.now + ms
    while (this.queue.wakeAt() <= end) {
      this.now = this.queue.wakeAt()
      this.queue.wake(this.now)
    }
    this.now = end
  }

  take(): string[] {
    return this.log.splice(0)
  }
}

const name = (peer: PeerId): string => String(Number.parseInt(peer, 16))

describe('upload queue', () => {
  it('serves four, tells the others where they stand, and goes on when one is done', () => {
    const watched = new Watched()
    for (let i = 1; i <= 6; i++) watched.ask(i)
    expect(watched.take()).toEqual(
      [1, 2, 3, 4].map((i) => `granted ${String(i)}`).concat('queued 5 1', 'queued 6 2'),
    )
    watched.pass(10_000)
    watched.take()
    watched.done(2)
    expect(watched.take()).toEqual(['released 2', 'granted 5', 'queued 6 1'])
    expect(watched.queue.view().map(({ peer, position }) => [name(peer), position])).toEqual([
      ['1', 0],
      ['3', 0],
      ['4', 0],
      ['5', 0],
      ['6', 1],
    ])
  })

  it('a place survives a lost link for five minutes, not longer', () => {
    const watched = new Watched()
    for (let i = 1; i <= 6; i++) watched.ask(i)
    watched.queue.linkDown(peerOf(5), watched.now)
    watched.pass(290_000)
    watched.queue.linkUp(peerOf(5), watched.now)
    watched.take()
    watched.done(1)
    expect(watched.take()).toContain('granted 5')
    watched.queue.linkDown(peerOf(6), watched.now)
    watched.take()
    watched.pass(301_000)
    expect(watched.take()).toContain('released 6')
    expect(watched.queue.view().map(({ peer }) => name(peer))).not.toContain('6')
  })

  it('one that is served and loses its link frees the slot, and is next when it comes back', () => {
    const watched = new Watched()
    for (let i = 1; i <= 7; i++) watched.ask(i)
    watched.take()
    watched.queue.linkDown(peerOf(1), watched.now)
    expect(watched.take()).toEqual(expect.arrayContaining(['unserved 1', 'granted 5']))
    watched.queue.linkUp(peerOf(1), watched.now)
    watched.done(2)
    expect(watched.take()).toContain('granted 1')
  })

  it('who asks again too soon loses its turn, who keeps to the pause does not', () => {
    const watched = new Watched()
    for (let i = 1; i <= 4; i++) watched.ask(i)
    watched.ask(5)
    watched.now += 1_000
    watched.ask(6)
    watched.ask(5)
    watched.done(1)
    expect(watched.served.at(-1)).toBe(peerOf(6))
    watched.now += 60_000
    watched.ask(7)
    watched.ask(5)
    watched.done(2)
    expect(watched.served.at(-1)).toBe(peerOf(5))
  })

  it('gives a head start for credit, and no second slot while others have none', () => {
    const watched = new Watched()
    for (let i = 1; i <= 4; i++) watched.ask(i)
    watched.ask(1, 1, infoHashOf(2))
    for (let i = 5; i <= 8; i++) watched.ask(i)
    watched.now += 1_000
    watched.ask(9, 0.9)
    watched.done(2)
    expect(watched.served.at(-1)).toBe(peerOf(9))
    watched.done(3)
    expect(watched.served.at(-1)).toBe(peerOf(5))
  })

  it('takes a slot back after a long time when others wait', () => {
    const watched = new Watched()
    for (let i = 1; i <= 5; i++) watched.ask(i)
    watched.take()
    watched.pass(299_000)
    expect(watched.take()).not.toContain('unserved 1')
    watched.pass(10_000)
    const log = watched.take()
    expect(log).toContain('unserved 1')
    expect(log).toContain('granted 5')
  })

  it('learns from slots that it took back how long the others will wait', () => {
    const watched = new Watched()
    for (let i = 1; i <= 12; i++) watched.ask(i)
    // Nobody is ever done: each slot is held for five minutes.
    watched.pass(15 * 60_000 + 10_000)
    const [first, , , , fifth] = watched.queue.view().filter(({ position }) => position > 0)
    expect(first?.etaMs).toBeGreaterThan(200_000)
    expect(fifth?.etaMs).toBeGreaterThan(400_000)
  })

  it('is bounded, for all and for each peer', () => {
    const watched = new Watched()
    for (let i = 0; i < 100; i++) watched.ask(1, 0, infoHashOf(i))
    expect(watched.queue.view()).toHaveLength(20)
    for (let i = 0; i < 1_200; i++) watched.ask(10 + i)
    expect(watched.queue.view()).toHaveLength(1_000)
  })

  it.each([5, 6, 7])(
    'starves nobody: without credit the longest wait is within five medians (seed %i)',
    (seed) => {
      const watched = new Watched()
      const rng = createRng(seed)
      const arrivedAt = new Map<PeerId, number>()
      const endsAt = new Map<PeerId, number>()
      const waits = { poor: [] as number[], rich: [] as number[] }
      let seen = 0
      // Somewhat more come than can be served for an hour: the worst time to have nothing to show.
      for (let step = 0; step < 3_600; step++) {
        watched.pass(1_000)
        for (const [peer, at] of endsAt)
          if (at <= watched.now) {
            endsAt.delete(peer)
            watched.queue.remove(peer, share, watched.now)
          }
        if (rng.float() < 0.16) {
          const number = 100 + step
          arrivedAt.set(peerOf(number), watched.now)
          watched.ask(number, number % 2 === 0 ? 0.95 : 0)
        }
        for (; seen < watched.served.length; seen++) {
          const peer = watched.served[seen]!
          endsAt.set(peer, watched.now + 20_000 + rng.below(20_000))
          const wait = watched.now - arrivedAt.get(peer)!
          waits[Number.parseInt(peer, 16) % 2 === 0 ? 'rich' : 'poor'].push(wait)
        }
      }
      const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
      const all = [...waits.poor, ...waits.rich]
      expect(all.length).toBeGreaterThan(300)
      expect(median(waits.poor)).toBeGreaterThan(1.2 * median(waits.rich))
      expect(Math.max(...waits.poor)).toBeLessThanOrEqual(5 * median(all))
    },
  )
})
