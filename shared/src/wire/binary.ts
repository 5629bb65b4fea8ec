import { utf8Decode, utf8Encode, type Bytes } from '../kernel/bytes.ts'
import {
  parseFileRoot,
  parseInfoHash,
  parseNonce,
  parsePeerId,
  type FileRoot,
  type InfoHash,
  type Nonce,
  type PeerId,
} from '../kernel/ids.ts'
import { defined } from '../kernel/invariant.ts'
import { ByteReader, ByteWriter } from './bytes-io.ts'
import { fail, ok, type Result } from './result.ts'

/**
 * One description of a binary format that gives encoder, decoder and size: they can't drift apart. Reading
 * never throws; bad input marks the reader as failed, and {@link decodeWhole} looks at that once at the end.
 */
export interface Format<T> {
  write(writer: ByteWriter, value: T): void
  /** A value of the type even when the reader failed; it must then not be used. */
  read(reader: ByteReader): T
  /** Encoded size in bytes, without encoding. */
  size(value: T): number
}

/** The type that a format describes. */
export type ValueOf<F> = F extends Format<infer T> ? T : never

const fixed = <T>(
  bytes: number,
  write: (writer: ByteWriter, value: T) => void,
  read: (reader: ByteReader) => T,
): Format<T> => ({ write, read, size: () => bytes })

export const uint8: Format<number> = fixed(
  1,
  (writer, value) => writer.uint8(value),
  (reader) => reader.uint8(),
)
export const uint16: Format<number> = fixed(
  2,
  (writer, value) => writer.uint16(value),
  (reader) => reader.uint16(),
)
export const uint32: Format<number> = fixed(
  4,
  (writer, value) => writer.uint32(value),
  (reader) => reader.uint32(),
)
/** Whole numbers up to 2^48: file sizes, milliseconds since the Unix epoch. */
export const uint48: Format<number> = fixed(
  6,
  (writer, value) => writer.uint16(Math.floor(value / 2 ** 32)).uint32(value % 2 ** 32),
  (reader) => reader.uint16() * 2 ** 32 + reader.uint32(),
)
/** One byte, 0 or 1. */
export const flag: Format<boolean> = fixed(
  1,
  (writer, value) => writer.uint8(value ? 1 : 0),
  (reader) => {
    const value = reader.uint8()
    if (value > 1) reader.fail()
    return value === 1
  },
)

/** So many bytes as lower-case hex. */
export const hex = (bytes: number): Format<string> =>
  fixed(
    bytes,
    (writer, value) => writer.hex(value),
    (reader) => reader.hex(bytes),
  )

const id = <T extends string>(bytes: number, parse: (text: unknown) => T | null): Format<T> =>
  fixed<T>(
    bytes,
    (writer, value) => writer.hex(value),
    // After a failed read the hex is short; the value is never used then.
    (reader) => parse(reader.hex(bytes)) ?? defined(parse('0'.repeat(bytes * 2)), 'id'),
  )

export const peerId: Format<PeerId> = id(32, parsePeerId)
export const infoHash: Format<InfoHash> = id(32, parseInfoHash)
export const fileRoot: Format<FileRoot> = id(32, parseFileRoot)
/** 128 bits: GUIDs and nonces. */
export const guid: Format<Nonce> = id(16, parseNonce)

/** UTF-8 with a 16-bit length in front, at most `maxBytes` long. */
export const text = (maxBytes: number): Format<string> => ({
  write: (writer, value) => {
    const bytes = utf8Encode(value)
    writer.uint16(bytes.length).bytes(bytes)
  },
  read: (reader) => {
    const bytes = reader.take(boundedLength(reader, maxBytes))
    const value = utf8Decode(bytes)
    if (value === null) reader.fail()
    return value ?? ''
  },
  size: (value) => 2 + utf8Encode(value).length,
})

/** Bytes with a 16-bit length in front. What is read is a view into the message. */
export const bytes = (maxBytes: number): Format<Bytes> => ({
  write: (writer, value) => writer.uint16(value.length).bytes(value),
  read: (reader) => reader.take(boundedLength(reader, maxBytes)),
  size: (value) => 2 + value.length,
})

