import { describe, expect, it } from 'vitest'
import { decodeEnvelope, type SignalEnvelope, type SignalKind } from '../../src/wire/envelope.ts'
import { LIMITS } from '../../src/kernel/limits.ts'
import { fakeSdp, makeKey } from '../node/keys.ts'
import { Duo, idOf, sidOf } from './duo.ts'

/** Changes the first envelope of a kind on its way. */
function tamper(
  duo: Duo,
  kind: SignalKind,
  change: (envelope: SignalEnvelope) => SignalEnvelope | null,
): void {
  duo.carrier = (envelope) => (envelope.kind === kind ? change(envelope) : envelope)
}

const withPayload = (
  envelope: SignalEnvelope,
  change: (payload: Record<string, unknown>) => object,
): SignalEnvelope => ({
  ...envelope,
  payload: JSON.stringify(change(JSON.parse(envelope.payload) as Record<string, unknown>)),
})

describe('a negotiation', () => {
  it('goes probe, accept, offer, answer and ends with a link on both sides', () => {
    const duo = new Duo()
    duo.connect()
    expect(duo.sent.map(({ kind }) => kind)).toEqual(['probe', 'accept', 'offer', 'answer'])
    expect(duo.isUp(duo.a)).toBe(true)
    expect(duo.isUp(duo.b)).toBe(true)
    expect(duo.a.introducer.stageOf(idOf(duo.b))).toBe('up')
    expect(duo.a.introducer.wakeAt()).toBe(Infinity)
  })

  it('constructs no connection before the other side has accepted', () => {
    const duo = new Duo()
    tamper(duo, 'accept', () => null)
    duo.connect()
    expect(duo.types(duo.a)).not.toContain('openConnection')
    expect(duo.types(duo.b)).not.toContain('openConnection')
  })

  it('takes nothing that was meant for another negotiation, though key and session are right', () => {
    const duo = new Duo()
    tamper(duo, 'accept', () => null)
    duo.connect()
    const sid = sidOf(duo)
    const payload = (peerNonce: string) => JSON.stringify({ nonce: 'ab'.repeat(16), peerNonce })
    const accept = { kind: 'accept' as const, to: idOf(duo.a), from: idOf(duo.b), sid }
    duo.deliver(duo.a, duo.forge(duo.b.key, { ...accept, payload: payload('cd'.repeat(16)) }))
    expect(duo.types(duo.a)).not.toContain('openConnection')
    const { nonce } = JSON.parse(duo.sent[0]?.payload ?? '') as { nonce: string }
    duo.deliver(duo.a, duo.forge(duo.b.key, { ...accept, payload: payload(nonce) }))
    expect(duo.types(duo.a)).toContain('openConnection')
  })

  it('ends up with one link when both call at once', () => {
    const duo = new Duo()
    const held: { to: 'a' | 'b'; envelope: SignalEnvelope }[] = []
    duo.carrier = (envelope, from) => {
      held.push({ to: from === duo.a ? 'b' : 'a', envelope })
      return null
    }
    duo.connect(duo.a)
    duo.connect(duo.b)
    duo.carrier = (envelope) => envelope
    for (const { to, envelope } of held) duo.deliver(duo[to], envelope)
    expect(duo.isUp(duo.a) && duo.isUp(duo.b)).toBe(true)
    const opened = [...duo.types(duo.a), ...duo.types(duo.b)].filter((type) => type === 'openConnection')
    expect(opened).toHaveLength(2)
  })

  it('tries the next way when nobody answers, then gives up', () => {
    const duo = new Duo()
    duo.carrier = () => null
    const via = makeKey().peerId
    duo.feed(duo.a, { type: 'connect', peer: idOf(duo.b), carriers: ['server', via] })
    duo.now = duo.a.introducer.wakeAt()
    duo.feed(duo.a, { type: 'wake' })
    const routes = duo.a.effects.flatMap((effect) => (effect.type === 'route' ? [effect.carrier] : []))
    expect(routes).toEqual(['server', via])
    duo.now = duo.a.introducer.wakeAt()
    duo.feed(duo.a, { type: 'wake' })
    expect(duo.a.effects.at(-1)).toMatchObject({ type: 'linkFailed', peer: idOf(duo.b), code: 'noAnswer' })
    expect(duo.a.introducer.stageOf(idOf(duo.b))).toBeNull()
  })

  it('a call that was lost, since the other was not there yet, is repeated when the other calls', () => {
    const duo = new Duo()
    const [smaller, larger] = idOf(duo.a) < idOf(duo.b) ? [duo.a, duo.b] : [duo.b, duo.a]
    duo.carrier = () => null
    duo.connect(smaller)
    duo.carrier = (envelope) => envelope
    duo.connect(larger)
    expect([duo.isUp(smaller), duo.isUp(larger)]).toEqual([true, true])
    expect(duo.sent.filter(({ kind }) => kind === 'probe').map(({ from }) => from)).toEqual(
      [smaller, larger, smaller].map(idOf),
    )
  })

  it('takes calls for the systems that have room, and those for shares', () => {
    const call = (systems: readonly string[]) => {
      const duo = new Duo()
      duo.accepts = (_, asked) => asked.length === 0 || asked.includes('kazaa')
      duo.feed(duo.a, { type: 'connect', peer: idOf(duo.b), carriers: ['server'], systems })
      return duo
    }
    const refused = call(['ring'])
    expect(refused.a.effects.at(-1)).toMatchObject({ type: 'linkFailed', code: 'busy' })
    expect(refused.types(refused.b)).not.toContain('openConnection')
    for (const systems of [['ring', 'kazaa'], []]) expect(call(systems).sent.at(1)?.kind).toBe('accept')
  })

  it('says busy when it has no room, and refuses whom it banned', () => {
    const busy = new Duo()
    busy.feed(busy.b, { type: 'capacity', isOpen: false })
    busy.connect()
    expect(busy.a.effects.at(-1)).toMatchObject({ type: 'linkFailed', code: 'busy' })
    const banned = new Duo()
    banned.feed(banned.b, { type: 'ban', peer: idOf(banned.a) })
    banned.connect()
    expect(banned.a.effects.at(-1)).toMatchObject({ type: 'linkFailed', code: 'refused' })
  })

  it('reports a lost link and can make a new one', () => {
    const duo = new Duo()
    duo.connect()
    duo.feed(duo.a, { type: 'channelClosed', sid: sidOf(duo) })
    duo.feed(duo.b, { type: 'channelClosed', sid: sidOf(duo) })
    expect(duo.types(duo.a).at(-1)).toBe('linkDown')
    duo.now += 1000
    duo.connect(duo.b)
    expect(duo.a.introducer.stageOf(idOf(duo.b))).toBe('up')
  })

  it('passes candidates on, but only so many and only addresses', () => {
    const duo = new Duo()
    tamper(duo, 'answer', () => null)
    duo.connect()
    const candidate = 'candidate:1 1 udp 2122260223 192.168.1.7 50000 typ host generation 0 ufrag abcd'
    const send = (text: string) =>
      duo.feed(duo.a, {
        type: 'localSignal',
        sid: sidOf(duo),
        signal: { type: 'candidate', candidate: text, sdpMid: '0', sdpMLineIndex: 0 },
      })
    send('candidate:1 1 udp 2122260223 evil.example.com 50000 typ host')
    send('candidate:1 1 udp 2122260223 127.0.0.1 50000 typ host')
    expect(duo.types(duo.b).filter((type) => type === 'applySignal')).toHaveLength(1)
    for (let i = 0; i < 40; i++) send(candidate)
    const applied = duo.types(duo.b).filter((type) => type === 'applySignal').length - 1
    expect(applied).toBe(LIMITS.candidatesPerSession - 2)
  })
})

