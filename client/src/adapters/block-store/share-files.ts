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

/** The person's own files, which are only read. */
export interface OwnShareFiles extends ShareFiles {
  /** Bytes of a file, fewer at its end, in memory of their own. Rejects when the file was moved or changed. */
  load(file: number, offset: number, length: number): Promise<Bytes>
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
