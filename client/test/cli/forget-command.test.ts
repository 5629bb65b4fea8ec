import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { takeLock } from '../../src/adapters/node/file-lock.ts'
import { EXIT_CODES } from '../../src/cli/failure.ts'
import { runForget, runList } from '../../src/cli/forget-command.ts'
import { ForgetRequests } from '../../src/cli/forget-requests.ts'
import { runNode } from '../../src/cli/node-command.ts'
import { NodeMemory, type Name } from '../../src/cli/node-memory.ts'
import { Output } from '../../src/cli/output.ts'
import { lonePeer, rememberDownload, SERVER, type LonePeer } from './lone-peer.ts'
import { failuresOf, saidOf, startMember, untilSaid } from './member.ts'

const LINK = 'ab'.repeat(32) as InfoHash
const { signal } = new AbortController()

const optionsOf = ({ stateFolder }: LonePeer) => ({ server: SERVER, isJson: true, stateFolder })
const forget = (world: LonePeer, names: readonly Name[], answerMs?: number) =>
  runForget({ name: 'forget', options: optionsOf(world), names }, world.output, signal, answerMs)

/** What is remembered in the file, in short. */
async function remembered({ stateFolder }: LonePeer) {
  const { paths, wanted, saved } = await NodeMemory.load(stateFolder)
  return [paths.length, wanted.length, saved.length]
}

/** One of each kind is remembered. */
async function remembering() {
  const world = await lonePeer()
  const { memory, info, note, out } = world
  const { infoHash, infoBytes } = info
  const own = join(out, 'own')
  await memory.addPath(own, true)
  await memory.addWanted(LINK, false)
  await memory.addSaved(infoHash, { infoBytes, files: [note], isUnlisted: false })
  return { ...world, own }
}

/** What a running node holds. */
const holdLock = ({ stateFolder }: LonePeer) => takeLock(join(stateFolder, 'node.lock'))

describe('what a node remembers', () => {
  it('is listed', async () => {
    const world = await remembering()
    const { info, own, note } = world
    await runList({ name: 'list', options: optionsOf(world) }, world.output)
    expect(saidOf(world, 'remembered')).toEqual([
      { event: 'remembered', kind: 'own', path: own, unlisted: true },
      { event: 'remembered', kind: 'wanted', infoHash: LINK, unlisted: false },
      {
        event: 'remembered',
        kind: 'saved',
        infoHash: info.infoHash,
        name: 'note.txt',
        link: expect.stringContaining(info.infoHash),
        bytes: 6,
        files: [note],
        unlisted: false,
      },
    ])
  })

  it('is listed in words, each with a name that can be forgotten', async () => {
    const { stateFolder, own, note, info } = await remembering()
    let said = ''
    const stream = { write: (text: string) => (said += text) }
    const output = new Output(stream, stream, false, () => performance.now())
    await runList({ name: 'list', options: { server: SERVER, isJson: false, stateFolder } }, output)
    expect(said.trim().split('\n')).toEqual([
      `${own}  (shared, unlisted)`,
      `${LINK}  (to be downloaded)`,
      `note.txt  (6 B, downloaded to ${note}; ${info.infoHash})`,
    ])
  })

  it('is forgotten by path, link, or where it was downloaded to', async () => {
    const world = await remembering()
    const { own, note, info } = world
    await forget(world, [{ path: own }])
    expect(await remembered(world)).toEqual([0, 1, 1])
    await forget(world, [{ infoHash: LINK }, { path: note }])
    expect(await remembered(world)).toEqual([0, 0, 0])
    expect(saidOf(world, 'forgotten').map(({ kind }) => kind)).toEqual(['own', 'wanted', 'saved'])
    await world.memory.addSaved(info.infoHash, {
      infoBytes: info.infoBytes,
      files: [note],
      isUnlisted: false,
    })
    await forget(world, [{ infoHash: info.infoHash }])
    expect(await holdLock(world)).not.toBeNull()
  })

  it('stays as it is when one of the names is not known', async () => {
    const world = await remembering()
    const names = [{ infoHash: LINK }, { path: '/nowhere/.x' }]
    await expect(forget(world, names)).rejects.toMatchObject({
      exitCode: EXIT_CODES.nothingFound,
      what: expect.stringContaining('/nowhere/.x'),
    })
    expect(await remembered(world)).toEqual([1, 1, 1])
  })
})

