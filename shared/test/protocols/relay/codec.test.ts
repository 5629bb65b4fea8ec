import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defined } from '../../../src/kernel/invariant.ts'
import { parseNonce, parsePeerId } from '../../../src/kernel/ids.ts'
import { relayFormat } from '../../../src/protocols/relay/codec.ts'
import { PART_BYTES } from '../../../src/protocols/relay/constants.ts'
import type { RelayMessage } from '../../../src/protocols/relay/messages.ts'
import { decodeWhole, encodeWhole } from '../../../src/wire/binary.ts'
import {
  isCircuitDescription,
  readCircuitDescription,
  writeCircuitDescription,
} from '../../../src/wire/circuit-description.ts'

const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((raw) => Buffer.from(raw).toString('hex'))
const circuit = hex(16).map((text) => defined(parseNonce(text), 'circuit'))
const peer = hex(32).map((text) => defined(parsePeerId(text), 'peer'))
const bytes = fc.uint8Array({ maxLength: 300 }).map((raw) => Uint8Array.from(raw))

const message: fc.Arbitrary<RelayMessage> = fc.oneof(
  fc.record({ type: fc.constant('open' as const), circuit, to: peer }),
  fc.record({ type: fc.constantFrom('opened' as const, 'close' as const), circuit }),
  fc.record({
    type: fc.constant('refused' as const),
    circuit,
    reason: fc.constantFrom('unwilling' as const, 'busy' as const, 'unreachable' as const),
  }),
  fc.record({ type: fc.constant('incoming' as const), circuit, from: peer }),
  fc.record({ type: fc.constant('data' as const), circuit, isLast: fc.boolean(), bytes }),
  fc.record({ type: fc.constant('credit' as const), circuit, bytes: fc.nat(2 ** 32 - 1) }),
)

describe('messages of circuits', () => {
  it('come out as they went in, in the size foretold', () => {
    fc.assert(
      fc.property(message, (value) => {
        const encoded = encodeWhole(relayFormat, value)
        expect(encoded).toHaveLength(relayFormat.size(value))
        expect(decodeWhole(relayFormat, encoded)).toEqual({ ok: true, value })
      }),
    )
  })

  it('are refused when a part is longer than any', () => {
    const id = defined(parseNonce('c1'.repeat(16)), 'circuit')
    const part = (length: number) =>
      encodeWhole(relayFormat, { type: 'data', circuit: id, isLast: true, bytes: new Uint8Array(length) })
    expect(decodeWhole(relayFormat, part(PART_BYTES)).ok).toBe(true)
    expect(decodeWhole(relayFormat, part(PART_BYTES + 1)).ok).toBe(false)
  })
})

describe('descriptions of ends of circuits', () => {
  const description = fc.record({ relay: peer, id: circuit, key: hex(64).map((text) => `04${text}`) })

  it('come out as they went in', () => {
    fc.assert(
      fc.property(description, (value) => {
        expect(readCircuitDescription(writeCircuitDescription(value))).toEqual(value)
      }),
    )
  })

  it('are refused when anything was added, cut or changed in shape', () => {
    fc.assert(
      fc.property(description, fc.nat(260), fc.string({ minLength: 1, maxLength: 8 }), (value, at, text) => {
        const good = writeCircuitDescription(value)
        const bad = good.slice(0, at) + text + good.slice(at)
        const read = readCircuitDescription(bad)
        if (read !== null) expect(writeCircuitDescription(read)).toBe(bad)
        expect(readCircuitDescription(good.slice(0, at % good.length))).toBe(null)
      }),
    )
    expect(isCircuitDescription('v=0\r\no=- 1 2 IN IP4 127.0.0.1')).toBe(false)
  })
})
