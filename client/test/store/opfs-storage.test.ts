import { afterEach, expect, it, vi } from 'vitest'
import { defined } from '@ringdrop/shared/kernel/invariant.ts'
import { parseInfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { OpfsStorage } from '../../src/adapters/block-store/opfs-storage.ts'

afterEach(() => vi.unstubAllGlobals())

it('a download whose folder could not be had once is tried again by the next call', async () => {
  let isFull = true
  const written: number[] = []
  const handle = {
    write: ({ length }: Uint8Array) => (written.push(length), length),
    flush: () => undefined,
    close: () => undefined,
  }
  const folder = {
    getDirectoryHandle: () =>
      isFull ? Promise.reject(new DOMException('full', 'QuotaExceededError')) : Promise.resolve(folder),
    getFileHandle: () => Promise.resolve({ createSyncAccessHandle: () => Promise.resolve(handle) }),
  }
  vi.stubGlobal('navigator', { storage: { getDirectory: () => Promise.resolve(folder) } })
  const files = new OpfsStorage().open(defined(parseInfoHash('ab'.repeat(32)), 'infohash'), [3])
  await expect(files.write(0, 0, new Uint8Array(3))).rejects.toThrow('full')
  isFull = false
  await files.write(0, 0, new Uint8Array(3))
  expect(written).toEqual([3])
  await files.close()
})
