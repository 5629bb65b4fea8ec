import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import type { ForwardReader, OwnShareFiles } from './share-files.ts'

/** A stream is opened anew after so many bytes: only then does the browser notice that the file was changed. Our choice. */
const STREAM_BYTES = 64 * 1024 * 1024
/** What is left of a file and no larger than this is read in one go: to open a stream takes longer than that. Our choice. */
const SMALL_BYTES = 64 * 1024

/** The person's own files, read where they lie. */
export class PickedFiles implements OwnShareFiles {
  readonly sizes: readonly number[]

  constructor(readonly files: readonly File[]) {
    this.sizes = files.map((file) => file.size)
  }

  forward(file: number, offset: number): ForwardReader {
    return readForward(this.files[file] ?? new Blob([]), offset)
  }

  blob(file: number): Promise<Blob> {
    return Promise.resolve(this.files[file] ?? new Blob([]))
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

/**
 * Reads a blob from front to back. Whoever does so must be able to reach the reader from something that lasts, not from a
 * function that waits for it alone: Chromium collects a stream that nothing else leads to, and the read never ends.
 */
export const readForward = (blob: Blob, offset = 0): ForwardReader => new BlobReader(blob, offset)

/** `null` where streams of blobs can't read into given memory. */
function streamOf(blob: Blob): ReadableStreamBYOBReader | null {
  try {
    return blob.stream().getReader({ mode: 'byob' })
  } catch {
    return null
  }
}

/** Reads into the caller's memory where the browser can: a tenth of the cost (docs/adr/0027). Elsewhere slice by slice. */
class BlobReader implements ForwardReader {
  #stream: ReadableStreamBYOBReader | null = null
  /** Where the stream ends, in the blob. */
  #streamEnd: number
  #at: number

  constructor(
    readonly blob: Blob,
    offset: number,
  ) {
    this.#at = offset
    this.#streamEnd = offset
  }

  async fill(buffer: ArrayBuffer): Promise<Bytes> {
    const left = this.blob.size - this.#at
    if (this.#stream === null && left <= Math.min(SMALL_BYTES, buffer.byteLength)) return this.#rest(buffer)
    let memory = buffer
    let filled = 0
    while (filled < memory.byteLength && this.#at < this.blob.size) {
      if (this.#at === this.#streamEnd) this.#open()
      if (this.#stream === null) return this.#slice(memory.byteLength)
      const room = Math.min(memory.byteLength - filled, this.#streamEnd - this.#at)
      const { value, done } = await this.#stream.read(new Uint8Array(memory, filled, room))
      if (done || value === undefined) throw new Error('the file became shorter')
      memory = value.buffer
      filled += value.byteLength
      this.#at += value.byteLength
    }
    return new Uint8Array(memory, 0, filled)
  }

  close(): void {
    this.#stream?.cancel().catch(() => undefined)
    this.#stream = null
  }

  #open(): void {
    this.close()
    this.#streamEnd = Math.min(this.blob.size, this.#at + STREAM_BYTES)
    this.#stream = streamOf(this.blob.slice(this.#at, this.#streamEnd))
  }

  async #rest(buffer: ArrayBuffer): Promise<Bytes> {
    const slice = this.blob.slice(this.#at)
    const bytes = new Uint8Array(await slice.arrayBuffer())
    if (bytes.length < slice.size) throw new Error('the file became shorter')
    this.#at = this.blob.size
    const into = new Uint8Array(buffer, 0, bytes.length)
    into.set(bytes)
    return into
  }

  async #slice(length: number): Promise<Bytes> {
    const slice = this.blob.slice(this.#at, this.#at + length)
    this.#at += slice.size
    return new Uint8Array(await slice.arrayBuffer())
  }
}
