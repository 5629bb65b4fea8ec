/**
 * Bencode (BEP 3), canonical form only: whatever decodes, encodes back to the same bytes. Both directions keep
 * their own stack, so that nesting can never exhaust the engine's.
 */
import type { Bytes } from '../kernel/bytes.ts'
import { defined } from '../kernel/invariant.ts'
import { allSteps, type Steps } from '../kernel/steps.ts'
import { fail, ok, type Result } from '../wire/result.ts'
import { keyFromBytes, keyToBytes } from './bencode-keys.ts'

export { keyFromBytes, keyToBytes }

/**
 * A dictionary. Keys are byte strings, one character U+0000..U+00FF for each byte (see {@link keyFromBytes}), so
 * that any bytes can be a key and plain string order is byte order.
 */
export type BencodeDict = ReadonlyMap<string, Bencode>
/** Integer, byte string, list or dictionary. */
export type Bencode = bigint | Bytes | readonly Bencode[] | BencodeDict

/** Why bytes are not acceptable bencode. */
export type BencodeCode =
  | 'tooLong'
  | 'truncated'
  | 'unexpectedByte'
  | 'badInteger'
  | 'badLength'
  | 'badKey'
  | 'unsortedKeys'
  | 'tooDeep'
  | 'tooManyElements'
  | 'trailingBytes'

type Decoded = Result<Bencode, BencodeCode>

/** Bounds that a decoder obeys. */
export interface BencodeLimits {
  readonly maxBytes: number
  /** Lists and dictionaries inside one another; 0 admits only an integer or byte string. */
  readonly maxDepth: number
  /** Values of any kind in total, dictionary keys not counted. */
  readonly maxElements: number
}

/** -2^63 has this many characters; longer integers are refused, as converting them costs quadratic time. */
const MAX_INTEGER_CHARACTERS = 20
/** Lengths of byte strings have at most this many digits. */
const MAX_LENGTH_DIGITS = 10
/** Values and keys that are written or read in one step: much less than a millisecond. Our choice. */
const STEP_TOKENS = 128
/** Keys in use have at most 255 bytes (a file's name). */
const MAX_KEY_BYTES = 1_024

const [INTEGER, LIST, DICT, END, COLON, MINUS] = [0x69, 0x6c, 0x64, 0x65, 0x3a, 0x2d]
const [ZERO, NINE] = [0x30, 0x39]

/** True for a dictionary, as opposed to the other kinds of value. */
export const isDict = (value: Bencode | undefined): value is BencodeDict => value instanceof Map

/** Encodes with keys sorted by raw bytes. */
export function encodeBencode(value: Bencode): Bytes {
  return allSteps(encodingBencode(value))
}

/** As {@link encodeBencode}, in steps. */
export function* encodingBencode(value: Bencode): Steps<Bytes> {
  let tokens = 0
  const output = new ByteWriter()
  // A string on the stack is text to be written as it is; byte strings are `Bytes`.
  const stack: (Bencode | string)[] = [value]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (++tokens % STEP_TOKENS === 0) yield
    if (typeof next === 'string') output.bytes(keyToBytes(next))
    else if (typeof next === 'bigint') output.bytes(keyToBytes(`i${next}e`))
    else if (next instanceof Uint8Array) output.string(next)
    else if (isDict(next)) {
      stack.push('e')
      // The order of such strings is that of their bytes.
      const keys = [...next.keys()].sort().reverse()
      for (const key of keys) stack.push(defined(next.get(key), 'value'), keyToBytes(key))
      stack.push('d')
    } else {
      stack.push('e')
      for (let i = next.length - 1; i >= 0; i--) stack.push(defined(next[i], 'element'))
      stack.push('l')
    }
  }
  return output.finish()
}

/** Decodes one value that fills `bytes`. Byte strings are copies. Never throws. */
export function decodeBencode(bytes: Uint8Array, limits: BencodeLimits): Decoded {
  return allSteps(decodingBencode(bytes, limits))
}

/** As {@link decodeBencode}, in steps. */
export function* decodingBencode(bytes: Uint8Array, limits: BencodeLimits): Steps<Decoded> {
  if (bytes.length > limits.maxBytes) return fail('tooLong')
  const reader = new Reader(bytes)
  const builder = new Builder(limits)
  for (let tokens = 1; !builder.isDone; tokens++) {
    if (tokens % STEP_TOKENS === 0) yield
    const code = step(reader, builder)
    if (code !== null) return fail(code)
  }
  return reader.atEnd ? ok(builder.result) : fail('trailingBytes')
}

/** Reads one token. @returns why not, or `null` when all is well. */
function step(reader: Reader, builder: Builder): BencodeCode | null {
  const byte = reader.peek()
  if (byte === undefined) return 'truncated'
  if (byte === END) {
    reader.skip()
    return builder.close()
  }
  if (builder.wantsKey) {
    if (!isDigit(byte)) return 'badKey'
    const key = reader.key()
    return key.ok ? builder.key(key.value) : key.code
  }
  if (byte === LIST || byte === DICT) {
    reader.skip()
    return builder.open(byte === DICT ? new Map<string, Bencode>() : [])
  }
  if (byte !== INTEGER && !isDigit(byte)) return 'unexpectedByte'
  const scalar = byte === INTEGER ? reader.integer() : reader.string()
  return scalar.ok ? builder.add(scalar.value) : scalar.code
}

