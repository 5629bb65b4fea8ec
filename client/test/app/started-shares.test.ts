import { describe, expect, it } from 'vitest'
import { exportTorrent } from '@ringdrop/shared/content/torrent-file.ts'
import { FileCommands } from '../../src/app/file-commands.ts'
import { Library } from '../../src/app/library.ts'
import { makeRuntime, makeShare, type TestShare } from './test-runtime.ts'

const torrentOf = ({ info }: TestShare) => new File([exportTorrent(info, new Map())], 'a.torrent')

function setUp() {
  const made = makeRuntime()
  const share = makeShare('album', ['a.txt', 'b.txt'])
  const { infoHash } = share.info
  return {
    ...made,
    share,
    infoHash,
    opened: () => made.commands.filter(({ type }) => type === 'open').length,
    stateName: () => made.runtime.node.shares.get(infoHash)?.exchange.state.name,
  }
}

function startSource({ runtime, share: { info, trees, files } }: ReturnType<typeof setUp>): void {
  runtime.openFiles(info, files)
  const source = { info, trees, start: 'source', isSource: true, selection: null, isUnlisted: false } as const
  runtime.feed({ type: 'addShare', share: source })
}

async function startDownload({ runtime, share, infoHash }: ReturnType<typeof setUp>): Promise<void> {
  await new FileCommands(runtime).importTorrent(torrentOf(share))
  runtime.feed({ type: 'command', infoHash, command: { type: 'download', files: null } })
}

describe('the torrent file of a share that is there already', () => {
  it.each([
    ['shared', startSource, 'seeding'],
    ['downloaded', startDownload, 'leeching'],
  ] as const)('leaves the files alone of one that is being %s', async (_, start, state) => {
    const world = setUp()
    await start(world)
    expect([world.opened(), world.stateName()]).toEqual([1, state])
    const imported = await new FileCommands(world.runtime).importTorrent(torrentOf(world.share))
    expect(imported).toEqual({ ok: true, value: { infoHash: world.infoHash } })
    expect([world.opened(), world.stateName()]).toEqual([1, state])
    world.runtime.stop()
  })
})

describe('own files that wait to be chosen again', () => {
  it('do not take the place of a download that was begun meanwhile', async () => {
    const world = setUp()
    const { runtime, state, share, infoHash } = world
    const files = share.files.map((file) => ({ file, path: ['album', file.name] }))
    await new Library(state, runtime).rememberSource({ ...share, files }, false)
    // As after a reload.
    const library = new Library(state, runtime)
    await library.restore()
    expect(library.missingSources).toMatchObject([{ infoHash, needs: 'files' }])
    await startDownload(world)
    expect(library.reselect(infoHash, files)).toBe(true)
    expect([world.opened(), world.stateName()]).toEqual([1, 'leeching'])
    expect(library.missingSources).toEqual([])
    // Nor are they an own share that could be renamed.
    expect(await library.rename(infoHash, 'other')).toMatchObject({ ok: false, code: 'unknownShare' })
    runtime.stop()
  })
})
