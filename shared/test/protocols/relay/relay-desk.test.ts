import { describe, expect, it } from 'vitest'
import { defined } from '../../../src/kernel/invariant.ts'
import { TokenBucket } from '../../../src/kernel/token-bucket.ts'
import { parseNonce, parsePeerId, type PeerId } from '../../../src/kernel/ids.ts'
import {
  CIRCUITS,
  CIRCUITS_PER_NEIGHBOUR,
  DIAL_MS,
  IDLE_MS,
  NEIGHBOUR_DIALS,
  PART_BYTES,
  PART_COST_BYTES,
  QUEUE_BYTES,
  QUEUE_PARTS,
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
  readonly uploads = new TokenBucket(Infinity, Infinity, 0)
  readonly desk = new RelayDesk(SELF, 0, this.uploads)

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

  /** Without the clock. */
  settle(): RelayDeskEffect[] {
    return this.desk.handle({ type: 'wake' }, this.now)
  }

  wake(): RelayDeskEffect[] {
    this.now = Math.max(this.now, this.desk.wakeAt())
    return this.settle()
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

  it('gives the circuits their turns, also where the allowance is for one part at a time', () => {
    const rig = new Rig(A, B, C)
    const circuits = [
      [A, ONE],
      [C, id(2)],
    ] as const
    for (const [from, circuit] of circuits) rig.open(from, B, circuit)
    const passed = new Map<CircuitId, number>()
    const count = (effects: RelayDeskEffect[]) => {
      for (const effect of effects)
        if (effect.type === 'send' && effect.message.type === 'data')
          passed.set(effect.message.circuit, (passed.get(effect.message.circuit) ?? 0) + 1)
    }
    const bytes = new Uint8Array(PART_BYTES)
    const fill = ([from, circuit]: (typeof circuits)[number]) =>
      count(rig.say(from, { type: 'data', circuit, isLast: true, bytes }))
    for (let part = 0; part < 10; part++) circuits.forEach(fill)
    // Each end sends on as soon as something of it is through.
    for (let turn = 0; turn < 200; turn++) {
      const before = new Map(passed)
      count(rig.wake())
      for (const each of circuits)
        for (let more = before.get(each[1]) ?? 0; more < (passed.get(each[1]) ?? 0); more++) fill(each)
    }
    const [first = 0, second = 0] = circuits.map(([, circuit]) => passed.get(circuit) ?? 0)
    expect(first + second).toBeGreaterThan(100)
    expect(Math.abs(first - second)).toBeLessThan(10)
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

  it('takes no part without bytes, and small ones use up its allowance too', () => {
    const rig = new Rig(A, B)
    rig.open(A, B)
    let passed = 0
    for (let part = 0; part < 6_000; part++)
      passed += sent(rig.data(A, 1)).filter((text) => text === 'b data').length
    expect(passed).toBeLessThan(RELAY_BYTES_PER_SECOND / 4 / PART_COST_BYTES + 1)
    expect(sent(rig.data(A, 0))).toEqual(['a close', 'b close'])
  })

  it('holds no more parts than honest ends have under way, nor the memory that small ones came in', () => {
    const rig = new Rig(A, B)
    rig.open(A, B)
    while (rig.desk.wakeAt() === Infinity) rig.data(A, PART_BYTES)
    const large = new Uint8Array(64 * 1024)
    const small = { type: 'data', circuit: ONE, isLast: true, bytes: large.subarray(0, 10) } as const
    for (let part = 0; part < 5_000; part++) rig.say(A, small)
    expect(rig.desk.circuitCount).toBe(1)
    const passed = Array.from({ length: 40 }, () => rig.wake()).flat()
    const buffers = passed.flatMap((effect) =>
      effect.type === 'send' && effect.message.type === 'data' && effect.message.bytes.length === 10
        ? [effect.message.bytes.buffer.byteLength]
        : [],
    )
    expect(buffers.length).toBeGreaterThan(0)
    expect(Math.max(...buffers)).toBe(10)
    for (let part = 0; part < QUEUE_PARTS; part++) rig.say(A, small)
    expect(rig.desk.circuitCount).toBe(0)
  })

  it('calls few far ends for one neighbour, not many for all, and more as time goes by', () => {
    const neighbours = ['1', '2', '3', '4'].map(peer)
    const rig = new Rig(...neighbours)
    let number = 0
    /** One far end after the other, each given back at once. */
    const dials = (from: PeerId, count: number): number =>
      Array.from({ length: count }, () => {
        const circuit = id(++number)
        const dialled = sent(rig.open(from, peer(`e${String(number)}`), circuit))[0]?.startsWith('dial')
        rig.say(from, { type: 'close', circuit })
        return dialled === true ? 1 : 0
      }).reduce<number>((sum, each) => sum + each, 0)
    expect(neighbours.map((each) => dials(each, 6))).toEqual([4, 4, 0, 0])
    rig.now += NEIGHBOUR_DIALS.everyMs
    expect(neighbours.map((each) => dials(each, 6))).toEqual([1, 1, 1, 0])
    // Far ends that are linked cost nothing.
    expect(sent(rig.open(neighbours[0]!, neighbours[1]!))).toEqual(['2 incoming', '1 opened'])
  })

  it('says that it is busy when there is no room to call anybody', () => {
    const rig = new Rig(A)
    expect(sent(rig.open(A, C))).toEqual(['dial c'])
    expect(sent(rig.desk.handle({ type: 'noRoom', peer: C }, rig.now))).toEqual(['a busy'])
    expect(rig.desk.circuitCount).toBe(0)
  })

  it('passes on no faster than the person lets anything out', () => {
    const rig = new Rig(A, B)
    rig.open(A, B)
    const uploadRate = 50_000
    rig.desk.handle({ type: 'limit', uploadRate }, rig.now)
    const [before, since] = [rig.desk.carriedBytes, rig.now]
    for (let part = 0; part < 15; part++) rig.data(A, PART_BYTES)
    while (rig.desk.carriedBytes - before < 15 * PART_BYTES) rig.wake()
    const rate = ((rig.desk.carriedBytes - before) * 1000) / (rig.now - since)
    expect(rate).toBeLessThan(uploadRate * 1.3)
    rig.desk.handle({ type: 'limit', uploadRate: Infinity }, rig.now)
    rig.now += 1_000
    expect(sent(Array.from({ length: 15 }, () => rig.data(A, PART_BYTES)).flat())).toHaveLength(15)
  })
})

describe('what a person lets out', () => {
  const limit = 100_000
  const start = () => {
    const rig = new Rig(A, B)
    rig.open(A, B)
    rig.uploads.configure(limit, limit, rig.now)
    rig.desk.handle({ type: 'limit', uploadRate: limit }, rig.now)
    return rig
  }
  /** Both ends of a circuit keep its window full for 20 s. @param upload what the node gives itself each time. */
  function carry(rig: Rig, upload: () => number): { carried: number; uploaded: number } {
    const end = rig.now + 20_000
    let [uploaded, waiting] = [0, 0]
    while (rig.now < end) {
      rig.now += 10
      // Its own are asked first, and take all that there is.
      uploaded += upload()
      waiting -= rig.settle().length
      for (; waiting < 15; waiting++) waiting -= rig.data(A, PART_BYTES).length
    }
    return { carried: rig.desk.carriedBytes / 20, uploaded: uploaded / 20 }
  }

  it('is what it and the circuits take together, half each when both have enough to send', () => {
    const rig = start()
    const { carried, uploaded } = carry(rig, () => {
      let taken = 0
      while (rig.uploads.takeIntoDebt(16_384, rig.now)) taken += 16_384
      return taken
    })
    expect(carried + uploaded).toBeLessThan(limit * 1.1)
    expect(carried).toBeGreaterThan(limit * 0.4)
    expect(uploaded).toBeGreaterThan(limit * 0.4)
  })

  it('is half for circuits when it sends nothing itself, and none of it is lost', () => {
    const rig = start()
    const { carried } = carry(rig, () => 0)
    expect(carried).toBeGreaterThan(limit * 0.45)
    expect(carried).toBeLessThan(limit * 0.6)
    expect(rig.desk.circuitCount).toBe(1)
  })

  it('ends no circuit that is slow: something does go over it', () => {
    const rig = start()
    rig.desk.handle({ type: 'limit', uploadRate: 2_000 }, rig.now)
    for (let part = 0; part < 15; part++) rig.data(A, PART_BYTES)
    const startedAt = rig.now
    while (rig.desk.carriedBytes < 15 * PART_BYTES) {
      rig.wake()
      expect(rig.desk.circuitCount).toBe(1)
    }
    expect(rig.now - startedAt).toBeGreaterThan(2 * IDLE_MS)
  })
})

function asker(rig: Rig, number: number): PeerId {
  const name = peer(`d${String(number)}`)
  rig.desk.handle({ type: 'linkUp', peer: name }, rig.now)
  return name
}
