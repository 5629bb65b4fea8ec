/** Keys of dictionaries in bencode: byte strings, as text of one character U+0000..U+00FF for each byte. */
import { textOfCodes, type Bytes } from '../kernel/bytes.ts'
import { invariant } from '../kernel/invariant.ts'

/** Of so few bytes a view of them is dearer than a string of strings. `pieces root` is one byte shorter. */
const SHORT = 12

/** The dictionary key for these bytes, or a part of them. Without a copy of them: a share has tens of thousands of keys. */
export function keyFromBytes(bytes: Uint8Array, start = 0, end = bytes.length): string {
  if (end - start >= SHORT) return textOfCodes(bytes.subarray(start, end))
  let key = ''
  for (let at = start; at < end; at++) key += String.fromCharCode(bytes[at] ?? 0)
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
