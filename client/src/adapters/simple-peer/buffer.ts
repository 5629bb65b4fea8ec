import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'

/** As much of Node's `Buffer` as simple-peer uses: a view of what a channel brought. */
export const Buffer = {
  from: (data: ArrayBuffer): Bytes => new Uint8Array(data),
}
