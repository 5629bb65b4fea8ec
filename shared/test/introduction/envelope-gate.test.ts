import { describe, expect, it } from 'vitest'
import { EnvelopeGate } from '../../src/protocols/introduction/envelope-gate.ts'
import type { Carrier } from '../../src/protocols/introduction/effects.ts'
import { Duo } from './duo.ts'

/** A probe of the one side for the other. */
function probe() {
  const duo = new Duo()
  const [from, to] = [duo.a.key, duo.b.key]
  const sid = 'a'.repeat(32) as never
  const payload = JSON.stringify({ nonce: 'b'.repeat(32) })
  return duo.forge(from, { kind: 'probe', to: to.peerId, from: from.peerId, sid, payload })
}

describe('envelopes whose signatures are being checked', () => {
  it.each<[string, Carrier]>([
    ['the server', 'server'],
    ['another neighbour', 'c'.repeat(64) as Carrier],
    ['a person', 'manual'],
  ])('of one neighbour that floods leave room for those of %s', (_, carrier) => {
    const envelope = probe()
    const gate = new EnvelopeGate(envelope.to)
    const now = envelope.expiry - 30_000
    let taken = 0
    for (let ticket = 0; ticket < 2_000; ticket++)
      if (gate.admit(envelope, 'd'.repeat(64) as Carrier, ticket, now).ok) taken++
    expect(taken).toBeGreaterThanOrEqual(64)
    expect(gate.admit(envelope, carrier, 5_000, now).ok).toBe(true)
    // Those that were checked make room.
    for (let ticket = 0; ticket < taken; ticket++) expect(gate.take(ticket)).not.toBeNull()
    expect(gate.admit(envelope, 'd'.repeat(64) as Carrier, 6_000, now).ok).toBe(true)
  })

  it('come from one neighbour at a limited rate, which twenty negotiations at once keep to', () => {
    const envelope = probe()
    const gate = new EnvelopeGate(envelope.to)
    let [now, ticket] = [envelope.expiry - 30_000, 0]
    /** Each is checked before the next one comes. */
    const taken = (carrier: Carrier, times: number): number => {
      let count = 0
      for (let n = 0; n < times; n++) {
        if (gate.admit(envelope, carrier, ++ticket, now).ok) count++
        gate.take(ticket)
      }
      return count
    }
    const neighbour = 'd'.repeat(64) as Carrier
    expect(taken(neighbour, 20 * 24)).toBe(20 * 24)
    expect(taken(neighbour, 1_000)).toBeLessThan(50)
    now += 1_000
    expect(taken(neighbour, 1_000)).toBe(40)
    expect(taken('e'.repeat(64) as Carrier, 20)).toBe(20)
    // The server carries for everybody, and has limits of its own.
    expect(taken('server', 2_000)).toBe(2_000)
  })

  it('are bounded in all', () => {
    const envelope = probe()
    const gate = new EnvelopeGate(envelope.to)
    let taken = 0
    for (let ticket = 0; ticket < 4_000; ticket++) {
      const carrier = (ticket % 40).toString(16).padStart(64, '0') as Carrier
      if (gate.admit(envelope, carrier, ticket, envelope.expiry - 30_000).ok) taken++
    }
    expect(taken).toBeLessThanOrEqual(512)
  })
})
