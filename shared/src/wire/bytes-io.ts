import { writeHex, toHex, utf8Decode, utf8Encode, type Bytes } from '../kernel/bytes.ts'

/**
 * Reads big-endian fields from untrusted bytes. It never throws: a read past the end returns zeroes or
 * empty bytes and marks the reader as failed, so a decoder checks once, at the end.
 */
export class ByteReader {
  readonly #view: DataView
  #offset = 0
  #failed = false

  constructor(readonly bytes: Bytes) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get remaining(): number {
    return this.bytes.length - this.#offset
  }

  /** True when every read was within bounds and nothing is left over. */
  get isDone(): boolean {
    return !this.#failed && this.remaining === 0
  }

  get hasFailed(): boolean {
    return this.#failed
  }

  uint8(): number {
    return this.#need(1) ? this.#view.getUint8(this.#offset++) : 0
  }

  uint16(): number {
    if (!this.#need(2)) return 0
    this.#offset += 2
    return this.#view.getUint16(this.#offset - 2)
  }

  uint32(): number {
    if (!this.#need(4)) return 0
    this.#offset += 4
    return this.#view.getUint32(this.#offset - 4)
  }

  /** A view, not a copy. */
  take(length: number): Bytes {
    if (!this.#need(length)) return new Uint8Array()
    this.#offset += length
    return this.bytes.subarray(this.#offset - length, this.#offset)
  }

  rest(): Bytes {
    return this.take(this.remaining)
  }

  /** So many bytes as lower-case hex. */
  hex(length: number): string {
    return toHex(this.take(length))
  }

  /** The rest as text; fails on bad UTF-8. */
  restText(): string {
    const text = utf8Decode(this.rest())
    if (text === null) this.#failed = true
    return text ?? ''
  }

  /** What was read is out of bounds or makes no sense. */
  fail(): void {
    this.#failed = true
  }

  #need(length: number): boolean {
    if (this.#failed || length < 0 || this.remaining < length) this.#failed = true
    return !this.#failed
  }
}

/** Writes big-endian fields into an array that grows as needed. */
export class ByteWriter {
  #bytes = new Uint8Array(64)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  uint8(value: number): this {
    this.#reserve(1)
    this.#view.setUint8(this.#length, value)
    this.#length += 1
    return this
  }

  uint16(value: number): this {
    this.#reserve(2)
    this.#view.setUint16(this.#length, value)
    this.#length += 2
    return this
  }

  uint32(value: number): this {
    this.#reserve(4)
    this.#view.setUint32(this.#length, value)
    this.#length += 4
    return this
  }

  bytes(value: Uint8Array): this {
    this.#reserve(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
    return this
  }

  hex(value: string): this {
    const length = value.length >> 1
    this.#reserve(length)
    writeHex(value, this.#bytes, this.#length)
    this.#length += length
    return this
  }

  text(value: string): this {
    return this.bytes(utf8Encode(value))
  }

  finish(): Bytes {
    return this.#bytes.slice(0, this.#length)
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more))
    grown.set(this.#bytes)
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}
