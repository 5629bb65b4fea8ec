import { describe, expect, it } from 'vitest'
import { defined } from '../../../src/kernel/invariant.ts'
import { parseNonce, parsePeerId, parseSessionId, type PeerId } from '../../../src/kernel/ids.ts'
import { createRng } from '../../../src/kernel/rng.ts'
import { CircuitEnds, type CircuitEndsEffect } from '../../../src/protocols/relay/circuit-ends.ts'
import { ASK_MS, RELAYS_ASKED, SEALED_BYTES, WINDOW_BYTES } from '../../../src/protocols/relay/constants.ts'
import type { RelayMessage } from '../../../src/protocols/relay/messages.ts'
import type { CircuitRef } from '../../../src/wire/circuit-description.ts'

const peer = (name: string): PeerId => defined(parsePeerId(name.repeat(64).slice(0, 64)), 'peer')
const sid = defined(parseSessionId('5d'.repeat(16)), 'session')
const [FAR, RELAY, OTHER] = [peer('f'), peer('a'), peer('b')]

type Sent = { to: PeerId; message: RelayMessage }
const sentBy = (effects: CircuitEndsEffect[]): Sent[] =>
  effects.flatMap((effect) => (effect.type === 'send' ? [effect] : []))
const types = (effects: CircuitEndsEffect[]): string[] =>
  effects.map((effect) => (effect.type === 'send' ? effect.message.type : effect.type))

class Rig {
  now = 1_000
  readonly ends = new CircuitEnds(createRng(1))

  reach(...relays: PeerId[]): CircuitEndsEffect[] {
    return this.ends.handle({ type: 'reach', peer: FAR, relays }, this.now)
  }

  hear(from: PeerId, message: RelayMessage): CircuitEndsEffect[] {
    return this.ends.handle({ type: 'message', from, message }, this.now)
  }

  /** A circuit that a relay told us of, with a session over it. */
  bound(ref: CircuitRef = { relay: RELAY, id: defined(parseNonce('c1'.repeat(16)), 'circuit') }): CircuitRef {
    this.hear(ref.relay, { type: 'incoming', circuit: ref.id, from: FAR })
    this.ends.handle({ type: 'bind', sid, peer: FAR, ref }, this.now)
    return ref
  }

  send(bytes: number): CircuitEndsEffect[] {
    return this.ends.handle({ type: 'sealed', sid, bytes: new Uint8Array(bytes) }, this.now)
  }
}

