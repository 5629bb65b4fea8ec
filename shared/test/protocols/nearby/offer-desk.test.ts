import { describe, expect, it } from 'vitest'
import type { PeerId } from '../../../src/kernel/ids.ts'
import { GRACE_MS, OFFER_MS, OUTGOING, SETTLED, SETTLED_MS } from '../../../src/protocols/nearby/constants.ts'
import type { OfferedShare } from '../../../src/protocols/nearby/messages.ts'
import { OfferDesk } from '../../../src/protocols/nearby/offer-desk.ts'
import type { OfferEffect, OfferInput } from '../../../src/protocols/nearby/offer.ts'
import { guidOf, infoHashOf, peerOf } from '../kazaa/harness.ts'

const [ANNA, BEN] = [peerOf(1), peerOf(2)]
const share = (n = 1): OfferedShare => ({
  infoHash: infoHashOf(n),
  shareName: `share ${String(n)}`,
  fileCount: 1,
  totalBytes: 100,
})
const offer = (id: number, n = id) =>
  ({ type: 'offer', id: guidOf(id), senderName: 'Anna', ...share(n) }) as const

class Bench {
  readonly desk = new OfferDesk()
  now = 0
  constructor(...linked: PeerId[]) {
    this.feed({ type: 'open', name: 'Ben' })
    this.feed({ type: 'seen', peers: [ANNA, ...linked].map((peer) => ({ peer, name: 'Anna' })) })
    for (const peer of linked) this.feed({ type: 'linkUp', peer })
  }
  feed(input: OfferInput): OfferEffect[] {
    return this.desk.handle(input, this.now)
  }
  offered(id: number, n = id, from = ANNA): OfferEffect[] {
    return this.feed({ type: 'message', from, message: offer(id, n) })
  }
  send(id: number, peer = ANNA): OfferEffect[] {
    return this.feed({ type: 'send', id: guidOf(id), peer, share: share(id) })
  }
  get incoming() {
    return this.desk.incoming.map(({ state }) => state)
  }
  get outgoing() {
    return this.desk.outgoing.map(({ state }) => state)
  }
  pass(ms: number): OfferEffect[] {
    this.now += ms
    return this.feed({ type: 'wake' })
  }
}

describe('an offer to us', () => {
  const verdict = (id: number, word: string) => [
    { type: 'tell', to: ANNA, message: { type: 'verdict', id: guidOf(id), verdict: word } },
  ]

  it('that nobody answered in time is not said to be accepted when the sender asks again', () => {
    const bench = new Bench(ANNA)
    bench.offered(1)
    bench.pass(OFFER_MS)
    expect(bench.incoming).toEqual(['expired'])
    expect(bench.offered(1)).toEqual(verdict(1, 'unavailable'))
  })

  it('waits for the person, who accepts it once', () => {
    const bench = new Bench(ANNA)
    expect(bench.offered(1)).toEqual([])
    expect(bench.desk.incoming[0]).toMatchObject({
      peer: ANNA,
      peerName: 'Anna',
      state: 'pending',
      share: share(),
    })
    expect(bench.desk.needs(ANNA)).toBe(true)
    const answer = { type: 'answer', id: guidOf(1), isAccepted: true } as const
    expect(bench.feed(answer)).toEqual([
      ...verdict(1, 'accepted'),
      { type: 'fetch', peer: ANNA, share: share() },
    ])
    expect(bench.feed(answer)).toEqual([])
    expect([bench.incoming, bench.desk.needs(ANNA)]).toEqual([['accepted'], false])
  })

  it('is declined without fetching anything', () => {
    const bench = new Bench(ANNA)
    bench.offered(1)
    expect(bench.feed({ type: 'answer', id: guidOf(1), isAccepted: false })).toEqual(verdict(1, 'declined'))
  })

  it('is answered when the link is back', () => {
    const bench = new Bench(ANNA)
    bench.offered(1)
    bench.feed({ type: 'linkDown', peer: ANNA })
    expect(bench.feed({ type: 'answer', id: guidOf(1), isAccepted: false })).toEqual([
      { type: 'dial', peer: ANNA },
    ])
    expect(bench.feed({ type: 'linkUp', peer: ANNA })).toEqual(verdict(1, 'declined'))
    // Made again because the verdict was lost: answered the same, without asking anybody.
    expect(bench.offered(1)).toEqual(verdict(1, 'declined'))
    expect(bench.incoming).toEqual(['declined'])
  })

  it('expires after its time, is withdrawn by its sender alone, and is forgotten later', () => {
    const bench = new Bench(ANNA, BEN)
    bench.offered(1)
    bench.offered(2)
    bench.feed({ type: 'message', from: BEN, message: { type: 'withdraw', id: guidOf(1) } })
    bench.feed({ type: 'message', from: ANNA, message: { type: 'withdraw', id: guidOf(2) } })
    expect(bench.incoming).toEqual(['pending', 'withdrawn'])
    expect(bench.desk.wakeAt()).toBe(SETTLED_MS)
    bench.pass(OFFER_MS)
    expect(bench.incoming).toEqual(['expired'])
    bench.pass(SETTLED_MS)
    expect([bench.incoming, bench.desk.wakeAt()]).toEqual([[], Infinity])
  })

  it('is asked about once when it is made again under another id', () => {
    const bench = new Bench(ANNA)
    bench.offered(1, 5)
    bench.offered(2, 5)
    expect(bench.desk.incoming.map(({ id }) => id)).toEqual([guidOf(2)])
  })

  it.each([
    ['while off', (bench: Bench) => bench.feed({ type: 'shut' })],
    [
      'from who is not nearby any more',
      (bench: Bench) => {
        bench.feed({ type: 'seen', peers: [] })
        bench.pass(GRACE_MS + 1)
      },
    ],
    ['beyond three of one peer', (bench: Bench) => [11, 12, 13].forEach((id) => bench.offered(id))],
    [
      'beyond twenty in all',
      (bench: Bench) => {
        const peers = Array.from({ length: 20 }, (_, index) => peerOf(index + 50))
        bench.feed({ type: 'seen', peers: [ANNA, ...peers].map((peer) => ({ peer, name: 'x' })) })
        peers.forEach((peer, index) => bench.offered(100 + index, 100 + index, peer))
      },
    ],
    [
      'again and again',
      (bench: Bench) => {
        for (let id = 20; id < 30; id++) {
          bench.offered(id)
          bench.feed({ type: 'answer', id: guidOf(id), isAccepted: false })
        }
      },
    ],
  ])('is not taken %s', (_what, prepare) => {
    const bench = new Bench(ANNA)
    prepare(bench)
    const before = bench.incoming
    expect(bench.offered(1)).toEqual(verdict(1, 'unavailable'))
    expect(bench.incoming).toEqual(before)
  })

  it('is still taken from who was nearby a moment ago: the server may have gone', () => {
    const bench = new Bench(ANNA)
    bench.feed({ type: 'seen', peers: [] })
    bench.pass(GRACE_MS - 1)
    expect(bench.offered(1)).toEqual([])
    expect(bench.incoming).toEqual(['pending'])
  })

  it('leaves no trace when nearby is switched off, and its sender learns of it', () => {
    const bench = new Bench(ANNA)
    bench.offered(1)
    expect(bench.feed({ type: 'shut' })).toEqual(verdict(1, 'unavailable'))
    expect(bench.incoming).toEqual([])
  })

  it('does not heap up when decided', () => {
    const bench = new Bench(ANNA)
    for (let id = 1; id <= SETTLED + 5; id++) {
      bench.now += 12_000 / 20
      bench.offered(id)
      bench.feed({ type: 'message', from: ANNA, message: { type: 'withdraw', id: guidOf(id) } })
    }
    expect(bench.incoming.length).toBeLessThanOrEqual(SETTLED)
  })
})

