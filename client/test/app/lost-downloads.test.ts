import { describe, expect, it, vi } from 'vitest'
import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import type { StoreResult } from '@ringdrop/shared/node/node-io.ts'
import { BlockStore } from '../../src/adapters/block-store/block-store.ts'
import type { StoreAnswer } from '../../src/adapters/block-store/protocol.ts'
import { Library } from '../../src/app/library.ts'
import { checkAgain } from '../../src/app/lost-downloads.ts'
import { makeRuntime, makeShare } from './test-runtime.ts'

const ALL = new Uint8Array([0b1100_0000])
const NONE = new Uint8Array([0])

/** A download of two files of one block each that was just checked, or a share of own ones. */
async function setUp(kind: 'download' | 'own' = 'download', held = ALL) {
  const { runtime, state, commands } = makeRuntime()
  const { info, trees, files } = makeShare('album', ['a.txt', 'b.txt'])
  const { infoHash } = info
  const library = new Library(state, runtime)
  const checkedAt = new Map<InfoHash, number>()
  const picked = files.map((file) => ({ file, path: [file.name] }))
  if (kind === 'own') await library.rememberSource({ info, trees, files: picked }, false)
  else await library.rememberDownload(info, null)
  runtime.openFiles(info, null)
  const isSource = kind === 'own'
  const share = { info, trees, start: 'check', isSource, selection: null, isUnlisted: true } as const
  runtime.feed({ type: 'addShare', share })
  const answer = (result: StoreResult) => runtime.feed({ type: 'storeResults', infoHash, results: [result] })
  answer({ type: 'checked', bits: held })
  commands.length = 0
  const entry = () => runtime.node.shares.get(infoHash)
  return {
    runtime,
    state,
    infoHash,
    entry,
    answer,
    stateName: () => entry()?.exchange.state.name,
    asked: () => commands.map(({ type }) => type),
    check: () => checkAgain({ runtime, library, checkedAt }, infoHash),
  }
}

describe('a download of which something can’t be read', () => {
  it('is opened anew and checked, and fetches what is gone', async () => {
    const { runtime, entry, answer, stateName, asked, check } = await setUp()
    expect(stateName()).toBe('seeding')
    expect(await check()).toBe(true)
    expect([stateName(), asked()]).toEqual(['checking', ['open', 'check']])
    answer({ type: 'checked', bits: NONE })
    expect([stateName(), entry()?.exchange.swarm?.picker.haveBytes]).toEqual(['leeching', 0])
    expect(entry()?.isUnlisted).toBe(true)
    runtime.stop()
  })

  it('keeps what its person has chosen, and is written down again', async () => {
    const { runtime, state, infoHash, entry, answer, stateName, check } = await setUp()
    const command = (command: { type: 'select'; files: number[] } | { type: 'pause' }) =>
      runtime.feed({ type: 'command', infoHash, command })
    command({ type: 'select', files: [1] })
    command({ type: 'pause' })
    await state.removeShare(infoHash)
    await check()
    answer({ type: 'checked', bits: NONE })
    expect(stateName()).toBe('paused')
    expect([0, 1].map((file) => entry()?.exchange.wishes.isSelected(file))).toEqual([false, true])
    expect(await state.share(infoHash)).toMatchObject({ isPaused: true, isUnlisted: true, selection: [1] })
    runtime.stop()
  })

  it('is checked once in a while, not for each block', async () => {
    const { runtime, answer, stateName, check } = await setUp()
    await check()
    answer({ type: 'checked', bits: ALL })
    expect([await check(), stateName()]).toEqual([false, 'seeding'])
    vi.spyOn(runtime.ports.clock, 'now').mockReturnValue(runtime.ports.clock.now() + 61_000)
    expect([await check(), stateName()]).toEqual([true, 'checking'])
    vi.restoreAllMocks()
    runtime.stop()
  })

  it('that is removed meanwhile stays away', async () => {
    const { runtime, infoHash, stateName, check } = await setUp()
    const checked = check()
    runtime.feed({ type: 'removeShare', infoHash })
    expect([await checked, stateName()]).toEqual([false, undefined])
    runtime.stop()
  })
})

it('own files are not fetched from others: their share stops by itself', async () => {
  const { runtime, stateName, check } = await setUp('own')
  expect([await check(), stateName()]).toEqual([false, 'seeding'])
  runtime.stop()
})

describe('the block store', () => {
  function storeOf(answered: StoreAnswer) {
    const told: string[] = []
    let onAnswer: (answer: StoreAnswer) => void = () => undefined
    const thread = { post: () => onAnswer(answered), terminate: () => undefined }
    const store = new BlockStore(
      (hear) => ((onAnswer = hear), thread),
      {
        results: () => undefined,
        ready: () => undefined,
        unreadable: (infoHash) => told.push(infoHash),
      },
      () => true,
    )
    return { store, told }
  }
  const { infoHash } = makeShare('album', ['a.txt']).info
  const peer = makeRuntime().runtime.identity.peerId

  it.each([
    ['blocks', { type: 'results', infoHash, results: [{ type: 'readFailed', to: peer, block: 0 }] }],
    ['files', { type: 'blobs', ticket: 0, blobs: null }],
    ['a range', { type: 'range', ticket: 0, bytes: null }],
  ] as const)('tells of %s that can’t be read', async (what, answer) => {
    const { store, told } = storeOf(answer)
    if (what === 'files') await store.blobs(infoHash, [0])
    else if (what === 'a range') await store.range(infoHash, 0, 0, 1)
    else store.post({ type: 'check', infoHash, hashes: new Uint8Array(32) })
    expect(told).toEqual([infoHash])
  })

  it('tells of nothing else', async () => {
    const { store, told } = storeOf({ type: 'blobs', ticket: 0, blobs: [new Blob([])] })
    expect(await store.blobs(infoHash, [0])).toHaveLength(1)
    expect(told).toEqual([])
  })
})