describe('ends of circuits', () => {
  it('ask one relay after the other, each once', () => {
    const rig = new Rig()
    const relays = ['1', '2', '3', '4', '5'].map(peer)
    let effects = rig.reach(...relays)
    const asked = new Set<PeerId>()
    for (let turn = 0; turn < RELAYS_ASKED; turn++) {
      const [{ to, message } = defined<Sent>(undefined, 'question')] = sentBy(effects)
      expect(message).toMatchObject({ type: 'open', to: FAR })
      asked.add(to)
      expect(rig.ends.isReaching(FAR)).toBe(true)
      effects = rig.hear(to, { type: 'refused', circuit: message.circuit, reason: 'busy' })
    }
    expect(effects).toEqual([{ type: 'unreachable', peer: FAR }])
    expect(asked.size).toBe(RELAYS_ASKED)
    expect(rig.ends.isReaching(FAR)).toBe(false)
  })

  it('do not wait for a relay that is silent or gone', () => {
    const rig = new Rig()
    rig.reach(RELAY, OTHER)
    rig.now += ASK_MS
    expect(types(rig.ends.handle({ type: 'wake' }, rig.now))).toEqual(['close', 'open'])
    const lost = [RELAY, OTHER].flatMap((gone) => rig.ends.handle({ type: 'linkDown', peer: gone }, rig.now))
    expect(types(lost)).toContain('unreachable')
  })

  it('introduce themselves over a circuit once it is there, and try the next relay when that fails', () => {
    const rig = new Rig()
    const [{ to, message } = defined<Sent>(undefined, 'question')] = sentBy(rig.reach(RELAY, OTHER))
    // Nobody else can say so.
    expect(rig.hear(FAR, { type: 'opened', circuit: message.circuit })).toEqual([])
    const opened = rig.hear(to, { type: 'opened', circuit: message.circuit })
    expect(opened).toEqual([{ type: 'connect', peer: FAR, ref: { relay: to, id: message.circuit } }])
    expect(rig.ends.wakeAt()).toBe(Infinity)
    // The relay need not keep a place for what came to nothing.
    expect(types(rig.ends.handle({ type: 'failed', peer: FAR }, rig.now))).toEqual(['close', 'open'])
    // Linked by another way meanwhile.
    expect(types(rig.ends.handle({ type: 'linked', peer: FAR }, rig.now))).toEqual(['close'])
    expect(rig.ends.isReaching(FAR)).toBe(false)
  })

  it('keep the circuit over which they were linked', () => {
    const rig = new Rig()
    const [{ to, message } = defined<Sent>(undefined, 'question')] = sentBy(rig.reach(RELAY))
    rig.hear(to, { type: 'opened', circuit: message.circuit })
    const ref = { relay: to, id: message.circuit }
    rig.ends.handle({ type: 'bind', sid, peer: FAR, ref }, rig.now)
    expect(rig.ends.handle({ type: 'linked', peer: FAR }, rig.now)).toEqual([])
    expect(types(rig.send(10))).toEqual(['data'])
  })

  it('take part only in circuits that they know, with the peer and over the relay that they know', () => {
    const id = defined(parseNonce('c2'.repeat(16)), 'circuit')
    const bind = (told: { relay: PeerId; from: PeerId } | null) => {
      const rig = new Rig()
      if (told !== null) rig.hear(told.relay, { type: 'incoming', circuit: id, from: told.from })
      return types(rig.ends.handle({ type: 'bind', sid, peer: FAR, ref: { relay: RELAY, id } }, rig.now))
    }
    expect(bind({ relay: RELAY, from: FAR })).toEqual([])
    expect(bind(null)).toEqual(['lost'])
    expect(bind({ relay: OTHER, from: FAR })).toEqual(['lost'])
    expect(bind({ relay: RELAY, from: OTHER })).toEqual(['lost'])
  })

  it('carry frames in parts that arrive whole', () => {
    const [a, b] = [new Rig(), new Rig()]
    const ref = a.bound()
    b.bound()
    const frame = Uint8Array.from({ length: 50_000 }, (_, at) => at % 251)
    const parts = sentBy(a.ends.handle({ type: 'sealed', sid, bytes: frame }, 0))
    expect(parts.map(({ to }) => to)).toEqual(parts.map(() => ref.relay))
    const arrived = parts.flatMap(({ message }) => b.hear(RELAY, message))
    expect(arrived).toEqual([{ type: 'arrived', sid, bytes: frame }])
  })

  it('never have more under way than the window, and say when they are full', () => {
    const rig = new Rig()
    const { id } = rig.bound()
    let under = 0
    const seen: string[] = []
    const note = (effects: CircuitEndsEffect[]) => {
      for (const { message } of sentBy(effects)) if (message.type === 'data') under += message.bytes.length
      seen.push(...types(effects).filter((type) => type === 'congested' || type === 'writable'))
    }
    for (let frame = 0; frame < 12; frame++) note(rig.send(65_000))
    expect(under).toBeLessThanOrEqual(WINDOW_BYTES)
    expect(seen).toEqual(['congested'])
    let total = under
    while (under > 0) {
      const taken = under
      under = 0
      note(rig.hear(RELAY, { type: 'credit', circuit: id, bytes: taken }))
      total += under
    }
    expect(total).toBe(12 * 65_000)
    expect(seen).toEqual(['congested', 'writable'])
  })

  it.each<[string, (rig: Rig, ref: CircuitRef) => CircuitEndsEffect[]]>([
    [
      'more credit than was sent',
      (rig, { id }) => rig.hear(RELAY, { type: 'credit', circuit: id, bytes: 1 }),
    ],
    [
      'a frame without end',
      (rig, { id }) =>
        Array.from({ length: SEALED_BYTES / 16_000 + 1 }, () =>
          rig.hear(RELAY, { type: 'data', circuit: id, isLast: false, bytes: new Uint8Array(16_000) }),
        ).flat(),
    ],
    [
      'a part without bytes',
      (rig, { id }) => rig.hear(RELAY, { type: 'data', circuit: id, isLast: true, bytes: new Uint8Array(0) }),
    ],
    [
      'parts that are cut smaller than need be',
      (rig, { id }) =>
        rig.hear(RELAY, { type: 'data', circuit: id, isLast: false, bytes: new Uint8Array(15_999) }),
    ],
  ])('give a circuit up over %s', (_, act) => {
    const rig = new Rig()
    expect(types(act(rig, rig.bound()))).toEqual(expect.arrayContaining(['close', 'lost']))
  })

  it('end with their circuit, with its relay, and when told so by the relay alone', () => {
    const closed = new Rig()
    const { id } = closed.bound()
    expect(types(closed.hear(OTHER, { type: 'close', circuit: id }))).toEqual([])
    expect(types(closed.hear(RELAY, { type: 'close', circuit: id }))).toEqual(['lost'])
    const cut = new Rig()
    cut.bound()
    expect(cut.ends.needs(RELAY)).toBe(true)
    expect(types(cut.ends.handle({ type: 'linkDown', peer: RELAY }, 0))).toEqual(['lost'])
    const left = new Rig()
    left.bound()
    expect(types(left.ends.handle({ type: 'unbind', sid }, 0))).toEqual(['close'])
    expect(left.ends.needs(RELAY)).toBe(false)
  })
})