describe('an offer of ours', () => {
  const made = (id: number) => ({
    type: 'tell',
    to: ANNA,
    message: { type: 'offer', id: guidOf(id), senderName: 'Ben', ...share(id) },
  })

  it('goes over the link that is there, or waits for one', () => {
    expect(new Bench(ANNA).send(1)).toEqual([made(1)])
    const bench = new Bench()
    expect(bench.send(1)).toEqual([{ type: 'dial', peer: ANNA }])
    expect(bench.outgoing).toEqual(['dialling'])
    expect(bench.feed({ type: 'linkUp', peer: ANNA })).toEqual([made(1)])
    expect(bench.outgoing).toEqual(['waiting'])
  })

  it.each([
    ['accepted', 'accepted'],
    ['declined', 'declined'],
    ['unavailable', 'unreachable'],
  ] as const)('is %s', (word, state) => {
    const bench = new Bench(ANNA, BEN)
    bench.send(1)
    const message = { type: 'verdict', id: guidOf(1), verdict: word } as const
    bench.feed({ type: 'message', from: BEN, message })
    expect(bench.outgoing).toEqual(['waiting'])
    bench.feed({ type: 'message', from: ANNA, message })
    bench.feed({ type: 'message', from: ANNA, message: { ...message, verdict: 'declined' } })
    expect(bench.outgoing).toEqual([state])
  })

  it('is unreachable when no link comes about', () => {
    const bench = new Bench()
    bench.send(1)
    bench.feed({ type: 'linkFailed', peer: ANNA })
    expect(bench.outgoing).toEqual(['unreachable'])
  })

  it('is made again, under its id, when the link breaks', () => {
    const bench = new Bench(ANNA)
    bench.send(1)
    expect(bench.feed({ type: 'linkDown', peer: ANNA })).toEqual([{ type: 'dial', peer: ANNA }])
    expect(bench.feed({ type: 'linkUp', peer: ANNA })).toEqual([made(1)])
  })

  it('expires', () => {
    const bench = new Bench(ANNA)
    bench.send(1)
    bench.pass(OFFER_MS - 1)
    expect(bench.outgoing).toEqual(['waiting'])
    bench.pass(1)
    expect(bench.outgoing).toEqual(['expired'])
  })

  it('can be withdrawn', () => {
    const bench = new Bench(ANNA)
    bench.send(1)
    expect(bench.feed({ type: 'withdraw', id: guidOf(1) })).toEqual([
      { type: 'tell', to: ANNA, message: { type: 'withdraw', id: guidOf(1) } },
    ])
    expect(bench.outgoing).toEqual(['withdrawn'])
  })

  it('is not made to strangers, twice, without end, or while off', () => {
    const bench = new Bench(ANNA)
    expect(bench.send(1, BEN)).toEqual([])
    bench.send(1)
    expect(bench.send(1)).toEqual([])
    for (let id = 2; id < OUTGOING + 10; id++) bench.send(id)
    expect(bench.outgoing).toHaveLength(OUTGOING)
    bench.feed({ type: 'shut' })
    expect([bench.send(1), bench.outgoing]).toEqual([[], []])
  })
})
