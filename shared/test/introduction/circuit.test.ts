import { describe, expect, it } from 'vitest'
import { defined } from '../../src/kernel/invariant.ts'
import { parseNonce, parsePeerId } from '../../src/kernel/ids.ts'
import { writeCircuitDescription, type CircuitRef } from '../../src/wire/circuit-description.ts'
import type { SignalEnvelope } from '../../src/wire/envelope.ts'
import { fakeSdp } from '../node/keys.ts'
import { Duo, idOf, sidOf, type Side } from './duo.ts'

const ref = (digit: string): CircuitRef => ({
  relay: defined(parsePeerId(digit.repeat(64)), 'peer'),
  id: defined(parseNonce(digit.repeat(32)), 'circuit'),
})
const OURS = ref('c')
const describeEnd = (side: Side, circuit = OURS): string =>
  writeCircuitDescription({ ...circuit, key: `04${side.fingerprint}${side.fingerprint}` })
const openings = (duo: Duo) =>
  [...duo.a.effects, ...duo.b.effects].filter(({ type }) => type === 'openConnection')

describe('an introduction over a circuit', () => {
  it('tells both hosts which circuit, and proves both keys', () => {
    const duo = new Duo()
    duo.describe = describeEnd
    duo.connect(duo.a, OURS)
    expect(openings(duo)).toMatchObject([{ circuit: OURS }, { circuit: OURS }])
    expect(duo.isUp(duo.a) && duo.isUp(duo.b)).toBe(true)
  })

  it('fails when somebody put keys of their own in between', () => {
    const duo = new Duo()
    duo.describe = describeEnd
    // The relay seals for each end with a key of its own, and passes the envelopes on as they are.
    duo.proof = (signature, from) =>
      from === duo.a ? signature.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) : signature
    duo.connect(duo.a, OURS)
    expect(duo.isUp(duo.b)).toBe(false)
  })

  it.each<[string, (side: Side, duo: Duo) => string]>([
    ['over a connection', (side, duo) => (side === duo.a ? describeEnd(side) : fakeSdp(side.fingerprint))],
    ['over another circuit', (side, duo) => describeEnd(side, side === duo.a ? OURS : ref('d'))],
    [
      'over another relay',
      (side, duo) => describeEnd(side, side === duo.a ? OURS : { ...OURS, relay: ref('d').relay }),
    ],
  ])('takes no answer %s', (_, describeSide) => {
    const duo = new Duo()
    duo.describe = (side) => describeSide(side, duo)
    duo.connect(duo.a, OURS)
    expect(duo.types(duo.a)).not.toContain('applySignal')
    expect(duo.isUp(duo.a)).toBe(false)
  })

  it('takes no circuit where a connection was offered', () => {
    const duo = new Duo()
    duo.describe = (side) => (side === duo.a ? fakeSdp(side.fingerprint) : describeEnd(side))
    duo.connect(duo.a)
    expect(duo.types(duo.a)).not.toContain('applySignal')
  })

  it('is not what an invite leads to', () => {
    const duo = new Duo()
    duo.describe = describeEnd
    duo.feed(duo.a, { type: 'invite' })
    duo.paste(duo.b, duo.sent[0]!)
    expect(duo.types(duo.b)).not.toContain('openConnection')
    expect(duo.b.effects).toContainEqual({ type: 'manualRefused', code: 'badPayload' })
  })
})

