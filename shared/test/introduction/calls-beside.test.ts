import { describe, expect, it } from 'vitest'
import type { SessionId } from '../../src/kernel/ids.ts'
import type { SignalEnvelope } from '../../src/wire/envelope.ts'
import { Duo, idOf, sidOf } from './duo.ts'

describe('a call from somebody we are linked with', () => {
  it('replaces a link of which only one side has noticed that it is lost', () => {
    const duo = new Duo()
    duo.connect()
    duo.feed(duo.a, { type: 'channelClosed', sid: sidOf(duo) })
    duo.now += 1000
    const before = duo.b.effects.length
    duo.connect(duo.a)
    expect(duo.a.introducer.stageOf(idOf(duo.b))).toBe('up')
    const since = duo.types(duo.b).slice(before)
    expect(
      since.filter((type) => !['sign', 'verify', 'route', 'applySignal', 'sendProof'].includes(type)),
    ).toEqual(['closeConnection', 'linkDown', 'openConnection', 'linkUp'])
    // Its late end is nobody's any more.
    duo.feed(duo.b, { type: 'channelClosed', sid: sidOf(duo) })
    expect(duo.b.introducer.stageOf(idOf(duo.a))).toBe('up')
  })

  it('goes on with a call beside a link when the link ends meanwhile', () => {
    const duo = new Duo()
    duo.connect()
    duo.feed(duo.a, { type: 'channelClosed', sid: sidOf(duo) })
    const held: SignalEnvelope[] = []
    duo.carrier = (envelope) => (envelope.kind === 'accept' && held.push(envelope) > 0 ? null : envelope)
    duo.connect(duo.a)
    duo.feed(duo.b, { type: 'channelClosed', sid: sidOf(duo) })
    expect(duo.b.introducer.stageOf(idOf(duo.a))).toBe('accepted')
    for (const envelope of held) duo.deliver(duo.a, envelope)
    expect([duo.a, duo.b].map((side) => side.introducer.stageOf(idOf(duo.other(side))))).toEqual(['up', 'up'])
  })
})

describe('two calls at once', () => {
  it.each([true, false])('settles both calls at once when one side has room: %s', (isOpen) => {
    const duo = new Duo()
    const [smaller, larger] = idOf(duo.a) < idOf(duo.b) ? [duo.a, duo.b] : [duo.b, duo.a]
    // It calls for a system with room, and is called for one without.
    duo.accepts = (side) => side !== larger
    duo.carrier = () => null
    duo.connect(larger)
    duo.connect(smaller)
    duo.feed(larger, { type: 'capacity', isOpen })
    duo.carrier = (envelope) => envelope
    duo.deliver(larger, duo.sent[1]!)
    const ends = [smaller, larger].map((side) => side.effects.at(-1))
    if (isOpen) expect(ends).toMatchObject([{ type: 'linkUp' }, { type: 'linkUp' }])
    else
      expect(ends).toMatchObject([
        { type: 'linkFailed', code: 'busy' },
        { type: 'linkFailed', code: 'busy' },
      ])
  })
})

describe('whoever carries envelopes', () => {
  it('can not part two peers by an old probe', () => {
    const duo = new Duo()
    duo.connect()
    const probe = duo.sent[0]!
    const before = duo.b.effects.length
    // Its date would let it pass: clocks may differ by so much.
    duo.now += 5 * 60_000
    duo.deliver(duo.b, probe)
    expect(duo.types(duo.b).slice(before)).toEqual(['verify'])
    expect(duo.b.introducer.stageOf(idOf(duo.a))).toBe('up')
  })

  it('can not part two peers by a probe that was held back', () => {
    const duo = new Duo()
    duo.connect()
    const held = duo.forge(duo.a.key, { ...duo.sent[0]!, sid: 'f'.repeat(32) as SessionId })
    const before = duo.b.effects.length
    duo.carrier = () => null
    duo.deliver(duo.b, held)
    expect(duo.b.introducer.pendingCount).toBe(1)
    duo.now += 30_000
    duo.feed(duo.b, { type: 'wake' })
    expect(duo.b.introducer.pendingCount).toBe(0)
    expect(duo.types(duo.b).slice(before)).toEqual(['verify', 'sign', 'route'])
    expect(duo.b.introducer.stageOf(idOf(duo.a))).toBe('up')
  })
})

describe('whoever answers a call with ever new calls', () => {
  /** One side has called and the other calls anew every two seconds. @returns for how long that was under way, in s. */
  function heldFor(byLarger: boolean): number {
    const duo = new Duo()
    const [smaller, larger] = idOf(duo.a) < idOf(duo.b) ? [duo.a, duo.b] : [duo.b, duo.a]
    const [caller, callee] = byLarger ? [smaller, larger] : [larger, smaller]
    duo.carrier = () => null
    duo.connect(caller)
    const payload = JSON.stringify({ nonce: 'ab'.repeat(16) })
    const call = { kind: 'probe', to: idOf(caller), from: idOf(callee), payload } as const
    let seconds = 0
    for (; seconds < 120; seconds += 2) {
      const hasEnded = caller.effects.some(({ type }) => type === 'linkFailed')
      if (hasEnded) return seconds
      const sid = seconds.toString(16).padStart(32, '0') as SessionId
      duo.deliver(caller, duo.forge(callee.key, { ...call, sid }))
      duo.now += 2_000
      duo.feed(caller, { type: 'wake' })
    }
    return seconds
  }

  it.each<[string, boolean, number]>([
    ['which does not count beside ours', true, 6],
    ['which counts instead of ours', false, 20],
  ])('keeps it under way no longer than a call takes: %s', (_, byLarger, mostSeconds) => {
    expect(heldFor(byLarger)).toBeLessThanOrEqual(mostSeconds)
  })
})
