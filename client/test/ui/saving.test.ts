import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AppCommand, NodeClient } from '../../src/app/api.ts'
import { english } from '../../src/lang/language.ts'
import { Actions, type SaveWay } from '../../src/state/actions.svelte.ts'
import { Notices } from '../../src/state/notices.svelte.ts'
import { Router } from '../../src/state/router.svelte.ts'
import { appSnapshot, PEER, shareView, untilOver } from './views.ts'

const MiB = 1024 * 1024

afterEach(() => vi.unstubAllGlobals())

/** A share of two files, of which so many are wanted, in a browser whose pickers answer as told, and its storage. */
function setUp(
  answer: () => Promise<unknown>,
  wantedCount = 2,
  blobs: Promise<unknown> = Promise.resolve({ ok: false, code: 'io' }),
) {
  const steps: string[] = []
  const picker = (name: string) => () => (steps.push(name), answer())
  vi.stubGlobal('window', { showDirectoryPicker: picker('folder'), showSaveFilePicker: picker('place') })
  const client: NodeClient = {
    snapshot: () => appSnapshot([]),
    onChange: () => () => undefined,
    run: ({ type }: AppCommand) => {
      steps.push(type)
      const files = [0, 1].map((index) => ({ isSelected: index < wantedCount }))
      return (type === 'files' ? Promise.resolve({ ok: true, value: { files } }) : blobs) as Promise<never>
    },
  }
  const notices = new Notices()
  const actions = new Actions(client, notices, new Router(), english)
  const totalBytes = 100 * MiB
  const wantedBytes = wantedCount * 50 * MiB
  const share = shareView({
    name: 'album',
    fileCount: 2,
    totalBytes,
    wantedBytes,
    verifiedBytes: wantedBytes,
  })
  const save = (way: SaveWay) => actions.save(share, way, () => undefined)
  return { steps, notices, actions, share, save }
}

const picked = () => Promise.resolve({ kind: 'file' })
const refused = (name: string) => () => Promise.reject(new DOMException('no', name))

describe('a place to save to', () => {
  it.each([
    ['folder', 2, ['folder', 'blobs']],
    ['zip', 2, ['place', 'blobs']],
    ['each', 2, ['blobs']],
    // One file is saved as it is, and not as a zip.
    ['zip', 1, ['files', 'blobs']],
  ] as const)(
    'is asked for while the click still counts: %s of %d files',
    async (way, wantedCount, order) => {
      const { steps, save } = setUp(picked, wantedCount)
      await save(way)
      expect(steps).toEqual(order)
    },
  )

  it.each(['folder', 'zip'] as const)(
    'that is not chosen is no error, and nothing is read: %s',
    async (way) => {
      const { steps, notices, save } = setUp(refused('AbortError'))
      await save(way)
      expect(steps).toHaveLength(1)
      expect(notices.items).toEqual([])
    },
  )

  it.each(['folder', 'zip'] as const)('that the browser will not ask for is an error: %s', async (way) => {
    const { steps, notices, save } = setUp(refused('SecurityError'))
    await save(way)
    expect(steps).toHaveLength(1)
    expect(notices.items).toMatchObject([{ tone: 'bad', text: english.t.error.notWritten('album') }])
  })
})

describe('what saves several files', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout'] }))
  afterEach(() => {
    vi.useRealTimers()
    vi.doUnmock('client-zip')
  })

  it('and could not be fetched is not taken for a full disk', async () => {
    vi.doMock('client-zip', () => {
      throw new Error('no network')
    })
    const files = [0, 1].map((index) => ({ path: [String(index)], file: new Blob(['x']) }))
    const { save, notices } = setUp(picked, 2, Promise.resolve({ ok: true, value: { files } }))
    const saved = save('zip')
    let isOver = false
    void saved.then(() => (isOver = true))
    while (!isOver) {
      vi.advanceTimersByTime(500)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(notices.items).toMatchObject([{ tone: 'bad', text: english.t.shell.pageFailed }])
  })
})

it('a save whose files never come ends with words', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  const { notices, actions, save } = setUp(picked, 2, new Promise(() => undefined))
  await untilOver(save('zip'))
  expect(notices.items).toMatchObject([{ tone: 'bad', text: english.t.error.notRead('album') }])
  expect(actions.isSaving()).toBe(false)
  vi.useRealTimers()
})

it('a save that runs is known until it ends, each of them', async () => {
  let fail = (): void => undefined
  const blobs = new Promise((resolve) => (fail = () => resolve({ ok: false, code: 'io' })))
  const { actions, share, save } = setUp(picked, 2, blobs)
  expect(actions.isSaving()).toBe(false)
  const first = save('each')
  const cancelled = setUp(refused('AbortError'))
  await cancelled.save('zip')
  expect(cancelled.actions.isSaving()).toBe(false)
  const second = save('each')
  expect([actions.isSaving(share.infoHash), actions.isSaving()]).toEqual([true, true])
  expect(actions.isSaving(PEER as string as InfoHash)).toBe(false)
  fail()
  await Promise.all([first, second])
  expect([actions.isSaving(share.infoHash), actions.isSaving()]).toEqual([false, false])
})

it('the files of a folder are counted of those that are wanted, not of all', async () => {
  const wanted = ['a', 'b'].map((name) => ({ path: [name], file: new File([], name) }))
  const answer = Promise.resolve({ ok: true, value: { files: wanted } })
  const { actions, share } = setUp(() => Promise.resolve({ kind: 'directory' }), 2, answer)
  const saveToFolder = (_place: unknown, _files: unknown, told: (done: number) => void) => (told(1), 'saved')
  vi.doMock('../../src/lib/save-many.ts', () => ({ saveToFolder }))
  vi.resetModules()
  const told: string[] = []
  await actions.save({ ...share, fileCount: 4 }, 'folder', (done, all) =>
    told.push(`${String(done)}/${String(all)}`),
  )
  vi.doUnmock('../../src/lib/save-many.ts')
  expect(told).toEqual(['1/2'])
})
