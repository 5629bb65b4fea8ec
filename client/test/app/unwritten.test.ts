import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { HashTree } from '@ringdrop/shared/content/merkle.ts'
import { createInfo } from '@ringdrop/shared/content/metainfo.ts'
import type { FileRoot, InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { Library } from '../../src/app/library.ts'
import { ShareCommands } from '../../src/app/share-commands.ts'
import { MemoryValues, makeRuntime } from './test-runtime.ts'

beforeAll(() => void vi.stubGlobal('navigator', { storage: { persist: () => Promise.resolve(false) } }))
afterAll(() => void vi.unstubAllGlobals())

/** Blocks of three spans. */
const BLOCKS = 1_200

function largeShare(): {
  info: ReturnType<typeof created>
  trees: ReadonlyMap<FileRoot, HashTree>
  tree: HashTree
} {
  const tree = HashTree.fromLeaves(new Uint8Array(BLOCKS * 32).map((_, at) => (at * 7) % 251))
  return { info: created(tree), trees: new Map([[tree.root, tree]]), tree }
}

function created({ root }: HashTree) {
  const file = { path: ['film.mp4'], sizeBytes: BLOCKS * 16_384, root }
  const info = createInfo({ name: 'film.mp4', files: [file], pieceBytes: 262_144 })
  if (!info.ok) throw new Error(info.code)
  return info.value
}

function provenBy(tree: HashTree, span: number): [Uint8Array, Uint8Array] {
  const proven = tree.servable(span)
  if (proven === null) throw new Error('no such span')
  return [proven.hashes, proven.proof]
}

const spansOf = async ({ keys }: { keys(): Promise<readonly string[]> }, infoHash: InfoHash) =>
  (await keys()).filter((key) => key.startsWith(`span:${infoHash}:`)).length

function setUp(values = new MemoryValues()) {
  const made = makeRuntime(values)
  const library = new Library(made.state, made.runtime)
  const commands = new ShareCommands(made.runtime, made.state, library)
  const share = largeShare()
  const { infoHash } = share.info
  const keys = { keys: () => values.keys() }
  return { ...made, library, commands, ...share, infoHash, spans: () => spansOf(keys, infoHash) }
}

it('a download that a full disk kept from being remembered is written down once there is room', async () => {
  const { runtime, state, values, library, commands, info, trees, infoHash, spans } = setUp()
  runtime.openFiles(info, null)
  const share = { info, trees, start: 'offer', isSource: false, selection: null, isUnlisted: false } as const
  runtime.feed({ type: 'addShare', share })
  values.isFull = true
  await commands.run({ type: 'download', infoHash, files: null })
  expect(library.unwritten.count).toBe(1)
  await library.unwritten.retry()
  expect([library.unwritten.count, (await state.shares()).length]).toEqual([1, 0])
  values.isFull = false
  await commands.run({ type: 'pause', infoHash })
  await library.unwritten.retry()
  expect([library.unwritten.count, await spans()]).toEqual([0, 3])
  expect((await state.shares()).map((each) => each.share)).toMatchObject([
    { infoHash, isSource: false, isPaused: true, selection: [0], priorities: ['normal'] },
  ])
  runtime.stop()
})

it('hashes that could not be written down come with the rest', async () => {
  const { runtime, library, commands, info, infoHash, tree, spans } = setUp()
  runtime.openFiles(info, null)
  const start = { start: 'offer', isSource: false, selection: null, isUnlisted: false } as const
  // Two have come from peers.
  const partial = new HashTree(tree.root, BLOCKS)
  for (const span of [0, 1]) partial.addSpan(span, ...provenBy(tree, span))
  runtime.feed({ type: 'addShare', share: { info, trees: new Map([[tree.root, partial]]), ...start } })
  await commands.run({ type: 'download', infoHash, files: null })
  library.unwritten.add(infoHash)
  expect(await spans()).toBe(0)
  await library.unwritten.retry()
  expect([library.unwritten.count, await spans()]).toEqual([0, 2])
  runtime.stop()
})

it('a share that was removed meanwhile is not written down, and does not wait any more', async () => {
  const { runtime, state, library, infoHash } = setUp()
  library.unwritten.add(infoHash)
  await library.unwritten.retry()
  expect([library.unwritten.count, (await state.shares()).length]).toEqual([0, 0])
  runtime.stop()
})

/** Nothing more is written after so many transactions, as when the tab is closed. */
class ClosedAfter extends MemoryValues {
  constructor(public left: number) {
    super()
  }

  override setMany(entries: readonly (readonly [string, unknown])[]): Promise<void> {
    return this.left-- > 0 ? super.setMany(entries) : new Promise(() => undefined)
  }
}

it.each([0, 1])(
  'own files are remembered whole or not at all, when the tab is closed after %i writes',
  async (writes) => {
    const values = new ClosedAfter(writes)
    const { runtime, library, info, trees, infoHash, spans } = setUp(values)
    const files = [{ file: new File(['x'], 'film.mp4'), path: ['film.mp4'] }]
    void library.rememberSource({ info, trees, files }, false)
    await expect.poll(() => values.left).toBeLessThan(0)
    runtime.stop()
    // The next visit.
    values.left = Infinity
    const next = makeRuntime(values)
    const restored = new Library(next.state, next.runtime)
    await restored.restore()
    expect(restored.missingSources).toEqual([])
    // Spans of what was never written down go when it is tidied up.
    await next.state.sweepSpans((each) => each === infoHash)
    expect(await spans()).toBe(writes * 3)
    await next.state.sweepSpans(() => false)
    expect(await spans()).toBe(0)
    next.runtime.stop()
  },
)

it('a pause that comes while own files are being written down is remembered', async () => {
  const { runtime, state, library, info, trees, infoHash } = setUp()
  const files = [{ file: new File(['x'], 'film.mp4'), path: ['film.mp4'] }]
  runtime.openFiles(info, [new File(['x'], 'film.mp4')])
  const share = { info, trees, start: 'source', isSource: true, selection: null, isUnlisted: false } as const
  runtime.feed({ type: 'addShare', share })
  const written = library.rememberSource({ info, trees, files }, false)
  runtime.feed({ type: 'command', infoHash, command: { type: 'pause' } })
  await written
  expect((await state.shares()).map((each) => each.share.isPaused)).toEqual([true])
  runtime.stop()
})

it('what is shared while it is tidied up keeps its hashes', async () => {
  const values = new MemoryValues()
  const { runtime, state, library, info, trees, spans } = setUp(values)
  const keys = values.keys.bind(values)
  let isShared = false
  // It comes after the list of what is there was asked for.
  values.keys = async () => {
    if (!isShared) {
      isShared = true
      await library.rememberSource({ info, trees, files: [] }, false)
    }
    return keys()
  }
  await state.sweepSpans((each) => library.owns(each))
  expect(await spans()).toBe(3)
  runtime.stop()
})

it('a share that is written down again keeps its place in the list', async () => {
  const { runtime, state, library, info, trees, infoHash } = setUp()
  runtime.openFiles(info, [new File(['x'], 'film.mp4')])
  const share = { info, trees, start: 'source', isSource: true, selection: null, isUnlisted: false } as const
  runtime.feed({ type: 'addShare', share })
  await library.rememberSource({ info, trees, files: [] }, false, false, 1_000)
  library.unwritten.add(infoHash)
  await library.unwritten.retry()
  expect((await state.shares()).map((each) => each.share.addedAt)).toEqual([1_000])
  runtime.stop()
})

it('to remove a share reads none of the hashes that are kept', async () => {
  const { runtime, state, library, values, info, trees, infoHash, spans } = setUp()
  await library.rememberSource({ info, trees, files: [] }, false)
  expect(await spans()).toBe(3)
  values.entries = () => Promise.reject(new Error('everything is read'))
  await state.removeShare(infoHash)
  expect(await spans()).toBe(0)
  runtime.stop()
})
