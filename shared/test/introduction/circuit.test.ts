import { describe, expect, it } from 'vitest'
import { defined } from '../../src/kernel/invariant.ts'
import { parseNonce, parsePeerId } from '../../src/kernel/ids.ts'
import { writeCircuitDescription, type CircuitRef } from '../../src/wire/circuit-description.ts'
import { fakeSdp } from '../node/keys.ts'
import { Duo, type Side } from './duo.ts'

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
