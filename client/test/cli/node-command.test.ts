import { mkdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ownFile } from '../../src/adapters/node/delivery.ts'
import { DiskHasher } from '../../src/adapters/node/disk-hasher.ts'
import { FileValues } from '../../src/adapters/node/file-values.ts'
import { treesOf } from '../../src/cli/downloads.ts'
import { NodeMemory } from '../../src/cli/node-memory.ts'
import { askFor, lonePeer, rememberDownload, type LonePeer } from './lone-peer.ts'
import { runMember, saidOf, startMember, untilSaid } from './member.ts'

/** As if it had been downloaded and not been delivered yet. */
function moveToParts({ peer, info, note }: LonePeer): void {
  const parts = peer.storage.folderOf(info.infoHash)
  mkdirSync(parts, { recursive: true })
  renameSync(note, join(parts, 'note.txt'))
}

describe('what a member remembers', () => {
  it('is not wanted again once it is saved, by an earlier version neither', async () => {
    const { memory, stateFolder, info, note } = await lonePeer()
    await memory.addWanted(info.infoHash, false)
    expect(memory.wanted).toEqual([{ infoHash: info.infoHash, isUnlisted: false }])
    await memory.addSaved(info.infoHash, { infoBytes: info.infoBytes, files: [note], isUnlisted: false })
    await memory.addWanted(info.infoHash, false)
    expect(memory.wanted).toEqual([])
    const values = new FileValues(join(stateFolder, 'node'))
    await values.set('node', { ...((await values.get('node')) as object), wanted: [info.infoHash] })
    const loaded = await NodeMemory.load(stateFolder)
    expect(loaded.wanted).toEqual([])
    expect(loaded.saved).toHaveLength(1)
  })

  it('is listed as an earlier version had it, unless something else was said since', async () => {
    const { stateFolder, info, note } = await lonePeer()
    const { infoHash, infoBytes } = info
    const values = new FileValues(join(stateFolder, 'node'))
    await values.set('node', { paths: [], wanted: [infoHash], saved: [] })
    const wanting = await NodeMemory.load(stateFolder)
    expect(wanting.wanted).toEqual([{ infoHash, isUnlisted: false }])
    await wanting.addWanted(infoHash, true)
    expect((await NodeMemory.load(stateFolder)).wanted).toEqual([{ infoHash, isUnlisted: true }])
    await values.set('node', { paths: [], wanted: [], saved: [{ infoBytes, files: [note] }] })
    const having = await NodeMemory.load(stateFolder)
    expect(having.saved).toMatchObject([{ isUnlisted: false }])
    await having.addWanted(infoHash, true)
    expect((await NodeMemory.load(stateFolder)).saved).toMatchObject([{ isUnlisted: true, files: [note] }])
  })
})