describe('a node that runs', () => {
  it('shares own files no longer that are forgotten, and downloads neither', async () => {
    const world = await lonePeer()
    const { peer, memory, info, note, out } = world
    const other = join(out, 'other.txt')
    writeFileSync(other, 'another')
    await memory.addPath(other, false)
    await memory.addPath(note, false)
    await memory.addWanted(LINK, false)
    await holdLock(world)
    startMember(world)
    await untilSaid(world, 'shared', 2)
    await vi.waitUntil(() => peer.share(LINK) !== null)
    await forget(world, [{ path: note }, { infoHash: LINK }])
    expect(peer.share(info.infoHash)).toBeNull()
    expect(peer.share(LINK)).toBeNull()
    expect(peer.snapshot().shares).toHaveLength(1)
    expect([memory.paths.length, memory.wanted.length]).toEqual([1, 0])
    expect(await remembered(world)).toEqual([1, 0, 0])
    expect(failuresOf(world)).toEqual([])
  })

  it('shares from where else it lies what is forgotten in one place', async () => {
    const world = await lonePeer()
    const { peer, memory, info, note } = world
    await memory.addPath(note, false)
    await memory.addSaved(info.infoHash, {
      infoBytes: info.infoBytes,
      files: [note],
      isUnlisted: false,
    })
    await holdLock(world)
    startMember(world)
    await untilSaid(world, 'shared', 2)
    await forget(world, [{ infoHash: info.infoHash }])
    expect(peer.share(info.infoHash)?.state.name).toBe('seeding')
    expect(await remembered(world)).toEqual([1, 0, 0])
    await forget(world, [{ path: note }])
    expect(peer.share(info.infoHash)).toBeNull()
  })

  it('keeps the parts of a download that is forgotten, and does not look for it again', async () => {
    const world = await lonePeer()
    const { peer, memory, info, note } = world
    rmSync(note)
    await rememberDownload(peer, info)
    await memory.addWanted(info.infoHash, false)
    await holdLock(world)
    startMember(world)
    await vi.waitUntil(() => peer.share(info.infoHash)?.state.name === 'leeching')
    await forget(world, [{ infoHash: info.infoHash }])
    expect(peer.share(info.infoHash)).toBeNull()
    expect(await peer.shares.share(info.infoHash)).not.toBeNull()
    expect(failuresOf(world)).toEqual([])
  })

  it('that does not answer is named, and does nothing later', async () => {
    const world = await remembering()
    const lock = await holdLock(world)
    await expect(forget(world, [{ path: world.own }], 1)).rejects.toMatchObject({
      exitCode: EXIT_CODES.files,
      what: 'The node that runs does not answer.',
    })
    expect(await new ForgetRequests(world.memory.values).fulfil(world.memory)).toEqual([])
    lock?.release()
    expect(await remembered(world)).toEqual([1, 1, 1])
  })

  it('that ends meanwhile needs not answer', async () => {
    const world = await remembering()
    const lock = await holdLock(world)
    const done = forget(world, [{ path: world.own }])
    lock?.release()
    await done
    expect(await remembered(world)).toEqual([0, 1, 1])
  })
})

it('a node that starts forgets what it was asked to, but not what it is given now', async () => {
  const world = await remembering()
  const { memory, own, out } = world
  const requests = new ForgetRequests(memory.values)
  await requests.put([{ path: own }, { infoHash: LINK }])
  const given = { paths: [own], links: [], out, isUnlisted: false }
  const command = { name: 'node', options: optionsOf(world), ...given } as const
  await expect(runNode(command, world.output, AbortSignal.abort())).rejects.toThrow('aborted')
  expect(await remembered(world)).toEqual([1, 0, 1])
})

it('a node that starts while something is forgotten waits for that, and is not refused', async () => {
  const world = await remembering()
  const { own, out, stateFolder } = world
  const command = {
    name: 'node',
    options: optionsOf(world),
    paths: [],
    links: [],
    out,
    isUnlisted: false,
  } as const
  const ending = new AbortController()
  let node: Promise<unknown> = Promise.resolve()
  const forgetting = vi.spyOn(NodeMemory.prototype, 'forget').mockImplementationOnce(async function (
    this: NodeMemory,
    items,
  ) {
    node = runNode(command, world.output, ending.signal).catch((error: unknown) => error)
    await vi.waitUntil(() => existsSync(join(stateFolder, 'node.lock')))
    return this.forget(items)
  })
  onTestFinished(() => forgetting.mockRestore())
  await forget(world, [{ path: own }])
  await Promise.race([node, untilSaid(world, 'started')])
  ending.abort(new Error('ended'))
  expect(await node).toMatchObject({ message: 'ended' })
  expect(await remembered(world)).toEqual([0, 1, 1])
})

it.each([
  // As where the person may not read it, which tests of the superuser always may.
  ['the system does not let us', 'EISDIR', (path: string) => mkdirSync(path)],
  ['it was cut off', 'no JSON', (path: string) => writeFileSync(path, '{"paths":[{"path":"/srv/fi')],
  ['it is empty', 'no JSON', (path: string) => writeFileSync(path, '')],
  ['it is something else', 'holds something else', (path: string) => writeFileSync(path, '{"paths":{}}')],
  ['it is null', 'holds something else', (path: string) => writeFileSync(path, 'null')],
])('what is remembered but can’t be read is not taken for nothing, and stays: %s', async (_, why, spoil) => {
  const world = await lonePeer()
  const { stateFolder, out, output } = world
  const path = join(stateFolder, 'node/node.json')
  mkdirSync(join(stateFolder, 'node'), { recursive: true })
  spoil(path)
  const before = statSync(path)
  const failure = {
    exitCode: EXIT_CODES.files,
    what: 'What the node remembers can’t be read.',
    why: expect.stringContaining(why),
    next: expect.stringContaining(path),
  }
  const options = optionsOf(world)
  await expect(runList({ name: 'list', options }, output)).rejects.toMatchObject(failure)
  await expect(forget(world, [{ infoHash: LINK }])).rejects.toMatchObject(failure)
  const command = { name: 'node', options, paths: [], links: [LINK], out, isUnlisted: false } as const
  await expect(runNode(command, output, AbortSignal.abort())).rejects.toMatchObject(failure)
  expect(statSync(path)).toMatchObject({ ino: before.ino, size: before.size })
})
