import { expect, it } from 'vitest'
import { StateStore } from '../../src/adapters/state-store.ts'
import { MemoryValues, makeShare } from '../app/test-runtime.ts'

/** A remembered share, in a browser that takes its time to read and to write. */
async function setUp() {
  const values = new MemoryValues()
  const { infoHash, infoBytes } = makeShare('album', ['a.txt', 'b.txt']).info
  const none = { isSource: false, isPaused: false, isUnlisted: false, addedAt: 0, handles: null }
  await new StateStore(values).saveShare({ infoHash, infoBytes, selection: null, priorities: null, ...none })
  const slow = Object.assign(Object.create(values) as MemoryValues, {
    get: async (key: string) => {
      const value = await values.get(key)
      await new Promise((resolve) => setImmediate(resolve))
      return value
    },
    set: (key: string, value: unknown) => values.set(key, value),
    keys: () => values.keys(),
    deleteMany: (keys: readonly string[]) => values.deleteMany(keys),
    entries: () => values.entries(),
  })
  return { state: new StateStore(slow), values, infoHash }
}

it('two changes of a share in quick succession are both remembered', async () => {
  const { state, infoHash } = await setUp()
  const changes = [{ isPaused: true }, { selection: [1] }, { isUnlisted: true }]
  await Promise.all(changes.map((change) => state.updateShare(infoHash, change)))
  expect(await state.share(infoHash)).toMatchObject({ isPaused: true, selection: [1], isUnlisted: true })
})

it('a share that is removed right after a change stays removed', async () => {
  const { state, infoHash } = await setUp()
  await Promise.all([state.updateShare(infoHash, { isPaused: true }), state.removeShare(infoHash)])
  expect(await state.shares()).toEqual([])
})

it('a change that could not be written holds up none that follows', async () => {
  const { state, values, infoHash } = await setUp()
  values.isFull = true
  await expect(state.updateShare(infoHash, { isPaused: true })).rejects.toThrow()
  values.isFull = false
  await state.updateShare(infoHash, { isUnlisted: true })
  expect(await state.share(infoHash)).toMatchObject({ isPaused: false, isUnlisted: true })
})
