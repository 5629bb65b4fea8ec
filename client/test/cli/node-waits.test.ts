import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type * as Promises from 'node:fs/promises'
import { statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { NodeMemory } from '../../src/cli/node-memory.ts'
import { askFor, lonePeer, rememberDownload } from './lone-peer.ts'
import { failuresOf, saidOf, startMember, startOnClock, untilSaid } from './member.ts'

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof Promises>()
  return { ...real, statfs: vi.fn(real.statfs) }
})

describe('a member waits, and says so once,', () => {
  it.each([
    ['a file', (path: string) => writeFileSync(path, 'late')],
    ['a folder that is there, but empty', (path: string) => writeFileSync(join(path, 'late.txt'), 'late')],
  ])('for own files that come later: %s', async (kind, come) => {
    const world = await lonePeer()
    const path = join(world.out, 'later')
    if (kind !== 'a file') mkdirSync(path)
    await world.memory.addPath(path, false)
    const clock = startOnClock(world)
    await untilSaid(world, 'failed')
    await clock.pass(10_000)
    expect(failuresOf(world)).toHaveLength(1)
    expect(saidOf(world, 'failed')[0]?.next).toContain('it is looked for')
    come(path)
    await clock.pass(10_000)
    await untilSaid(world, 'shared')
    expect(failuresOf(world)).toHaveLength(1)
  })

  it('for own files that went while they were shared', async () => {
    const world = await lonePeer()
    const { peer, memory, info, note } = world
    await memory.addPath(note, false)
    const clock = startOnClock(world)
    await untilSaid(world, 'shared')
    rmSync(note)
    askFor(peer, info)
    await untilSaid(world, 'failed', 2)
    writeFileSync(note, 'a note')
    await clock.pass(10_000)
    await untilSaid(world, 'shared', 2)
    expect(failuresOf(world)).toEqual(['note.txt is no longer shared.', expect.stringContaining(note)])
  })

  it('for the disk of finished downloads, which it does not forget', async () => {
    const world = await lonePeer()
    const { memory, info, note, stateFolder } = world
    await memory.addSaved(info.infoHash, { infoBytes: info.infoBytes, files: [note], isUnlisted: false })
    const away = `${dirname(note)}-away`
    renameSync(dirname(note), away)
    const clock = startOnClock(world)
    await untilSaid(world, 'failed')
    await clock.pass(10_000)
    expect(failuresOf(world)).toEqual(['note.txt is not shared now.'])
    expect((await NodeMemory.load(stateFolder)).saved).toHaveLength(1)
    renameSync(away, dirname(note))
    await clock.pass(10_000)
    await untilSaid(world, 'shared')
  })

  it('for room on a disk that is full, and goes on with the download', async () => {
    const world = await lonePeer()
    const { peer, memory, info, note } = world
    const { infoHash } = info
    rmSync(note)
    await rememberDownload(peer, info)
    await memory.addWanted(infoHash, false)
    const clock = startOnClock(world)
    await vi.waitUntil(() => peer.share(infoHash)?.state.name === 'leeching')
    const failed = { type: 'storeFailed', block: 0, code: 'quota' } as const
    peer.runtime.feed({ type: 'storeResults', infoHash, results: [failed] })
    await untilSaid(world, 'failed')
    vi.mocked(statfs).mockResolvedValue({ bavail: 1, bsize: 1 } as never)
    await clock.pass(10_000)
    await untilSaid(world, 'failed', 2)
    await clock.pass(10_000)
    expect(peer.share(infoHash)?.state).toEqual({ name: 'paused', because: 'quota' })
    vi.mocked(statfs).mockResolvedValue({ bavail: 1e9, bsize: 4096 } as never)
    await clock.pass(10_000)
    expect(peer.share(infoHash)?.state.name).toBe('leeching')
    expect(failuresOf(world)).toEqual([
      'The download has stopped.',
      'There is not enough room for this download.',
    ])
  })
})

it('a link that is given again fetches what was deleted since', async () => {
  const world = await lonePeer()
  const { peer, memory, info, note, out } = world
  const { infoHash, infoBytes } = info
  await memory.addSaved(infoHash, { infoBytes, files: [note], isUnlisted: true })
  await memory.addWanted(infoHash, true)
  writeFileSync(join(out, 'other.txt'), 'the folder is there')
  rmSync(note)
  await rememberDownload(peer, info)
  startMember(world)
  await vi.waitUntil(() => peer.share(infoHash)?.state.name === 'leeching')
  expect(failuresOf(world)).toEqual([])
  expect(memory.saved).toEqual([])
  expect(memory.wanted).toEqual([{ infoHash, isUnlisted: true }])
})
