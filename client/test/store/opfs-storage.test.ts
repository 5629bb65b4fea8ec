import { afterEach, expect, it, vi } from 'vitest'
import { defined } from '@ringdrop/shared/kernel/invariant.ts'
import { parseInfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { OpfsStorage } from '../../src/adapters/block-store/opfs-storage.ts'
import type { ShareFiles } from '../../src/adapters/block-store/share-files.ts'

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

/** Two files of three bytes, behind such a handle each. */
function opened(handle: object): ShareFiles {
  const folder = {
    getDirectoryHandle: () => Promise.resolve(folder),
    getFileHandle: () => Promise.resolve({ createSyncAccessHandle: () => Promise.resolve(handle) }),
  }
  vi.stubGlobal('navigator', { storage: { getDirectory: () => Promise.resolve(folder) } })
  return new OpfsStorage().open(defined(parseInfoHash('ab'.repeat(32)), 'infohash'), [3, 3])
}

it.each([
  ['no space, as older Chromium says it', 2 ** 32 - 8, 'QuotaExceededError'],
  ['another error, as older Chromium says it', 2 ** 32 - 1, 'InvalidStateError'],
  ['fewer bytes', 2, 'QuotaExceededError'],
])('a write that is answered by %s has failed', async (_, moved, name) => {
  const files = opened({ write: () => moved, flush: () => undefined, close: () => undefined })
  await expect(files.write(0, 0, new Uint8Array(3))).rejects.toMatchObject({ name })
})

it('a read that is answered by an error has failed', async () => {
  const files = opened({ read: () => 2 ** 32 - 1, flush: () => undefined, close: () => undefined })
  await expect(files.read(0, 0, new Uint8Array(3))).rejects.toMatchObject({ name: 'InvalidStateError' })
})

it('files whose last bytes can’t be made to last are let go all the same, all of them', async () => {
  let closed = 0
  const files = opened({
    write: ({ length }: Uint8Array) => length,
    flush: () => {
      throw new DOMException('disk', 'InvalidStateError')
    },
    close: () => closed++,
  })
  await files.write(0, 0, new Uint8Array(3))
  await files.write(1, 0, new Uint8Array(3))
  await expect(files.close()).rejects.toThrow('disk')
  expect(closed).toBe(2)
})

it.each([
  ['a full disk', 'QuotaExceededError', true],
  ['another tab that holds the file', 'NoModificationAllowedError', true],
  ['a browser that forbids it', 'SecurityError', false],
])('after %s the private file system is what it is', async (_, name, isUsable) => {
  const folder = { getFileHandle: () => Promise.reject(new DOMException('no', name)) }
  vi.stubGlobal('navigator', { storage: { getDirectory: () => Promise.resolve(folder) } })
  expect(await OpfsStorage.isUsable()).toBe(isUsable)
})
