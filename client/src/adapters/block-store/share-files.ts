import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'

/** The files of one share, wherever they are kept. Offsets and lengths in bytes. */
export interface ShareFiles {
  /** Fills `into`, or less of it at the end of what has been written. @returns how many bytes were read. */
  read(file: number, offset: number, into: Bytes): Promise<number>
  /** Rejects with a `QuotaExceededError` when the disk or the quota is full, else with any error. */
  write(file: number, offset: number, bytes: Bytes): Promise<void>
  /** The whole file, backed by storage. Nothing may be open for writing afterwards until the next write. */
  blob(file: number): Promise<Blob>
  /** Makes what was written last survive a crash, and lets go of the files. */
  close(): Promise<void>
}

/** Reads a file from some place to its end. One call at a time. */
export interface ForwardReader {
  /**
   * Takes the buffer and fills it with what follows.
   * @returns what was read, at the start of memory that is the caller's: the same memory where the system can do that.
   * Shorter than the buffer only at the end of the file. Rejects when the file was moved or changed.
   */
  fill(buffer: ArrayBuffer): Promise<Bytes>
  /** Lets go of the file. */
  close(): void
}

/** The person's own files, which are only read: front to back. */
export interface OwnShareFiles {
  readonly sizes: readonly number[]
  forward(file: number, offset: number): ForwardReader
  /** The whole file. */
  blob(file: number): Promise<Blob>
  close(): Promise<void>
}

/** Where downloads are kept; one implementation per kind of storage. Contract: `test/block-store.contract.ts`. */
export interface ShareStorage {
  open(infoHash: InfoHash, sizes: readonly number[]): ShareFiles
  /** Deletes everything of a share that is not open. */
  remove(infoHash: InfoHash): Promise<void>
  /** Shares of which something is kept. */
  list(): Promise<InfoHash[]>
}

/** True for errors that mean a full disk or an exhausted quota. */
export function isQuotaError(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'QuotaExceededError'
}
