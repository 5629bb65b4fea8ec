import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { makeIdentity } from '../../src/adapters/node/key-file.ts'
import { ownFile } from '../../src/adapters/node/delivery.ts'
import { DiskStorage } from '../../src/adapters/node/disk-storage.ts'
import { FileValues } from '../../src/adapters/node/file-values.ts'
import { StateStore } from '../../src/adapters/state-store.ts'
import { treesOf } from '../../src/cli/downloads.ts'
import { Member } from '../../src/cli/node-command.ts'
import { NodeMemory } from '../../src/cli/node-memory.ts'
import { Output } from '../../src/cli/output.ts'
import { Peer } from '../../src/cli/peer.ts'
import { partsFolder } from '../../src/cli/session.ts'
import { prepareShare } from '../../src/cli/sharing.ts'

const SERVER = 'http://localhost:1'

/** What is to be let go of after a test. */
const ending: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ending.splice(0)) await end()
})

/** A peer that never joins the network, with `note.txt` in its folder of downloads. */
async function setUp() {
  const root = mkdtempSync(join(tmpdir(), 'ringdrop-node-'))
  const [out, stateFolder] = [join(root, 'out'), join(root, 'state')]
  mkdirSync(out)
  const note = join(out, 'note.txt')
  writeFileSync(note, 'a note')
  const events: { readonly event: string; readonly files?: readonly string[] }[] = []
  const write = (line: string) => void events.push(JSON.parse(line))
  const output = new Output({ write }, { write }, true, () => performance.now())
  const peer = new Peer({
    server: SERVER,
    identity: await makeIdentity(),
    state: new StateStore(new FileValues(join(stateFolder, 'peer'))),
    shares: new StateStore(new FileValues(join(partsFolder(out), 'state'))),
    storage: new DiskStorage(partsFolder(out)),
    isWilling: false,
  })
  ending.push(() => peer.stop())
  const { info } = await prepareShare([note], output, new AbortController().signal)
  events.length = 0
  return { out, stateFolder, note, events, output, peer, info, memory: await NodeMemory.load(stateFolder) }
}

function start({ peer, output, memory, out }: Awaited<ReturnType<typeof setUp>>, signal: AbortSignal) {
  return new Member({ peer, output, signal }, memory, SERVER, out).run()
}

describe('what a member remembers', () => {
  it('is not wanted again once it is saved, by an earlier version neither', async () => {
    const { memory, stateFolder, info, note } = await setUp()
    await memory.addWanted(info.infoHash)
    expect(memory.wanted).toEqual([info.infoHash])
    await memory.addSaved(info.infoHash, info.infoBytes, [note])
    await memory.addWanted(info.infoHash)
    expect(memory.wanted).toEqual([])
    const values = new FileValues(join(stateFolder, 'node'))
    await values.set('node', { ...((await values.get('node')) as object), wanted: [info.infoHash] })
    const loaded = await NodeMemory.load(stateFolder)
    expect(loaded.wanted).toEqual([])
    expect(loaded.saved).toHaveLength(1)
  })
})

describe('a member', () => {
  it('fetches nothing that lies in its folder already, but shares it', async () => {
    const world = await setUp()
    const { peer, memory, info, events, note } = world
    const { infoHash, infoBytes } = info
    // A download that was begun: so the names are known without a network.
    const begun = { isSource: false, isPaused: false, isUnlisted: false, addedAt: 1, handles: null }
    await peer.shares.saveShare({ infoHash, infoBytes, selection: null, priorities: null, ...begun })
    await memory.addWanted(infoHash)
    const ending = new AbortController()
    const done = start(world, ending.signal)
    await vi.waitUntil(() => events.some(({ event }) => event === 'shared'), { timeout: 10_000 })
    expect(events.find(({ event }) => event === 'saved')?.files).toEqual([note])
    expect(peer.share(infoHash)).toMatchObject({ state: { name: 'seeding' }, isSource: true })
    expect(memory.wanted).toEqual([])
    expect(memory.saved).toMatchObject([{ files: [note] }])
    ending.abort()
    await done
  })

  it('that is to end hashes nothing more, and forgets nothing for that', async () => {
    const world = await setUp()
    const { memory, info, note, events, stateFolder } = world
    await memory.addPath(note, false)
    await memory.addSaved(info.infoHash, info.infoBytes, [note])
    await start(world, AbortSignal.abort())
    expect(events.map(({ event }) => event)).toEqual(['status'])
    expect((await NodeMemory.load(stateFolder)).saved).toHaveLength(1)
    const files = [(await ownFile(note)) ?? expect.unreachable()]
    await expect(treesOf(info, files, AbortSignal.abort())).rejects.toThrow('aborted')
  })
})
