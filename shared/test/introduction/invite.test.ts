import { describe, expect, it } from 'vitest'
import type { SignalEnvelope } from '../../src/wire/envelope.ts'
import { INVITE_MS, OPEN_INVITES } from '../../src/protocols/introduction/constants.ts'
import { makeKey } from '../node/keys.ts'
import { Duo, idOf, type Side } from './duo.ts'

const MINUTE = 60_000

/** The last envelope that was signed, as a person would copy it. */
const written = (duo: Duo): SignalEnvelope => duo.sent.at(-1)!

function invited(): Duo {
  const duo = new Duo()
  duo.feed(duo.a, { type: 'invite' })
  return duo
}

const refusals = (side: Side): string[] =>
  side.effects.flatMap((effect) => (effect.type === 'manualRefused' ? [effect.code] : []))

describe('an invite', () => {
  it('and its reply, carried by people over minutes, make a link', () => {
    const duo = invited()
    expect(written(duo)).toMatchObject({ kind: 'invite', from: idOf(duo.a), to: idOf(duo.a) })
    duo.now += 10 * MINUTE
    duo.paste(duo.b, written(duo))
    expect(written(duo)).toMatchObject({ kind: 'answer', from: idOf(duo.b), to: idOf(duo.a) })
    duo.now += 10 * MINUTE
    duo.paste(duo.a, written(duo))
    expect([duo.isUp(duo.a), duo.isUp(duo.b)]).toEqual([true, true])
    expect(duo.a.introducer.stageOf(idOf(duo.b))).toBe('up')
    expect(duo.sent.map(({ kind }) => kind)).toEqual(['invite', 'answer'])
  })

  it('shows how far it is, at both ends, until it is given up or its link is gone', () => {
    const duo = invited()
    const states = () => [duo.a, duo.b].map(({ introducer }) => introducer.invites.map(({ state }) => state))
    expect(states()).toEqual([['waiting'], []])
    duo.paste(duo.b, written(duo))
    expect(states()).toEqual([['waiting'], ['waiting']])
    expect(duo.b.introducer.invites).toEqual(duo.a.introducer.invites)
    duo.paste(duo.a, written(duo))
    expect(states()).toEqual([['linked'], ['linked']])
    for (const side of [duo.a, duo.b])
      duo.feed(side, { type: 'channelClosed', sid: side.introducer.invites[0]!.sid })
    expect(states()).toEqual([[], []])
    duo.feed(duo.a, { type: 'invite' })
    duo.now += INVITE_MS
    duo.feed(duo.a, { type: 'wake' })
    expect(states()).toEqual([[], []])
  })

  it('holds all candidates: nothing is trickled', () => {
    const duo = invited()
    duo.paste(duo.b, written(duo))
    for (const side of [duo.a, duo.b])
      expect(side.effects.find(({ type }) => type === 'openConnection')).toMatchObject({ isTrickling: false })
  })

  it('does not count as a negotiation under way, and ends after half an hour', () => {
    const duo = invited()
    expect(duo.a.introducer.pendingCount).toBe(0)
    duo.now += INVITE_MS
    duo.feed(duo.a, { type: 'wake' })
    expect(duo.types(duo.a)).toContain('closeConnection')
    expect(duo.types(duo.a)).not.toContain('linkFailed')
  })

  it('makes room for a newer one', () => {
    const duo = invited()
    for (let i = 0; i < OPEN_INVITES; i++) duo.feed(duo.a, { type: 'invite' })
    expect(duo.types(duo.a).filter((type) => type === 'closeConnection')).toHaveLength(1)
  })

  it('is answered once: a second reply is refused', () => {
    const duo = invited()
    const invite = written(duo)
    duo.paste(duo.b, invite)
    const reply = written(duo)
    duo.paste(duo.a, reply)
    duo.paste(duo.a, reply)
    expect(refusals(duo.a)).toEqual(['alreadyLinked'])
    duo.paste(duo.b, invite)
    expect(refusals(duo.b)).toEqual(['alreadyLinked'])
  })

  it.each<[string, (duo: Duo, invite: SignalEnvelope) => SignalEnvelope, string]>([
    [
      'changed on its way',
      (_, invite) => ({ ...invite, payload: invite.payload.replace('abcd', 'abce') }),
      'badSignature',
    ],
    ['signed by another key', (_, invite) => ({ ...invite, key: makeKey().key }), 'badKey'],
    ['too old', (duo, invite) => ((duo.now += INVITE_MS + 11 * MINUTE), invite), 'expired'],
    ['valid too long', (duo, invite) => duo.forge(duo.a.key, invite, duo.now + 120 * MINUTE), 'expired'],
    [
      'of somebody else for somebody else',
      (duo, invite) => duo.forge(duo.a.key, { ...invite, to: makeKey().peerId }),
      'notForUs',
    ],
    [
      'our own',
      (duo, invite) => duo.forge(duo.b.key, { ...invite, from: idOf(duo.b), to: idOf(duo.b) }),
      'ownInvite',
    ],
    [
      'without a description',
      (duo, invite) => duo.forge(duo.a.key, { ...invite, payload: '{}' }),
      'badPayload',
    ],
    [
      'with a bad description',
      (duo, invite) =>
        duo.forge(duo.a.key, { ...invite, payload: invite.payload.replace('sha-256', 'sha-1') }),
      'badPayload',
    ],
  ])('%s is refused with a reason', (_, change, code) => {
    const duo = invited()
    duo.paste(duo.b, change(duo, written(duo)))
    expect(refusals(duo.b)).toEqual([code])
    expect(duo.b.introducer.stageOf(idOf(duo.a))).toBeNull()
  })

  it('is not taken from a server or peer', () => {
    const duo = invited()
    duo.deliver(duo.b, written(duo))
    expect(duo.b.effects).toEqual([])
  })

  it('binds the certificate: a reply with another one makes no link', () => {
    const duo = invited()
    duo.paste(duo.b, written(duo))
    const reply = written(duo)
    const payload = reply.payload.replace(/(22:){4}/, '33:33:33:33:')
    expect(payload).not.toBe(reply.payload)
    duo.paste(duo.a, duo.forge(duo.b.key, { ...reply, payload }))
    expect([duo.isUp(duo.a), duo.isUp(duo.b)]).toEqual([false, false])
  })
})
