import { expect, it } from 'vitest'
import { snapshotOf } from '@ringdrop/shared/node/snapshot.ts'
import type { HashJob } from '../../src/adapters/hashing/hasher.ts'
import { hashingError } from '../../src/lib/words.ts'
import { english } from '../../src/lang/language.ts'
import { Library } from '../../src/app/library.ts'
import { ShareJobs, type ShareWish } from '../../src/app/share-jobs.ts'
import { makeRuntime } from './test-runtime.ts'

/** Each file is one block, whose hash is made up of its size. */
const hasher = {
  hash: ({ files }: Pick<HashJob, 'files'>) =>
    Promise.resolve(
      files.map((file) => (file.name.startsWith('gone') ? null : new Uint8Array(32).fill(file.size))),
    ),
  terminate: () => undefined,
}

function setUp() {
  const made = makeRuntime()
  const library = new Library(made.state, made.runtime)
  const jobs = new ShareJobs(made.runtime, library, () => undefined, hasher)
  const files = [{ file: new File(['abc'], 'film.mp4'), path: ['film.mp4'] }]
  const share = (wish: Pick<ShareWish, 'isUnlisted' | 'isListingKept'>) =>
    new Promise<NonNullable<ReturnType<typeof made.runtime.node.shares.get>>>((resolve, reject) => {
      const onShared: ShareWish['onShared'] = (infoHash) => {
        const entry = made.runtime.node.shares.get(infoHash)
        if (entry === undefined) reject(new Error('it is not there'))
        else resolve(entry)
      }
      jobs.start(files, { ...wish, onShared })
    })
  return { ...made, share }
}

it('what is shared already stays in searches when it is sent to one device, and whoever fetches it goes on', async () => {
  const { share, runtime, state } = setUp()
  const listed = await share({ isUnlisted: false, isListingKept: false })
  const { exchange } = listed
  const sent = await share({ isUnlisted: true, isListingKept: true })
  expect([sent.isUnlisted, sent.exchange === exchange]).toEqual([false, true])
  await expect.poll(() => state.shares()).toMatchObject([{ share: { isUnlisted: false } }])
  runtime.stop()
})

it('what is shared again goes out of searches, or back into them, as the person says', async () => {
  const { share, runtime } = setUp()
  const { exchange } = await share({ isUnlisted: true, isListingKept: true })
  const again = await share({ isUnlisted: false, isListingKept: false })
  expect([again.isUnlisted, again.exchange === exchange]).toEqual([false, true])
  expect((await share({ isUnlisted: true, isListingKept: false })).isUnlisted).toBe(true)
  runtime.stop()
})

it('what is paused is shared anew, as it was listed', async () => {
  const { share, runtime } = setUp()
  const first = await share({ isUnlisted: false, isListingKept: false })
  const infoHash = first.exchange.swarm?.info.infoHash
  if (infoHash === undefined) throw new Error('it has no metadata')
  runtime.feed({ type: 'command', infoHash, command: { type: 'pause' } })
  const again = await share({ isUnlisted: true, isListingKept: true })
  expect([again.isUnlisted, again.exchange.state.name]).toEqual([false, 'seeding'])
  runtime.stop()
})

it('what could not be read is left out of a share, and named until the person has seen it', async () => {
  const { runtime, state } = makeRuntime()
  const jobs = new ShareJobs(runtime, new Library(state, runtime), () => undefined, hasher)
  const names = ['a.txt', 'gone <1>.txt', 'gone 2.txt']
  const files = names.map((name) => ({ file: new File(['abc'], name), path: ['Notes', name] }))
  const wish = { isUnlisted: true, isListingKept: false, onShared: () => undefined }
  const id = jobs.start(files, wish)
  const infoHash = await jobs.untilEnded(id)
  if (infoHash === null) throw new Error('it was not shared')
  expect(runtime.node.shares.get(infoHash)?.exchange.swarm?.info.files).toHaveLength(1)
  const [view] = jobs.views
  expect(view).toMatchObject({ error: { leftOut: 'Notes/gone <1>.txt', others: 1 } })
  expect(hashingError(english, view!)).toMatch(/^.?Notes\/gone _1_\.txt.? and 1\sfile more could not be read/)
  jobs.dismiss(id)
  expect(jobs.views).toEqual([])
  const none = jobs.start(files.slice(1), wish)
  expect(await jobs.untilEnded(none)).toBeNull()
  expect(jobs.views).toMatchObject([{ error: 'unreadable' }])
  runtime.stop()
})

it('what is cancelled while it is hashed is not read on, and never becomes a share', async () => {
  const { runtime, state } = makeRuntime()
  const signals: (AbortSignal | undefined)[] = []
  const stuck = {
    hash: ({ files, signal }: Pick<HashJob, 'files' | 'signal'>) => {
      signals.push(signal)
      return new Promise<null[]>((resolve) =>
        signal?.addEventListener('abort', () => resolve(files.map(() => null))),
      )
    },
    terminate: () => undefined,
  }
  const jobs = new ShareJobs(runtime, new Library(state, runtime), () => undefined, stuck)
  const files = [{ file: new File(['abc'], 'film.mp4'), path: ['film.mp4'] }]
  const id = jobs.start(files, { isUnlisted: true, isListingKept: false, onShared: expect.unreachable })
  const ended = jobs.untilEnded(id)
  await expect.poll(() => signals.length).toBe(1)
  jobs.dismiss(id)
  expect(await ended).toBeNull()
  expect([signals[0]?.aborted, jobs.views, snapshotOf(runtime.node, 0).shares]).toEqual([true, [], []])
  runtime.stop()
})
