import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import { SpareBuffers } from '../spare-buffers.ts'
import type { ForwardReader, OwnShareFiles, ShareFiles } from './share-files.ts'

/** Bytes read at once when a block is asked for: small reads of picked files are slow (docs/performance.md). */
const SEGMENT_BYTES = 1024 * 1024
/** Segments kept of a share: 16 MiB. */
const KEPT_SEGMENTS = 16
/** Files, or places in one file, that are read side by side; a browser holds up to 2 MiB for each. Our choice. */
const OPEN_READERS = 4
/** What nobody asks for any more is let go of after between one and two times this. */
const IDLE_MS = 30_000

interface Segment {
  readonly bytes: Promise<Bytes>
  /** Reads that wait for it or are copying from it; its memory is used for another only when there are none. */
  users: number
}

interface Reader {
  readonly file: number
  readonly forward: ForwardReader
  /** The segment that it reads next. */
  next: number
  /** Reads under way; the last one's end. */
  pending: number
  last: Promise<unknown>
}

/**
 * The person's own files, read in segments that follow each other, since that is how peers ask: each segment is read
 * once, on from where the last one ended, into memory that is used again.
 */
export class ReadAhead implements ShareFiles {
  /** By file and number, least recently used first. */
  readonly #segments = new Map<string, Segment>()
  /** Least recently used first. */
  readonly #readers: Reader[] = []
  readonly #spare = new SpareBuffers(OPEN_READERS)
  #idle: 'resting' | 'used' | 'unused' = 'resting'
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(readonly files: OwnShareFiles) {}

  async read(file: number, offset: number, into: Bytes): Promise<number> {
    this.#wake()
    let count = 0
    while (count < into.length) {
      const within = (offset + count) % SEGMENT_BYTES
      const wanted = into.subarray(count, count + SEGMENT_BYTES - within)
      const copied = await this.#copy(file, (offset + count - within) / SEGMENT_BYTES, within, wanted)
      count += copied
      if (copied < wanted.length) break
    }
    return count
  }

  write(): Promise<void> {
    return Promise.reject(new Error('the files of a share are never written to'))
  }

  blob(file: number): Promise<Blob> {
    return this.files.blob(file)
  }

  close(): Promise<void> {
    this.#rest()
    return this.files.close()
  }

  async #copy(file: number, index: number, within: number, into: Bytes): Promise<number> {
    const key = `${String(file)}:${String(index)}`
    const segment = this.#segments.get(key) ?? this.#load(file, index)
    this.#segments.delete(key)
    this.#segments.set(key, segment)
    segment.users++
    try {
      const part = (await segment.bytes).subarray(within, within + into.length)
      into.set(part)
      return part.length
    } catch (error) {
      if (this.#segments.get(key) === segment) this.#segments.delete(key)
      throw error
    } finally {
      segment.users--
    }
  }

  #load(file: number, index: number): Segment {
    this.#evict()
    const length = Math.max(0, Math.min(SEGMENT_BYTES, (this.files.sizes[file] ?? 0) - index * SEGMENT_BYTES))
    const reader = this.#readerAt(file, index)
    reader.next++
    reader.pending++
    const bytes = reader.last.then(() =>
      reader.forward.fill(this.#spare.take(length) ?? new ArrayBuffer(length)),
    )
    reader.last = bytes.then(
      () => this.#settle(reader, length < SEGMENT_BYTES ? 'ended' : 'goesOn'),
      () => this.#settle(reader, 'failed'),
    )
    return { bytes, users: 0 }
  }

  /** The reader that stands right there, or a new one. */
  #readerAt(file: number, index: number): Reader {
    const position = this.#readers.findIndex((each) => each.file === file && each.next === index)
    const [known] = position < 0 ? [] : this.#readers.splice(position, 1)
    if (known === undefined && this.#readers.length >= OPEN_READERS) this.#closeOne()
    const forward = known?.forward ?? this.files.forward(file, index * SEGMENT_BYTES)
    const reader = known ?? { file, forward, next: index, pending: 0, last: Promise.resolve() }
    this.#readers.push(reader)
    return reader
  }

  #closeOne(): void {
    const oldest = this.#readers.find(({ pending }) => pending === 0)
    if (oldest !== undefined) this.#closeReader(oldest)
  }

  #settle(reader: Reader, how: 'goesOn' | 'ended' | 'failed'): void {
    reader.pending--
    if (how === 'failed') reader.next = -1
    if (how !== 'goesOn' && reader.pending === 0) this.#closeReader(reader)
  }

  #closeReader(reader: Reader): void {
    reader.forward.close()
    const position = this.#readers.indexOf(reader)
    if (position >= 0) this.#readers.splice(position, 1)
  }

  /** Makes room for one more segment, unless all are in use. */
  #evict(): void {
    if (this.#segments.size < KEPT_SEGMENTS) return
    const oldest = [...this.#segments].find(([, { users }]) => users === 0)
    if (oldest === undefined) return
    const [key, { bytes }] = oldest
    this.#segments.delete(key)
    // It has been read, or nobody would have stopped waiting for it.
    bytes.then(({ buffer }) => this.#spare.give(buffer)).catch(() => undefined)
  }

  #wake(): void {
    if (this.#idle === 'resting') this.#timer = setTimeout(() => this.#onTimer(), IDLE_MS)
    this.#idle = 'used'
  }

  #onTimer(): void {
    const isBusy = this.#idle === 'used' || this.#readers.some(({ pending }) => pending > 0)
    if (!isBusy) return this.#rest()
    this.#idle = 'unused'
    this.#timer = setTimeout(() => this.#onTimer(), IDLE_MS)
  }

  #rest(): void {
    clearTimeout(this.#timer)
    this.#idle = 'resting'
    for (const reader of [...this.#readers]) this.#closeReader(reader)
    this.#segments.clear()
    this.#spare.clear()
  }
}
