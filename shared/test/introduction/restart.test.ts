import { describe, expect, it } from 'vitest'
import type { SignalEnvelope } from '../../src/wire/envelope.ts'
import { RESTART_GAP_MS } from '../../src/protocols/introduction/constants.ts'
import type { LocalSignal } from '../../src/protocols/introduction/effects.ts'
import { fakeSdp, makeKey } from '../node/keys.ts'
import { Duo, sidOf, type Side } from './duo.ts'

const candidate = (address: string): LocalSignal => ({
  type: 'candidate',
  candidate: `candidate:1 1 udp 2122260223 ${address} 5000 typ host`,
  sdpMid: '0',
  sdpMLineIndex: 0,
})

/** A link that is up; what is applied and sent from here on counts. */
function linked() {
  const duo = new Duo()
  duo.connect()
  expect(duo.isUp(duo.a) && duo.isUp(duo.b)).toBe(true)
  const before = { a: duo.a.effects.length, b: duo.b.effects.length, sent: duo.sent.length }
  const applied = (side: Side) =>
    side.effects
      .slice(side === duo.a ? before.a : before.b)
      .flatMap((effect) => (effect.type === 'applySignal' ? [effect.signal] : []))
  return {
    duo,
    sent: () => duo.sent.slice(before.sent),
    kinds: () => duo.sent.slice(before.sent).map(({ kind }) => kind),
    applied: (side: Side) => applied(side).map(({ type }) => type),
    restart: (side: Side, carriers = ['server' as const]) =>
      duo.feed(side, { type: 'restart', sid: sidOf(duo), carriers }),
  }
}

/** Signs another payload in the name of one end: what a broken or hostile end could send. */
function forged(duo: Duo, by: Side, kind: 'restart' | 'restarted', change: object): SignalEnvelope {
  const { sid, from, to } = duo.sent.find((envelope) => envelope.from === by.key.peerId) ?? duo.sent[0]!
  const accept = duo.sent.find((envelope) => envelope.kind === 'accept')!
  const { nonce, peerNonce } = JSON.parse(accept.payload) as Record<string, string>
  const nonces = by === duo.b ? { nonce, peerNonce } : { nonce: peerNonce, peerNonce: nonce }
  const payload = JSON.stringify({ ...nonces, round: 1, sdp: fakeSdp(by.fingerprint), ...change })
  return duo.forge(by.key, { kind, sid, from, to, payload })
}

