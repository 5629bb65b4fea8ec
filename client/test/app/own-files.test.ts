import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PickedFile } from '../../src/app/api.ts'
import { Library } from '../../src/app/library.ts'
import { RemoteClient } from '../../src/app/remote-client.ts'
import { filesFor, rememberedFiles } from '../../src/app/own-files.ts'
import { makeRuntime, makeShare, type TestShare } from './test-runtime.ts'

const picked = ({ files }: TestShare, folder = 'album'): PickedFile[] =>
  files.map((file) => ({ file, path: [folder, file.name] }))

/** What is shared, as after a reload: the browser gives no file back by itself. */
async function afterReload(share: TestShare) {
  const made = makeRuntime()
  await new Library(made.state, made.runtime).rememberSource({ ...share, files: picked(share) }, false)
  const library = new Library(made.state, made.runtime)
  await library.restore()
  const stateName = () => made.runtime.node.shares.get(share.info.infoHash)?.exchange.state.name
  return { ...made, library, stateName }
}

function offer({ runtime }: ReturnType<typeof makeRuntime>, { info, trees, files }: TestShare): void {
  runtime.openFiles(info, files)
  const source = { info, trees, start: 'source', isSource: true, selection: null, isUnlisted: false } as const
  runtime.feed({ type: 'addShare', share: source })
}

const album = makeShare('album', ['a.txt', 'b.txt'])
const { infoHash } = album.info

describe('files that wait to be given back', () => {
  it('wait no longer once the share is made again', async () => {
    const { library, runtime } = await afterReload(album)
    expect(library.missingSources).toHaveLength(1)
    await library.rememberSource({ ...album, files: picked(album) }, false)
    expect(library.missingSources).toEqual([])
    runtime.stop()
  })

  it('wait no longer once the share is fetched from others', async () => {
    const { library, runtime } = await afterReload(album)
    await library.rememberDownload(album.info, null)
    expect(library.missingSources).toEqual([])
    runtime.stop()
  })

  it('are taken under the name that they have on the disk', async () => {
    const world = makeRuntime()
    const film = makeShare('working title.bin', ['working title.bin'])
    const library = new Library(world.state, world.runtime)
    offer(world, film)
    await library.rememberSource({ ...film, files: picked(film) }, false)
    const renamed = await library.rename(film.info.infoHash, 'Final.bin')
    if (!renamed.ok) throw new Error(renamed.code)
    const after = new Library(world.state, makeRuntime(world.values).runtime)
    await after.restore()
    expect(after.missingSources).toMatchObject([{ name: 'Final.bin' }])
    expect(after.reselect(renamed.value.infoHash, picked(film))).toBe(true)
    world.runtime.stop()
  })
})

describe('files that were given back', () => {
  it.each([
    ['can be given by a tap the next time, when they come with handles', 'permission'],
    ['must be chosen again the next time, when one has no handle', 'files'],
  ] as const)('%s', async (_, needs) => {
    const world = await afterReload(album)
    expect(world.library.missingSources).toMatchObject([{ needs: 'files' }])
    const handle = { kind: 'file', queryPermission: () => Promise.resolve('prompt') }
    const given = picked(album).map((each, at) =>
      needs === 'files' && at === 1 ? each : { ...each, handle: handle as unknown as FileSystemHandle },
    )
    expect(world.library.reselect(infoHash, given)).toBe(true)
    await expect
      .poll(async () => (await world.state.share(infoHash))?.handles?.length ?? 0)
      .toBe(needs === 'files' ? 0 : 2)
    const after = new Library(world.state, makeRuntime(world.values).runtime)
    await after.restore()
    expect(after.missingSources).toMatchObject([{ needs }])
    world.runtime.stop()
  })
})

describe('files for a share', () => {
  const names = (files: readonly PickedFile[] | null) => files?.map(({ file }) => file.name) ?? null

  it('are found by place and name, then by name, then by size', () => {
    expect(names(filesFor(album.info, picked(album)))).toEqual(['a.txt', 'b.txt'])
    expect(names(filesFor(album.info, picked(album, 'elsewhere').reverse()))).toEqual(['a.txt', 'b.txt'])
    const others = picked(makeShare('x', ['1.txt', '2.txt']))
    expect(names(filesFor(album.info, others))).toEqual(['1.txt', '2.txt'])
    expect(filesFor(album.info, picked(album).slice(1))).toBeNull()
  })

  it('are found by their place where names and sizes are alike, in little time where there are thousands', () => {
    const file = new File(['x'], 'same.txt')
    const inFolder = (n: number) => [`folder ${String(n)}`, 'same.txt']
    const files = Array.from({ length: 4_000 }, (_, n) => ({ path: inFolder(n), sizeBytes: 1, root: null }))
    const given = files.map(({ path }) => ({ file: new File([file], path[0] ?? ''), path: ['top', ...path] }))
    const found = filesFor({ files }, given.reverse())
    expect(names(found)).toEqual(files.map(({ path }) => path[0]))
  })

  it('are found where the disk writes letters in parts', () => {
    const share = makeShare('songs', ['caf\u00e9.txt', 'b.txt'])
    const [cafe, other] = share.files as [File, File]
    const onDisk = new File([cafe], 'cafe\u0301.txt')
    const given = [other, onDisk].map((file) => ({ file, path: ['songs', file.name] }))
    expect(names(filesFor(share.info, given))).toEqual(['b.txt', 'cafe\u0301.txt'])
  })
})

