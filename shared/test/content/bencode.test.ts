import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Bencode,
  type BencodeLimits,
  decodeBencode,
  encodeBencode,
  keyFromBytes,
  keyToBytes,
} from '../../src/content/bencode.ts'
import { utf8Encode } from '../../src/kernel/bytes.ts'

const LIMITS: BencodeLimits = { maxBytes: 100_000, maxDepth: 10, maxElements: 1_000 }
const bytes = (text: string) => keyToBytes(text)
const decode = (text: string) => decodeBencode(bytes(text), LIMITS)

const anyBytes = fc.uint8Array({ maxLength: 20 }).map((array) => Uint8Array.from(array))
const anyValue = fc.letrec<{ value: Bencode; dict: Bencode; list: Bencode }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    anyBytes,
    tie('list'),
    tie('dict'),
  ),
  list: fc.array(tie('value'), { maxLength: 4 }),
  dict: fc
    .array(fc.tuple(anyBytes.map(keyFromBytes), tie('value')), { maxLength: 4 })
    .map((entries) => new Map(entries)),
})).value

describe('bencode', () => {
  it('reads back what it wrote, and writes back what it read', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const encoded = encodeBencode(value)
        const decoded = decodeBencode(encoded, LIMITS)
        expect(decoded).toEqual({ ok: true, value })
        if (decoded.ok) expect(encodeBencode(decoded.value)).toEqual(encoded)
      }),
    )
  })

  it('accepts nothing that is not canonical: a changed byte is refused or means another value', () => {
    fc.assert(
      fc.property(anyValue, fc.nat(), fc.nat(255), (value, where, byte) => {
        const encoded = encodeBencode(value)
        encoded[where % encoded.length] = byte
        const decoded = decodeBencode(encoded, LIMITS)
        if (decoded.ok) expect(encodeBencode(decoded.value)).toEqual(encoded)
      }),
    )
  })

  it('never throws on garbage, nor accepts a second writing of a value', () => {
    const grammar = fc
      .array(fc.constantFrom(...'ilde:-0123459a\0\xff'), { maxLength: 60 })
      .map((c) => c.join(''))
    fc.assert(
      fc.property(fc.oneof(grammar.map(bytes), fc.uint8Array({ maxLength: 200 })), (garbage) => {
        const decoded = decodeBencode(garbage, LIMITS)
        if (decoded.ok) expect([...encodeBencode(decoded.value)]).toEqual([...garbage])
      }),
      { numRuns: 20_000 },
    )
  })

  it('sorts keys by raw bytes, not by UTF-16 units or insertion', () => {
    const names = ['\u{1F600}', '\uFFEE', 'é', 'z', 'Z', '']
    const dict = new Map(names.map((name, i) => [keyFromBytes(utf8Encode(name)), BigInt(i)]))
    const decoded = decodeBencode(encodeBencode(dict), LIMITS)
    if (!decoded.ok || !(decoded.value instanceof Map)) throw new Error('no dictionary')
    expect([...decoded.value.values()]).toEqual([5n, 4n, 3n, 2n, 1n, 0n])
  })

  it.each([
    ['', 'truncated'],
    ['i', 'truncated'],
    ['i1', 'truncated'],
    ['ie', 'badInteger'],
    ['i-e', 'badInteger'],
    ['i-0e', 'badInteger'],
    ['i00e', 'badInteger'],
    ['i01e', 'badInteger'],
    ['i-01e', 'badInteger'],
    ['i+1e', 'badInteger'],
    ['i1.5e', 'badInteger'],
    ['i 1e', 'badInteger'],
    ['i--1e', 'badInteger'],
    [`i${'9'.repeat(21)}e`, 'badInteger'],
    ['1', 'truncated'],
    ['1:', 'truncated'],
    ['3:ab', 'truncated'],
    ['99999999999:a', 'badLength'],
    ['9999999999:a', 'truncated'],
    ['01:a', 'badLength'],
    ['00:', 'badLength'],
    ['1a', 'badLength'],
    ['-1:a', 'unexpectedByte'],
    ['e', 'unexpectedByte'],
    ['x', 'unexpectedByte'],
    ['l', 'truncated'],
    ['li1e', 'truncated'],
    ['d', 'truncated'],
    ['d1:a', 'truncated'],
    ['d1:ae', 'unexpectedByte'],
    ['di1ei2ee', 'badKey'],
    ['dlei1ee', 'badKey'],
    [`d1025:${'a'.repeat(1_025)}i1ee`, 'badKey'],
    ['d1:bi1e1:ai2ee', 'unsortedKeys'],
    ['d1:ai1e1:ai2ee', 'unsortedKeys'],
    ['d2:aai1e1:ai2ee', 'unsortedKeys'],
    ['d1:\xffi1e1:\x7fi2ee', 'unsortedKeys'],
    ['i1ei2e', 'trailingBytes'],
    ['le ', 'trailingBytes'],
    ['l'.repeat(11) + 'e'.repeat(11), 'tooDeep'],
    ['l'.repeat(90_000), 'tooDeep'],
    ['l' + '0:'.repeat(1_000) + 'e', 'tooManyElements'],
    ['l' + 'le'.repeat(1_000) + 'e', 'tooManyElements'],
    ['100001:' + 'a'.repeat(100_001), 'tooLong'],
  ])('refuses %j: %s', (text, code) => {
    expect(decode(text)).toEqual({ ok: false, code })
  })

  it.each(['i0e', 'i-1e', '0:', 'le', 'de', 'l'.repeat(10) + 'e'.repeat(10), 'd0:0:1:ai1ee'])(
    'accepts %s',
    (text) => {
      expect(decode(text).ok).toBe(true)
    },
  )

  it('needs no deep stack, whatever depth it is allowed', () => {
    const deep = bytes('l'.repeat(50_000) + 'e'.repeat(50_000))
    const decoded = decodeBencode(deep, { maxBytes: 1e6, maxDepth: 1e6, maxElements: 1e6 })
    if (!decoded.ok) throw new Error(decoded.code)
    expect(encodeBencode(decoded.value)).toEqual(deep)
  })
})