describe('a member', () => {
  it('fetches nothing that lies in its folder already, but shares it', async () => {
    const world = await lonePeer()
    const { peer, memory, info, note } = world
    const { infoHash } = info
    await rememberDownload(peer, info)
    await memory.addWanted(infoHash, false)
    startMember(world)
    await untilSaid(world, 'shared')
    expect(saidOf(world, 'saved')[0]?.files).toEqual([note])
    expect(peer.share(infoHash)).toMatchObject({ state: { name: 'seeding' }, isSource: true })
    expect(memory.wanted).toEqual([])
    expect(memory.saved).toMatchObject([{ files: [note] }])
  })

  it.each([
    ['what was there', false],
    ['what is downloaded', true],
  ])('lists no unlisted download for searches, after a restart neither: %s', async (_, isFetched) => {
    const world = await lonePeer()
    const { peer, memory, info, note, stateFolder } = world
    if (isFetched) moveToParts(world)
    await rememberDownload(peer, info)
    await memory.addWanted(info.infoHash, true)
    startMember(world)
    await untilSaid(world, 'shared')
    expect(peer.share(info.infoHash)).toMatchObject({ state: { name: 'seeding' }, isUnlisted: true })
    const again = await lonePeer()
    startMember({ ...again, memory: await NodeMemory.load(stateFolder) })
    await untilSaid(again, 'shared')
    expect(again.peer.share(info.infoHash)).toMatchObject({ state: { name: 'seeding' }, isUnlisted: true })
    expect((await NodeMemory.load(stateFolder)).saved).toMatchObject([{ isUnlisted: true, files: [note] }])
  })

  it('keeps what it knows by a link alone unlisted too', async () => {
    const world = await lonePeer()
    const { peer, memory, info } = world
    await memory.addWanted(info.infoHash, true)
    startMember(world)
    await vi.waitUntil(() => peer.share(info.infoHash)?.isUnlisted === true)
  })

  it('shares its own files anew once they are changed, and says so once', async () => {
    const world = await lonePeer()
    const { peer, memory, info, note } = world
    await memory.addPath(note, true)
    startMember(world)
    await untilSaid(world, 'shared')
    writeFileSync(note, 'another note')
    askFor(peer, info)
    await untilSaid(world, 'shared', 2)
    expect(saidOf(world, 'failed').map(({ what }) => what)).toEqual(['note.txt is no longer shared.'])
    expect(peer.share(info.infoHash)).toBeNull()
    expect(peer.snapshot().shares).toMatchObject([{ state: { name: 'seeding' }, isUnlisted: true }])
  })

  it('hashes files that do not keep still again after longer and longer waits alone, and says so', async () => {
    const world = await lonePeer()
    const { peer, memory, note } = world
    await memory.addPath(note, false)
    const [looks, hash] = [vi.spyOn(peer, 'until'), vi.spyOn(DiskHasher.prototype, 'hash')]
    onTestFinished(() => hash.mockRestore())
    let now = 0
    startMember(world, () => now)
    const losses = async (count: number) => {
      const entry = [...peer.runtime.node.shares.entries()].at(-1)?.[1]
      writeFileSync(note, `another note, ${String(count)}`)
      askFor(peer, entry?.exchange.swarm?.info ?? expect.unreachable())
      await untilSaid(world, 'failed', count)
      return saidOf(world, 'failed').at(-1)?.next
    }
    await untilSaid(world, 'shared', 1)
    expect(await losses(1)).toContain('hashed again, and')
    await untilSaid(world, 'shared', 2)
    expect(await losses(2)).toContain('hashed again in 5 s, and')
    now += 4_999
    // Two looks later it would have been.
    const enough = looks.mock.calls.length + 2
    await vi.waitUntil(() => looks.mock.calls.length >= enough, { timeout: 10_000 })
    expect(hash).toHaveBeenCalledTimes(2)
    now += 1
    await untilSaid(world, 'shared', 3)
  })

  it('does not give up files that are written while they are hashed', async () => {
    const world = await lonePeer()
    const { memory, note } = world
    await memory.addPath(note, false)
    const hash = vi.spyOn(DiskHasher.prototype, 'hash').mockResolvedValueOnce(null)
    onTestFinished(() => hash.mockRestore())
    startMember(world)
    await untilSaid(world, 'shared')
    expect(saidOf(world, 'failed').map(({ what }) => what)).toEqual(['The share can’t be made.'])
  })

  it('forgets a download once its files are changed, and says so', async () => {
    const world = await lonePeer()
    const { peer, memory, info, note } = world
    moveToParts(world)
    await rememberDownload(peer, info)
    await memory.addWanted(info.infoHash, false)
    startMember(world)
    await untilSaid(world, 'shared')
    expect(peer.share(info.infoHash)).toMatchObject({ state: { name: 'seeding' }, isSource: false })
    writeFileSync(note, 'another note')
    askFor(peer, info)
    await untilSaid(world, 'failed')
    expect(saidOf(world, 'failed').map(({ what }) => what)).toEqual(['A download is no longer shared.'])
    expect(peer.share(info.infoHash)).toBeNull()
    expect(memory.saved).toEqual([])
  })

  it('goes on with a download whose files were written again as they were', async () => {
    const world = await lonePeer()
    const { peer, memory, info, note } = world
    await memory.addSaved(info.infoHash, { infoBytes: info.infoBytes, files: [note], isUnlisted: false })
    startMember(world)
    await untilSaid(world, 'shared')
    utimesSync(note, 1, 1)
    askFor(peer, info)
    await untilSaid(world, 'shared', 2)
    expect(saidOf(world, 'failed')).toEqual([])
    expect(peer.share(info.infoHash)?.state.name).toBe('seeding')
    expect(memory.saved).toHaveLength(1)
  })

  it('that is to end hashes nothing more, and forgets nothing for that', async () => {
    const world = await lonePeer()
    const { memory, info, note, events, stateFolder } = world
    await memory.addPath(note, false)
    await memory.addSaved(info.infoHash, { infoBytes: info.infoBytes, files: [note], isUnlisted: false })
    await runMember(world, AbortSignal.abort())
    expect(events.map(({ event }) => event)).toEqual(['status'])
    expect((await NodeMemory.load(stateFolder)).saved).toHaveLength(1)
    const files = [(await ownFile(note)) ?? expect.unreachable()]
    await expect(treesOf(info, files, AbortSignal.abort())).rejects.toThrow('aborted')
  })
})
