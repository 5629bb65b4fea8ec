/** Keys of dictionaries in bencode: byte strings, as text of one character U+0000..U+00FF for each byte. */
import type { Bytes } from '../kernel/bytes.ts'
import { invariant } from '../kernel/invariant.ts'

/**
 * Bytes that become text in one call, and few enough to be its arguments. One by one they would make a string of strings,
 * which the engine puts together when it is first compared: half of what a large share takes to read.
 */
const AT_ONCE = 1_024
/** Of so few bytes the view of them is dearer. `pieces root` is one byte shorter. */
const SHORT = 12

/** The dictionary key for these bytes, or a part of them. Without a copy of them: a share has tens of thousands of keys. */
export function keyFromBytes(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let key = ''
  if (end - start < SHORT) {
    for (let at = start; at < end; at++) key += String.fromCharCode(bytes[at] ?? 0)
    return key
  }
  for (let at = start; at < end; at += AT_ONCE)
    key += Reflect.apply(String.fromCharCode, null, bytes.subarray(at, Math.min(at + AT_ONCE, end)))
  return key
}

/** The bytes of a dictionary key. */
export function keyToBytes(key: string): Bytes {
  const bytes = new Uint8Array(key.length)
  for (let i = 0; i < key.length; i++) {
    const byte = key.charCodeAt(i)
    invariant(byte <= 0xff, 'a dictionary key is a string of bytes')
    bytes[i] = byte
  }
  return bytes
}
