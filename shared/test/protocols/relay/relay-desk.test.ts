import { describe, expect, it } from 'vitest'
import { defined } from '../../../src/kernel/invariant.ts'
import { parseNonce, parsePeerId, type PeerId } from '../../../src/kernel/ids.ts'
import {
  CIRCUITS,
  CIRCUITS_PER_NEIGHBOUR,
  DIAL_MS,
  IDLE_MS,
  PART_BYTES,
  QUEUE_BYTES,
  RELAY_BYTES_PER_SECOND,
} from '../../../src/protocols/relay/constants.ts'
import type { RelayMessage } from '../../../src/protocols/relay/messages.ts'
import { RelayDesk, type RelayDeskEffect } from '../../../src/protocols/relay/relay-desk.ts'
import type { CircuitId } from '../../../src/wire/circuit-description.ts'

const peer = (name: string): PeerId => defined(parsePeerId(name.repeat(64).slice(0, 64)), 'peer')
const id = (number: number): CircuitId =>
  defined(parseNonce(number.toString(16).padStart(32, '0')), 'circuit')
const [SELF, A, B, C] = [peer('0'), peer('a'), peer('b'), peer('c')]
const ONE = id(1)

class Rig {
  now = 1_000
  readonly desk = new RelayDesk(SELF, 0)

  constructor(...linked: PeerId[]) {
    for (const each of linked) this.desk.handle({ type: 'linkUp', peer: each }, this.now)
  }

  say(from: PeerId, message: RelayMessage): RelayDeskEffect[] {
    return this.desk.handle({ type: 'message', from, message }, this.now)
  }

  open(from: PeerId, to: PeerId, circuit = ONE): RelayDeskEffect[] {
    return this.say(from, { type: 'open', circuit, to })
  }

  data(from: PeerId, bytes = 10): RelayDeskEffect[] {
    return this.say(from, { type: 'data', circuit: ONE, isLast: true, bytes: new Uint8Array(bytes) })
  }

  wake(): RelayDeskEffect[] {
    this.now = Math.max(this.now, this.desk.wakeAt())
    return this.desk.handle({ type: 'wake' }, this.now)
  }
}

const sent = (effects: RelayDeskEffect[]): string[] =>
  effects.map((effect) =>
    effect.type === 'dial'
      ? `dial ${effect.peer.slice(0, 1)}`
      : `${effect.to.slice(0, 1)} ${effect.message.type === 'refused' ? effect.message.reason : effect.message.type}`,
  )

