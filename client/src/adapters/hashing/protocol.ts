/** To the hashing worker. */
export type HashCommand =
  | HashFiles
  /** Nobody wants those any more. Nothing is answered, and the next ones have their turn, also where a disk does not answer. */
  | { readonly type: 'cancel'; readonly id: string }

/** Files of one share. Shares are hashed one after the other. */
export interface HashFiles {
  readonly type: 'hash'
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
