import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'

/** Never through a symbolic link, which might lead anywhere. Windows knows no such flag. */
export const NO_FOLLOW = constants.O_NOFOLLOW ?? 0

/** Reads until `into` is full or the file ends. */
export async function readFully(handle: FileHandle, offset: number, into: Uint8Array): Promise<number> {
  let count = 0
  while (count < into.length) {
    const { bytesRead } = await handle.read(into, count, into.length - count, offset + count)
    if (bytesRead === 0) break
    count += bytesRead
  }
  return count
}
