import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { DiskStorage } from '../../src/adapters/node/disk-storage.ts'
import { FileValues } from '../../src/adapters/node/file-values.ts'
import { makeIdentity } from '../../src/adapters/node/key-file.ts'
import { StateStore } from '../../src/adapters/state-store.ts'
import { Peer } from '../../src/cli/peer.ts'

afterEach(() => void vi.useRealTimers())

it('a peer that waits as long as it takes never gives up', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringdrop-peer-'))
  const state = new StateStore(new FileValues(folder))
  const identity = await makeIdentity()
  const storage = new DiskStorage(folder)
  const peer = new Peer({
    server: 'http://localhost:1',
    identity,
    state,
    shares: state,
    storage,
    isWilling: false,
  })
  vi.useFakeTimers()
  const ending = new AbortController()
  const before = vi.getTimerCount()
  const waits = peer.until(() => null, ending.signal, Infinity)
  expect(vi.getTimerCount()).toBe(before)
  const timed = peer.until(() => null, ending.signal, 30 * 86_400_000)
  // Longer than a timer can count.
  vi.advanceTimersByTime(2 ** 31)
  expect(await timed).toBeNull()
  ending.abort(new Error('asked for'))
  await expect(waits).rejects.toThrow('asked for')
  vi.useRealTimers()
  await peer.stop()
})
