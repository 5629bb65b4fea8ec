import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { takeLock } from '../../src/adapters/node/file-lock.ts'
import { partsFolder } from '../../src/cli/session.ts'
import { askFor, lonePeer, rememberDownload, type LonePeer } from './lone-peer.ts'
import { failuresOf, saidOf, startMember, startOnClock, untilSaid } from './member.ts'

/** A member that lacks `note.txt` and downloads it from nobody. */
async function downloading() {
  const world = await lonePeer()
  rmSync(world.note)
  await rememberDownload(world.peer, world.info)
  await world.memory.addWanted(world.info.infoHash, true)
  return world
}

/** The place for a twin of `note.txt`: it makes the same share, with the same link. */
const twinPath = () => join(mkdtempSync(join(tmpdir(), 'ringdrop-twin-')), 'note.txt')

const isLeeching = ({ peer, info }: LonePeer) => peer.share(info.infoHash)?.state.name === 'leeching'
/** Whether a block of it can be read, as for a peer. */
async function canRead({ peer, info }: LonePeer): Promise<boolean> {
  return (await peer.runtime.blocks.range(info.infoHash, 0, 0, 6)) !== null
}

describe('own files that are the same share as a download', () => {
  it('end it and are shared, however late they come', async () => {
    const world = await downloading()
    const { peer, info, memory, out } = world
    const twin = twinPath()
    await memory.addPath(twin, false)
    const clock = startOnClock(world)
    await vi.waitUntil(() => isLeeching(world))
    const parts = peer.storage.folderOf(info.infoHash)
    mkdirSync(parts, { recursive: true })
    writeFileSync(join(parts, 'note.txt'), 'a n')
    writeFileSync(twin, 'a note')
    await clock.pass(10_000)
    await untilSaid(world, 'shared')
    expect(peer.share(info.infoHash)).toMatchObject({ state: { name: 'seeding' }, isSource: true })
    expect(await canRead(world)).toBe(true)
    await vi.waitUntil(() => memory.wanted.length === 0 && !existsSync(partsFolder(out)))
    await clock.pass(10_000)
    expect(saidOf(world, 'failed')).toHaveLength(1)
    expect(peer.share(info.infoHash)).toMatchObject({ state: { name: 'seeding' }, isSource: true })
  })

  it('are shared from where else they lie once one of both is lost', async () => {
    const world = await lonePeer()
    const { peer, info, memory, note } = world
    const { infoHash, infoBytes } = info
    const twin = twinPath()
    writeFileSync(twin, 'a note')
    await memory.addPath(twin, false)
    await memory.addSaved(infoHash, { infoBytes, files: [note], isUnlisted: false })
    startMember(world)
    await untilSaid(world, 'shared', 2)
    rmSync(twin)
    askFor(peer, info)
    await untilSaid(world, 'shared', 3)
    expect(peer.share(infoHash)?.state.name).toBe('seeding')
    expect(await canRead(world)).toBe(true)
    expect(memory.saved).toHaveLength(1)
    expect(failuresOf(world)[0]).toContain('note.txt is no longer shared')
  })
})

it('a download that another command has begun in the same folder is left to it, and gone on with later', async () => {
  const world = await downloading()
  const { info, out } = world
  const lock = await takeLock(join(partsFolder(out), `${info.infoHash}.lock`))
  const clock = startOnClock(world)
  await untilSaid(world, 'failed')
  expect(failuresOf(world)).toEqual([expect.stringContaining('by another command')])
  expect(isLeeching(world)).toBe(false)
  lock?.release()
  await clock.pass(10_000)
  await vi.waitUntil(() => isLeeching(world))
  expect(await takeLock(join(partsFolder(out), `${info.infoHash}.lock`))).toBeNull()
})