interface Frame {
  readonly container: Bencode[] | Map<string, Bencode>
  /** The key that waits for its value. */
  key: string | null
  lastKey: string | null
}

/** Puts tokens together to a value. */
class Builder {
  readonly #stack: Frame[] = []
  #elements = 0
  #result: Bencode | undefined
  constructor(readonly limits: BencodeLimits) {}

  get isDone(): boolean {
    return this.#result !== undefined
  }

  get result(): Bencode {
    return defined(this.#result, 'value')
  }

  get wantsKey(): boolean {
    const frame = this.#stack.at(-1)
    return frame !== undefined && frame.key === null && !Array.isArray(frame.container)
  }

  key(key: string): BencodeCode | null {
    const frame = defined(this.#stack.at(-1), 'dictionary')
    if (frame.lastKey !== null && key <= frame.lastKey) return 'unsortedKeys'
    frame.key = frame.lastKey = key
    return null
  }

  open(container: Frame['container']): BencodeCode | null {
    if (this.#stack.length >= this.limits.maxDepth) return 'tooDeep'
    if (++this.#elements > this.limits.maxElements) return 'tooManyElements'
    this.#stack.push({ container, key: null, lastKey: null })
    return null
  }

  add(value: Bencode): BencodeCode | null {
    if (++this.#elements > this.limits.maxElements) return 'tooManyElements'
    this.#attach(value)
    return null
  }

  close(): BencodeCode | null {
    const frame = this.#stack.at(-1)
    if (frame === undefined || frame.key !== null) return 'unexpectedByte'
    this.#stack.pop()
    this.#attach(frame.container)
    return null
  }

  #attach(value: Bencode): void {
    const frame = this.#stack.at(-1)
    if (frame === undefined) this.#result = value
    else if (Array.isArray(frame.container)) frame.container.push(value)
    else {
      frame.container.set(defined(frame.key, 'key'), value)
      frame.key = null
    }
  }
}

/** A position in the input. */
class Reader {
  #at = 0
  constructor(readonly bytes: Uint8Array) {}

  get atEnd(): boolean {
    return this.#at === this.bytes.length
  }

  peek(): number | undefined {
    return this.bytes[this.#at]
  }

  skip(): void {
    this.#at++
  }

  /** `i<digits>e`, at an `i`. */
  integer(): Result<bigint, BencodeCode> {
    this.#at++
    const negative = this.peek() === MINUS
    if (negative) this.#at++
    const digits = this.#digits(MAX_INTEGER_CHARACTERS - (negative ? 1 : 0))
    if (this.atEnd) return fail('truncated')
    if (this.peek() !== END || digits === '' || isPadded(digits)) return fail('badInteger')
    if (negative && digits === '0') return fail('badInteger')
    this.#at++
    return ok(negative ? -BigInt(digits) : BigInt(digits))
  }

  /** `<length>:<bytes>`, at a digit. */
  string(): Result<Bytes, BencodeCode> {
    const start = this.#stringStart()
    return start.ok ? ok(new Uint8Array(this.bytes.subarray(start.value, this.#at))) : start
  }

  /** The same, as the key of a dictionary. */
  key(): Result<string, BencodeCode> {
    const start = this.#stringStart()
    if (!start.ok) return start
    if (this.#at - start.value > MAX_KEY_BYTES) return fail('badKey')
    return ok(keyFromBytes(this.bytes, start.value, this.#at))
  }

  /** Where the bytes of a string begin; goes on to their end. */
  #stringStart(): Result<number, BencodeCode> {
    const digits = this.#digits(MAX_LENGTH_DIGITS)
    if (this.atEnd) return fail('truncated')
    if (this.peek() !== COLON || isPadded(digits)) return fail('badLength')
    const start = this.#at + 1
    const end = start + Number(digits)
    if (end > this.bytes.length) return fail('truncated')
    this.#at = end
    return ok(start)
  }

  /** At most `limit` digits. */
  #digits(limit: number): string {
    let digits = ''
    for (let byte = this.peek(); digits.length < limit && isDigit(byte); byte = this.peek()) {
      digits += String.fromCharCode(byte)
      this.#at++
    }
    return digits
  }
}

/** Bytes of which the final number is not known before. */
class ByteWriter {
  #buffer = new Uint8Array(256)
  #length = 0

  bytes(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2))
      grown.set(this.#buffer)
      this.#buffer = grown
    }
    this.#buffer.set(bytes, this.#length)
    this.#length = needed
  }

  string(bytes: Uint8Array): void {
    this.bytes(keyToBytes(`${bytes.length}:`))
    this.bytes(bytes)
  }

  finish(): Bytes {
    return this.#buffer.slice(0, this.#length)
  }
}

function isDigit(byte: number | undefined): byte is number {
  return byte !== undefined && byte >= ZERO && byte <= NINE
}

function isPadded(digits: string): boolean {
  return digits.length > 1 && digits.startsWith('0')
}