/** A 16-bit count and the items. */
export const list = <T>(item: Format<T>, max: number): Format<readonly T[]> => ({
  write: (writer, values) => {
    writer.uint16(values.length)
    for (const value of values) item.write(writer, value)
  },
  read: (reader) => {
    const count = boundedLength(reader, max)
    const values: T[] = []
    for (let i = 0; i < count && !reader.hasFailed; i++) values.push(item.read(reader))
    return values
  },
  size: (values) => values.reduce((sum, value) => sum + item.size(value), 2),
})

/** A flag and, when it is set, the value. */
export const nullable = <T>(inner: Format<T>): Format<T | null> => ({
  write: (writer, value) => {
    flag.write(writer, value !== null)
    if (value !== null) inner.write(writer, value)
  },
  read: (reader) => (flag.read(reader) ? inner.read(reader) : null),
  size: (value) => 1 + (value === null ? 0 : inner.size(value)),
})

/** One byte that stands for one of some words, by their position. */
export const oneOf = <const T extends string>(words: readonly [T, ...T[]]): Format<T> =>
  fixed<T>(
    1,
    (writer, value) => writer.uint8(words.indexOf(value)),
    (reader) => {
      const word = words[reader.uint8()]
      if (word === undefined) reader.fail()
      return word ?? words[0]
    },
  )

type Fields<T> = { readonly [Key in keyof T]: Format<T[Key]> }

/** Fields one after another, in the order of their description. */
export function struct<T extends object>(fields: Fields<T>): Format<T> {
  const keys = Object.keys(fields) as (keyof T)[]
  return {
    write: (writer, value) => {
      for (const key of keys) fields[key].write(writer, value[key])
    },
    read: (reader) => {
      const value: Partial<T> = {}
      for (const key of keys) value[key] = fields[key].read(reader)
      return value as T
    },
    size: (value) => {
      let sum = 0
      for (const key of keys) sum += fields[key].size(value[key])
      return sum
    },
  }
}

type Variant<M extends { readonly type: string }, Type extends M['type']> = readonly [
  id: number,
  fields: Fields<Omit<Extract<M, { readonly type: Type }>, 'type'>>,
]
type Variants<M extends { readonly type: string }> = { readonly [Type in M['type']]: Variant<M, Type> }

/** Messages of a protocol: one byte says which, its fields follow. */
export function messages<M extends { readonly type: string }>(variants: Variants<M>): Format<M> {
  const byType = new Map<string, { id: number; body: Format<object> }>()
  const byId = new Map<number, { type: string; body: Format<object> }>()
  for (const [type, [number, fields]] of Object.entries<readonly [number, Fields<object>]>(variants)) {
    const body = struct(fields)
    byType.set(type, { id: number, body })
    byId.set(number, { type, body })
  }
  const of = (value: M) => defined(byType.get(value.type), 'message type')
  return {
    write: (writer, value) => {
      const { id: number, body } = of(value)
      writer.uint8(number)
      body.write(writer, value)
    },
    read: (reader) => {
      const found = byId.get(reader.uint8())
      if (found === undefined) reader.fail()
      return { type: found?.type, ...found?.body.read(reader) } as unknown as M
    },
    size: (value) => 1 + of(value).body.size(value),
  }
}

/** Encodes a value alone. */
export function encodeWhole<T>(format: Format<T>, value: T): Bytes {
  const writer = new ByteWriter()
  format.write(writer, value)
  return writer.finish()
}

/** Decodes bytes that hold one value and nothing else. */
export function decodeWhole<T>(format: Format<T>, input: Bytes): Result<T, 'badMessage'> {
  const reader = new ByteReader(input)
  const value = format.read(reader)
  return reader.isDone ? ok(value) : fail('badMessage')
}

function boundedLength(reader: ByteReader, max: number): number {
  const length = reader.uint16()
  if (length <= max) return length
  reader.fail()
  return 0
}