describe('a relay', () => {
  it('tells the far end first, then whoever asked', () => {
    expect(sent(new Rig(A, B).open(A, B))).toEqual(['b incoming', 'a opened'])
  })

  it('calls a far end that it has no link with, and says when it does not come', () => {
    const rig = new Rig(A)
    expect(sent(rig.open(A, B))).toEqual(['dial b'])
    expect(sent(rig.desk.handle({ type: 'linkUp', peer: B }, rig.now))).toEqual(['b incoming', 'a opened'])
    const vain = new Rig(A)
    vain.open(A, B)
    expect(sent(vain.desk.handle({ type: 'dialFailed', peer: B }, vain.now))).toEqual(['a unreachable'])
    const slow = new Rig(A)
    slow.open(A, B)
    expect(slow.desk.wakeAt()).toBe(slow.now + DIAL_MS)
    expect(sent(slow.wake())).toEqual(['a unreachable'])
    expect(slow.desk.circuitCount).toBe(0)
  })

  it('passes data, credit and the end on, to the other end alone', () => {
    const rig = new Rig(A, B, C)
    rig.open(A, B)
    expect(sent(rig.data(A))).toEqual(['b data'])
    expect(sent(rig.data(B))).toEqual(['a data'])
    expect(sent(rig.say(B, { type: 'credit', circuit: ONE, bytes: 5 }))).toEqual(['a credit'])
    // Whoever is not of the circuit has no say in it.
    expect(sent(rig.data(C))).toEqual([])
    expect(sent(rig.say(C, { type: 'close', circuit: ONE }))).toEqual([])
    expect(sent(rig.say(B, { type: 'close', circuit: ONE }))).toEqual(['a close'])
    expect(sent(rig.data(A))).toEqual([])
    expect(rig.desk.carriedBytes).toBe(20)
  })

  it.each<[string, (rig: Rig) => RelayDeskEffect[], string]>([
    ['itself', (rig) => rig.open(A, SELF), 'a unreachable'],
    ['whoever asks', (rig) => rig.open(A, A), 'a unreachable'],
    ['a circuit of that name', (rig) => (rig.open(A, B), rig.open(C, B)), 'c busy'],
    [
      'one too many of a neighbour',
      (rig) => {
        for (let number = 2; number < 2 + CIRCUITS_PER_NEIGHBOUR; number++) rig.open(A, B, id(number))
        return rig.open(A, C)
      },
      'a busy',
    ],
    [
      'one too many in all',
      (rig) => {
        for (let number = 0; number < CIRCUITS; number++)
          rig.open(asker(rig, number >> 2), B, id(100 + number))
        return rig.open(A, C)
      },
      'a busy',
    ],
    [
      'anybody when it is not willing',
      (rig) => (rig.desk.handle({ type: 'willing', isWilling: false }, rig.now), rig.open(A, B)),
      'a unwilling',
    ],
  ])('refuses %s', (_, act, expected) => {
    expect(sent(act(new Rig(A, B, C)))).toEqual([expected])
  })

  it('ends its circuits when it is no longer willing, and when a link ends', () => {
    const rig = new Rig(A, B)
    rig.open(A, B)
    expect(sent(rig.desk.handle({ type: 'willing', isWilling: false }, rig.now))).toEqual([
      'a close',
      'b close',
    ])
    const cut = new Rig(A, B)
    cut.open(A, B)
    expect(sent(cut.desk.handle({ type: 'linkDown', peer: A }, cut.now))).toEqual(['b close'])
    expect(cut.desk.needs(B)).toBe(false)
  })

  it('ends a circuit over which nothing goes', () => {
    const rig = new Rig(A, B)
    rig.open(A, B)
    rig.now += IDLE_MS / 2
    rig.data(A)
    expect(rig.desk.wakeAt()).toBe(rig.now + IDLE_MS)
    expect(sent(rig.wake())).toEqual(['a close', 'b close'])
  })

  it('passes on no more than its allowance, the rest in turn and soon', () => {
    const rig = new Rig(A, B)
    rig.open(A, B)
    let passed = 0
    const count = (effects: RelayDeskEffect[]) =>
      (passed += effects.filter(({ type }) => type === 'send').length * PART_BYTES)
    const startedAt = rig.now
    // Both ends keep their window full.
    for (let turn = 0; turn < 400; turn++) {
      while (passed < RELAY_BYTES_PER_SECOND * 2 && rig.desk.wakeAt() > rig.now + 1_000)
        count(rig.data(A, PART_BYTES))
      count(rig.wake())
      if (passed >= RELAY_BYTES_PER_SECOND * 2) break
    }
    const seconds = (rig.now - startedAt) / 1000
    expect(passed / seconds).toBeLessThan(RELAY_BYTES_PER_SECOND * 1.3)
    expect(passed / seconds).toBeGreaterThan(RELAY_BYTES_PER_SECOND * 0.8)
  })

  it('does not hold what an end sends beyond its window', () => {
    const rig = new Rig(A, B)
    rig.open(A, B)
    let effects: RelayDeskEffect[] = []
    for (let part = 0; part < (QUEUE_BYTES * 4) / PART_BYTES; part++)
      effects = effects.concat(rig.data(A, PART_BYTES))
    expect(sent(effects).filter((text) => text.endsWith('close'))).toEqual(['a close', 'b close'])
    expect(rig.desk.circuitCount).toBe(0)
    expect(rig.desk.wakeAt()).toBe(Infinity)
  })
})

function asker(rig: Rig, number: number): PeerId {
  const name = peer(`d${String(number)}`)
  rig.desk.handle({ type: 'linkUp', peer: name }, rig.now)
  return name
}