describe('an attacker who carries the envelopes', () => {
  const kinds: SignalKind[] = ['probe', 'accept', 'offer', 'answer']

  it.each(kinds)('can change nothing in %s', (kind) => {
    for (const change of [
      (envelope: SignalEnvelope) => ({ ...envelope, expiry: envelope.expiry + 1 }),
      (envelope: SignalEnvelope) => ({
        ...envelope,
        kind: kind === 'offer' ? ('answer' as const) : ('offer' as const),
      }),
      (envelope: SignalEnvelope) => ({ ...envelope, sid: 'f'.repeat(32) as SignalEnvelope['sid'] }),
      (envelope: SignalEnvelope) => ({ ...envelope, signature: '0'.repeat(128) }),
      (envelope: SignalEnvelope) => ({
        ...envelope,
        payload: envelope.payload.replace(/[0-9a-f]/, 'e') + ' ',
      }),
    ]) {
      const duo = new Duo()
      tamper(duo, kind, change)
      duo.connect()
      expect(duo.isUp(duo.a) || duo.isUp(duo.b)).toBe(false)
    }
  })

  it.each(['offer', 'answer'] as const)('can not swap the certificate in the %s', (kind) => {
    const duo = new Duo()
    tamper(duo, kind, (envelope) =>
      withPayload(envelope, (payload) => ({ ...payload, sdp: fakeSdp('e'.repeat(64)) })),
    )
    duo.connect()
    expect(duo.isUp(duo.a) || duo.isUp(duo.b)).toBe(false)
  })

  it('can not speak for a peer with a key of its own', () => {
    const duo = new Duo()
    const mallory = makeKey()
    const probe = {
      kind: 'probe',
      to: idOf(duo.b),
      sid: 'a'.repeat(32) as never,
      payload: JSON.stringify({ nonce: 'b'.repeat(32) }),
    } as const
    duo.deliver(duo.b, duo.forge(mallory, { ...probe, from: idOf(duo.a) }))
    expect(duo.types(duo.b)).toEqual([])
    // The real key's bytes with Mallory's signature fare no better.
    const forged = { ...duo.forge(mallory, { ...probe, from: idOf(duo.a) }), key: duo.a.key.key }
    duo.deliver(duo.b, forged)
    expect(duo.types(duo.b)).toEqual(['verify'])
  })

  it('gains nothing by replaying a probe or a whole earlier negotiation', () => {
    const duo = new Duo()
    duo.connect()
    const recorded = [...duo.sent]
    duo.feed(duo.a, { type: 'channelClosed', sid: sidOf(duo) })
    duo.feed(duo.b, { type: 'channelClosed', sid: sidOf(duo) })
    const before = duo.types(duo.b).filter((type) => type === 'openConnection').length
    for (const envelope of recorded) duo.deliver(envelope.to === idOf(duo.a) ? duo.a : duo.b, envelope)
    expect(duo.types(duo.b).filter((type) => type === 'openConnection')).toHaveLength(before)
    expect(duo.b.introducer.pendingCount).toBe(0)
  })

  it('can not splice an offer of one negotiation into another', () => {
    const first = new Duo()
    first.connect()
    const oldOffer = first.sent.find(({ kind }) => kind === 'offer')!
    first.feed(first.a, { type: 'channelClosed', sid: sidOf(first) })
    first.feed(first.b, { type: 'channelClosed', sid: sidOf(first) })
    tamper(first, 'offer', (envelope) => ({ ...oldOffer, sid: envelope.sid }))
    first.now += 1
    const ups = first.types(first.b).filter((type) => type === 'linkUp').length
    first.connect()
    expect(first.types(first.b).filter((type) => type === 'linkUp')).toHaveLength(ups)
  })

  it('can not have an answer taken for another offer', () => {
    const duo = new Duo()
    const isAnswer = (envelope: SignalEnvelope) =>
      duo.forge(duo.b.key, {
        ...withPayload(envelope, (payload) => ({ ...payload, offerHash: 'c'.repeat(64) })),
      })
    tamper(duo, 'answer', isAnswer)
    duo.connect()
    expect(duo.types(duo.a)).not.toContain('applySignal')
  })

  it('can not prove a key it does not have once the channel is open', () => {
    const duo = new Duo()
    const mallory = makeKey()
    duo.proof = (_signature, from) => (from === duo.b ? mallory.sign('ringdrop-link-v1') : _signature)
    duo.connect()
    expect(duo.isUp(duo.a)).toBe(false)
    expect(duo.a.effects.at(-1)).toMatchObject({ type: 'linkFailed', code: 'badProof' })
  })

  it('can not reflect a proof', () => {
    const duo = new Duo()
    let own = ''
    duo.proof = (signature, from) => {
      if (from === duo.b) own = signature
      return from === duo.a ? own : signature
    }
    duo.connect()
    expect(own).not.toBe('')
    expect(duo.isUp(duo.b)).toBe(false)
  })

  it('can not downgrade the version, smuggle fields or lie about size', () => {
    const duo = new Duo()
    duo.connect()
    const good = duo.sent[0]!
    expect(decodeEnvelope(good).ok).toBe(true)
    for (const bad of [
      { ...good, v: 0 },
      { ...good, extra: 1 },
      { ...good, key: good.key.slice(2) },
      { ...good, payload: 'x'.repeat(LIMITS.signalBytes) },
      { ...good, route: Array.from({ length: LIMITS.signalHops + 1 }, () => good.from) },
      { ...good, expiry: 1.5 },
      null,
      [],
      'probe',
    ]) {
      expect(decodeEnvelope(bad).ok).toBe(false)
    }
  })

  it('can not use what has expired, or what claims to be valid for ages', () => {
    for (const expiry of [-11 * 60_000, 30 * 60_000]) {
      const duo = new Duo()
      const probe = {
        kind: 'probe',
        to: idOf(duo.b),
        from: idOf(duo.a),
        sid: 'a'.repeat(32) as never,
        payload: JSON.stringify({ nonce: 'b'.repeat(32) }),
      } as const
      duo.deliver(duo.b, duo.forge(duo.a.key, probe, duo.now + expiry))
      expect(duo.types(duo.b)).toEqual([])
    }
  })
})