describe('a call for a direct path beside a circuit', () => {
  const idle = ['sign', 'verify', 'route', 'applySignal', 'sendProof']
  const happened = (duo: Duo, side: Side, from = 0) =>
    duo
      .types(side)
      .slice(from)
      .filter((type) => !idle.includes(type))

  /** Linked over a circuit; what is described from then on is a connection. */
  function linked(): Duo {
    const duo = new Duo()
    duo.describe = describeEnd
    duo.connect(duo.a, OURS)
    duo.describe = (side) => fakeSdp(side.fingerprint)
    return duo
  }
  const seek = (duo: Duo, side: Side) =>
    duo.feed(side, {
      type: 'connect',
      peer: idOf(duo.other(side)),
      carriers: [idOf(duo.other(side)), 'server'],
      isBeside: true,
    })
  const stages = (duo: Duo) => [duo.a, duo.b].map((side) => side.introducer.stageOf(idOf(duo.other(side))))

  it('takes its place once it is up, and not before', () => {
    const duo = linked()
    const before = [duo.a, duo.b].map(({ effects }) => effects.length)
    seek(duo, duo.b)
    const [old, direct] = [{ circuit: OURS }, { circuit: null }]
    expect(openings(duo)).toMatchObject([old, direct, old, direct])
    for (const [at, side] of [duo.a, duo.b].entries()) {
      const order = ['openConnection', 'closeConnection', 'linkDown', 'linkUp']
      expect(happened(duo, side, before[at])).toEqual(order)
      const [, , down, up] = side.effects.slice(before[at]).filter(({ type }) => !idle.includes(type))
      expect(down).toMatchObject({ sid: sidOf(duo) })
      expect(up).not.toMatchObject({ sid: sidOf(duo) })
    }
    expect(stages(duo)).toEqual(['up', 'up'])
  })

  it('that leads nowhere leaves the circuit, and says nothing', () => {
    const duo = linked()
    const before = duo.a.effects.length
    duo.carrier = (envelope) => (envelope.kind === 'answer' ? null : envelope)
    seek(duo, duo.a)
    expect(duo.a.introducer.pendingCount).toBe(1)
    for (const side of [duo.a, duo.b]) {
      duo.now += 30_000
      duo.feed(side, { type: 'wake' })
    }
    expect(happened(duo, duo.a, before)).toEqual(['openConnection', 'closeConnection'])
    expect(stages(duo)).toEqual(['up', 'up'])
    expect([duo.a, duo.b].map(({ introducer }) => introducer.pendingCount)).toEqual([0, 0])
  })

  it('is one call when both call at once', () => {
    const duo = linked()
    const held: { to: Side; envelope: SignalEnvelope }[] = []
    duo.carrier = (envelope, from) => {
      held.push({ to: duo.other(from), envelope })
      return null
    }
    const opened = openings(duo).length
    seek(duo, duo.a)
    seek(duo, duo.b)
    duo.carrier = (envelope) => envelope
    for (const { to, envelope } of held) duo.deliver(to, envelope)
    expect(stages(duo)).toEqual(['up', 'up'])
    expect(openings(duo)).toHaveLength(opened + 2)
    expect([duo.a, duo.b].map(({ introducer }) => introducer.pendingCount)).toEqual([0, 0])
  })

  it('gives way to whoever lost the circuit and calls anew', () => {
    const duo = linked()
    duo.carrier = () => null
    const [smaller, larger] = idOf(duo.a) < idOf(duo.b) ? [duo.a, duo.b] : [duo.b, duo.a]
    seek(duo, smaller)
    duo.carrier = (envelope) => envelope
    duo.feed(larger, { type: 'channelClosed', sid: sidOf(duo) })
    duo.connect(larger)
    expect(stages(duo)).toEqual(['up', 'up'])
    expect([duo.a, duo.b].map(({ introducer }) => introducer.pendingCount)).toEqual([0, 0])
  })

  it('is made neither beside a connection nor to a stranger, nor twice', () => {
    const duo = new Duo()
    seek(duo, duo.a)
    expect(duo.sent).toEqual([])
    duo.connect(duo.a)
    const { length } = duo.sent
    seek(duo, duo.a)
    expect(duo.sent).toHaveLength(length)
    const other = linked()
    other.carrier = () => null
    seek(other, other.a)
    const once = other.sent.length
    seek(other, other.a)
    expect(other.sent).toHaveLength(once)
  })
})
