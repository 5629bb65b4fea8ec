import { expect, it } from 'vitest'
import type { SessionId } from '../../src/kernel/ids.ts'
import { LIMITS } from '../../src/kernel/limits.ts'
import { CONNECT_TIMEOUT_MS } from '../../src/protocols/introduction/constants.ts'
import type { Carrier } from '../../src/protocols/introduction/effects.ts'
import { makeKey, type TestKey } from '../node/keys.ts'
import { Duo, idOf } from './duo.ts'

const MOST = LIMITS.pendingNegotiations * 2
const neighbour = (n: number) => String(n).repeat(64) as Carrier

/** Somebody who is called by peers that never go on after they were accepted. */
class Called {
  readonly duo = new Duo()
  #calls = 0

  /** @returns how many were accepted */
  by(callers: readonly TestKey[], carrier: Carrier = 'server'): number {
    const { duo } = this
    const before = duo.sent.filter(({ kind }) => kind === 'accept').length
    for (const key of callers) {
      const sid = (++this.#calls).toString(16).padStart(32, '0') as SessionId
      const payload = JSON.stringify({ nonce: sid })
      const fields = { kind: 'probe' as const, to: idOf(duo.b), from: key.peerId, sid, payload }
      duo.feed(duo.b, { type: 'envelope', envelope: duo.forge(key, fields), carrier })
    }
    return duo.sent.filter(({ kind }) => kind === 'accept').length - before
  }

  waitForTheirEnd(): void {
    this.duo.now += CONNECT_TIMEOUT_MS
    this.duo.feed(this.duo.b, { type: 'wake' })
  }
}

const keys = (count: number) => Array.from({ length: count }, makeKey)

it('callers whose calls lead to nothing leave half of the slots to others when they come again', () => {
  const called = new Called()
  const hostile = keys(MOST)
  expect(called.by(hostile)).toBe(MOST)
  expect(called.by(keys(1))).toBe(0)
  for (let round = 0; round < 3; round++) {
    called.waitForTheirEnd()
    expect(called.by(hostile)).toBe(MOST / 2)
    // An honest one, whose first call may fail too, is heard.
    expect(called.by(keys(1))).toBe(1)
  }
  called.waitForTheirEnd()
  called.duo.connect()
  expect(called.duo.isUp(called.duo.b)).toBe(true)
  // Whose call led to a link calls like anybody when it is lost.
  called.duo.feed(called.duo.b, { type: 'channelClosed', sid: called.duo.sent.at(-1)!.sid })
  expect(called.by(hostile)).toBe(MOST / 2)
  expect(called.by([called.duo.a.key])).toBe(1)
})

it('calls that come over one neighbour leave room for those of others, however many it makes up', () => {
  const called = new Called()
  const taken = [1, 2, 3].map((n) => called.by(keys(MOST), neighbour(n)))
  expect(taken).toEqual([MOST / 2, MOST / 4, MOST / 8 + 0.5].map(Math.floor))
  expect(called.by(keys(1))).toBe(1)
})

it('callers, however many, leave half of the calls that may be under way to our own', () => {
  const { introducer } = new Duo().b
  const most = LIMITS.pendingNegotiations
  expect(introducer.mayCallMore(most)).toBe(true)
  const called = new Called()
  called.by(keys(MOST))
  const { b } = called.duo
  for (let call = 0; call < most; call++) {
    expect([call, b.introducer.mayCallMore(most)]).toEqual([call, call < most / 2])
    called.duo.carrier = () => null
    called.duo.feed(b, { type: 'connect', peer: makeKey().peerId, carriers: ['server'] })
  }
})
