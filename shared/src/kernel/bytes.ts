/** Small helpers over byte arrays. Nothing here allocates more than its result. */

// The only platform names that the shared package needs; every host has them.
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>
}
declare class TextDecoder {
  constructor(label: string, options: { fatal: boolean; ignoreBOM: boolean })
  decode(bytes: Uint8Array): string
}

/** Byte arrays of this project are never backed by shared memory. */
export type Bytes = Uint8Array<ArrayBuffer>

/** So many codes become text in one call: few enough to be its arguments. */
const CODES_AT_ONCE = 1_024
/** It keeps nothing from one text to the next. To make one takes longer than to decode a name. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Value of each character code below 128 as a hex digit; 255 for those that are none. */
const DIGITS = Uint8Array.from({ length: 128 }, (_, code) => {
  const digit = Number.parseInt(String.fromCharCode(code), 16)
  return Number.isNaN(digit) ? 255 : digit
})

/**
 * The text of these character codes. One by one they would make a string of strings, which the engine
 * puts together when it is first compared: a large share has tens of thousands.
 */
export function textOfCodes(codes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < codes.length; at += CODES_AT_ONCE)
    text += Reflect.apply(String.fromCharCode, null, codes.subarray(at, at + CODES_AT_ONCE))
  return text
}

/** The character code of a hex digit: of `0`, or of `a` for 10. */
const hexCode = (digit: number): number => digit + (digit < 10 ? 48 : 87)

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  const codes = new Uint8Array(bytes.length * 2)
  bytes.forEach((byte, at) => {
    codes[2 * at] = hexCode(byte >> 4)
    codes[2 * at + 1] = hexCode(byte & 15)
  })
  return textOfCodes(codes)
}

/** Reads hex that has already been checked (an id); throws `RangeError` on anything else. */
export function fromHex(text: string): Bytes {
  const bytes = new Uint8Array(text.length / 2)
  writeHex(text, bytes, 0)
  return bytes
}

/** As {@link fromHex}, into an array that has the room. Ids are most of what is sent, so this is a hot path. */
export function writeHex(text: string, into: Uint8Array, offset: number): void {
  for (let i = 0, at = offset; i + 1 < text.length; i += 2, at++) {
    const high = DIGITS[text.charCodeAt(i)] ?? 255
    const low = DIGITS[text.charCodeAt(i + 1)] ?? 255
    if (high > 15 || low > 15) throw new RangeError('not hex')
    into[at] = (high << 4) | low
  }
}

/** UTF-8 bytes of a text. Lone surrogates become U+FFFD. */
export function utf8Encode(text: string): Bytes {
  return new TextEncoder().encode(text)
}

/** `null` when the bytes are not valid UTF-8. A byte order mark is kept as a character. */
export function utf8Decode(bytes: Uint8Array): string | null {
  try {
    return UTF8.decode(bytes)
  } catch {
    return null
  }
}

/** Lexicographic order by unsigned byte: negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** True when both hold the same bytes. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0
}

/** One new array with all parts end to end. */
export function concatBytes(parts: readonly Uint8Array[]): Bytes {
  let length = 0
  for (const part of parts) length += part.length
  const joined = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}