describe('a restart', () => {
  it('is offered by the initiator, whoever noticed', () => {
    for (const noticed of ['a', 'b'] as const) {
      const { duo, kinds, applied, restart } = linked()
      restart(duo[noticed])
      expect(kinds()).toEqual(
        noticed === 'a' ? ['restart', 'restarted'] : ['restart', 'restart', 'restarted'],
      )
      expect([applied(duo.a), applied(duo.b)]).toEqual([['answer'], ['offer']])
      expect(duo.types(duo.a)).not.toContain('linkDown')
    }
  })

  it('happens once when both notice at the same time, and again later', () => {
    const { duo, applied, restart } = linked()
    restart(duo.b)
    restart(duo.a)
    restart(duo.b)
    expect(applied(duo.b)).toEqual(['offer'])
    duo.now += RESTART_GAP_MS
    restart(duo.a)
    expect([applied(duo.a), applied(duo.b)]).toEqual([
      ['answer', 'answer'],
      ['offer', 'offer'],
    ])
  })

  it('takes several ways at once, and counts once', () => {
    const { duo, applied, sent } = linked()
    const neighbour = makeKey().peerId
    duo.feed(duo.a, { type: 'restart', sid: sidOf(duo), carriers: ['server', neighbour] })
    expect(sent().filter(({ kind }) => kind === 'restart')).toHaveLength(2)
    expect([applied(duo.a), applied(duo.b)]).toEqual([['answer'], ['offer']])
  })

  it('holds candidates back that overtake their description, and drops those of the path before', () => {
    const { duo, sent, applied, restart } = linked()
    const held: SignalEnvelope[] = []
    duo.carrier = (envelope) => (held.push(envelope), null)
    restart(duo.a)
    duo.feed(duo.a, { type: 'localSignal', sid: sidOf(duo), signal: candidate('192.168.1.7') })
    const [offer] = held
    duo.deliver(duo.b, offer!)
    duo.feed(duo.b, { type: 'localSignal', sid: sidOf(duo), signal: candidate('192.168.1.8') })
    const answer = held.find(({ kind }) => kind === 'restarted')!
    const theirs = held.filter(({ kind }) => kind === 'candidate')[1]!
    duo.deliver(duo.a, theirs)
    expect(applied(duo.a)).toEqual([])
    duo.deliver(duo.a, answer)
    expect(applied(duo.a)).toEqual(['answer', 'candidate'])
    expect(JSON.parse(sent().at(-1)!.payload)).toMatchObject({ round: 1 })
  })

  it.each([
    ['another certificate', { sdp: fakeSdp('9'.repeat(64)) }],
    ['no description at all from the responder’s side', { sdp: 'v=0' }],
    ['a round that was', { round: 0 }],
    ['foreign nonces', { nonce: 'ab'.repeat(16) }],
    ['a field more', { extra: 1 }],
  ])('is not taken with %s', (_what, change) => {
    const { duo, applied } = linked()
    duo.deliver(duo.b, forged(duo, duo.a, 'restart', {}))
    expect(applied(duo.b)).toEqual(['offer'])
    const other = linked()
    other.duo.deliver(other.duo.b, forged(other.duo, other.duo.a, 'restart', change))
    expect(other.applied(other.duo.b)).toEqual([])
    expect(other.duo.isUp(other.duo.b)).toBe(true)
  })

  it('is not taken twice, nor from the responder with a description', () => {
    const { duo, applied } = linked()
    const envelope = forged(duo, duo.a, 'restart', {})
    duo.deliver(duo.b, envelope)
    duo.deliver(duo.b, envelope)
    expect(applied(duo.b)).toEqual(['offer'])
    duo.deliver(duo.a, forged(duo, duo.b, 'restart', { round: 5 }))
    expect(applied(duo.a)).toEqual([])
  })

  it.each([
    ['another certificate', { sdp: fakeSdp('9'.repeat(64)) }],
    ['another offer', { offerHash: '00'.repeat(32) }],
    ['another round', { round: 2 }],
  ])('is not ended by an answer with %s', (_what, change) => {
    const run = (altered: object) => {
      const { duo, applied, restart } = linked()
      let answer: SignalEnvelope | undefined
      duo.carrier = (envelope) => {
        if (envelope.kind !== 'restarted') return envelope
        answer = envelope
        return null
      }
      restart(duo.a)
      const payload = JSON.parse(answer!.payload) as object
      duo.deliver(duo.a, forged(duo, duo.b, 'restarted', { ...payload, ...altered }))
      return applied(duo.a)
    }
    expect(run({})).toEqual(['answer'])
    expect(run(change)).toEqual([])
  })

  it('of a link that came about by hand goes over other ways', () => {
    const duo = new Duo()
    duo.feed(duo.a, { type: 'invite' })
    duo.paste(duo.b, duo.sent.at(-1)!)
    duo.paste(duo.a, duo.sent.at(-1)!)
    expect(duo.isUp(duo.a)).toBe(true)
    duo.feed(duo.b, { type: 'restart', sid: sidOf(duo), carriers: ['server'] })
    expect(duo.sent.map(({ kind }) => kind).slice(2)).toEqual(['restart', 'restart', 'restarted'])
  })

  it('is of no meaning before the link is up, or for one that is not there', () => {
    const duo = new Duo()
    duo.carrier = () => null
    duo.connect()
    duo.feed(duo.a, { type: 'restart', sid: sidOf(duo), carriers: ['server'] })
    duo.feed(duo.b, { type: 'restart', sid: sidOf(duo), carriers: ['server'] })
    expect(duo.sent).toHaveLength(1)
    expect(duo.types(duo.a)).not.toContain('restartIce')
  })
})