describe('a share that is renamed', () => {
  async function renameable() {
    const world = makeRuntime()
    const library = new Library(world.state, world.runtime)
    offer(world, album)
    await library.rememberSource({ ...album, files: picked(album) }, false)
    const names = () =>
      [...world.runtime.node.shares.entries()].map(([, each]) => each.exchange.swarm?.info.name)
    return { ...world, library, names }
  }
  let world: Awaited<ReturnType<typeof renameable>>
  beforeEach(async () => (world = await renameable()))
  afterEach(() => world.runtime.stop())

  it('stays paused, after a reload too', async () => {
    world.runtime.feed({ type: 'command', infoHash, command: { type: 'pause' } })
    const result = await world.library.rename(infoHash, 'new name')
    if (!result.ok) throw new Error(result.code)
    expect(world.names()).toEqual(['new name'])
    const { state } = world.runtime.node.shares.get(result.value.infoHash)?.exchange ?? {}
    expect(state?.name).toBe('paused')
    expect(await world.state.shares()).toMatchObject([{ share: { isPaused: true } }])
  })

  it('is under one name at every moment', async () => {
    const seen = new Set<number>()
    const renaming = world.library.rename(infoHash, 'new name')
    for (let turn = 0; turn < 100; turn++) {
      seen.add(world.names().length)
      await Promise.resolve()
    }
    await renaming
    expect([...seen, world.names().length]).toEqual([1, 1])
  })

  it('keeps its name when the browser can’t write the new one down', async () => {
    world.values.isFull = true
    expect(await world.library.rename(infoHash, 'new name')).toMatchObject({ ok: false, code: 'io' })
    expect(world.names()).toEqual(['album'])
    expect(await world.state.shares()).toMatchObject([{ share: { infoHash } }])
    world.values.isFull = false
    expect(await world.library.rename(infoHash, 'new name')).toMatchObject({ ok: true })
  })
})

describe('files that the browser remembers', () => {
  const one = makeShare('x', ['x'])
  const handle = (state: PermissionState, calls: string[]) =>
    ({
      queryPermission: () => Promise.resolve(state),
      requestPermission: () => Promise.resolve((calls.push('asked'), state)),
      kind: 'file',
      getFile: () => Promise.resolve(new File(['x'], 'x')),
    }) as unknown as FileSystemFileHandle

  it('are asked for in the tab that was clicked: no other one may', async () => {
    const { state, runtime } = makeRuntime()
    const calls: string[] = []
    const files = picked(album).map((file) => ({ ...file, handle: handle('granted', calls) }))
    await new Library(state, runtime).rememberSource({ ...album, files }, false)
    vi.stubGlobal('document', new EventTarget())
    const follower = new RemoteClient(state, () => undefined)
    const answer = follower.run({ type: 'reselect', infoHash, files: [] })
    await expect.poll(() => calls).toEqual(['asked', 'asked'])
    follower.handOver(null)
    expect(await answer).toMatchObject({ code: 'ownerGone' })
    vi.unstubAllGlobals()
    runtime.stop()
  })

  it('are given when they may be read, and asked for only where that is wanted', async () => {
    const calls: string[] = []
    expect(await rememberedFiles({ handles: null }, one.info, true)).toBeNull()
    expect(await rememberedFiles({ handles: [handle('granted', calls)] }, one.info, false)).toHaveLength(1)
    expect(await rememberedFiles({ handles: [handle('prompt', calls)] }, one.info, false)).toBeNull()
    expect(calls).toEqual([])
    expect(await rememberedFiles({ handles: [handle('granted', calls)] }, one.info, true)).toHaveLength(1)
    expect(calls).toEqual(['asked'])
  })

  it('are found in the folder that was dropped, which is asked for once', async () => {
    const calls: string[] = []
    const entries = album.files.map((file) => ({
      kind: 'file',
      name: file.name,
      getFile: () => Promise.resolve(file),
    }))
    const folderOf = (found: readonly object[]) =>
      ({
        ...handle('granted', calls),
        kind: 'directory',

        async *values() {
          yield* found
        },
      }) as unknown as FileSystemDirectoryHandle
    const remembered = (folder: FileSystemDirectoryHandle) =>
      rememberedFiles({ handles: [folder, folder] }, album.info, true)
    expect(await remembered(folderOf([...entries].reverse()))).toEqual(album.files)
    expect(calls).toEqual(['asked'])
    expect(await remembered(folderOf(entries.slice(1)))).toBeNull()
  })
})
