/** To the hashing worker: files of one share, hashed one after the other. */
export interface HashCommand {
  readonly id: string
  readonly files: readonly File[]
}

export type HashAnswer =
  /** The first of all: it runs. */
  | { readonly type: 'ready' }
  | { readonly type: 'progress'; readonly id: string; readonly bytes: number }
  /** One flat list of 32-byte block hashes a file; empty for an empty file, `null` for one that can't be read: it was moved or changed. */
  | {
      readonly type: 'done'
      readonly id: string
      readonly leaves: readonly (Uint8Array<ArrayBuffer> | null)[]
    }
