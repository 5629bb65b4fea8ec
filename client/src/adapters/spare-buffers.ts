/** Newer than the library of types that the project is built against. */
interface Movable {
  transfer?(newByteLength: number): ArrayBuffer
}

/** Frames whose memory is kept on either side of the storage thread: 2 MiB. Our choice. */
export const SPARE_FRAMES = 16

/**
 * Memory that has been used and is used again: new memory costs a fault of the processor for each page of it, which
 * is dear on virtual machines (docs/adr/0027). Not for bytes that others still look at.
 */
export class SpareBuffers {
  readonly #buffers: ArrayBuffer[] = []

  /** @param max how many are kept. */
  constructor(readonly max: number) {}

  /** Takes a buffer over; what does not fit is given back to the system now rather than when the collector comes by. */
  give(buffer: ArrayBuffer & Movable): void {
    if (this.#buffers.length < this.max) this.#buffers.push(buffer)
    else buffer.transfer?.(0)
  }

  /** A buffer of this size with anything in it, or `null`. */
  take(byteLength: number): ArrayBuffer | null {
    const position = this.#buffers.findLastIndex((each) => each.byteLength === byteLength)
    return this.#buffers.splice(position, position < 0 ? 0 : 1)[0] ?? null
  }

  clear(): void {
    this.#buffers.length = 0
  }
}
