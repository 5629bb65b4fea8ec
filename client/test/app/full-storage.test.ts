import { describe, expect, it } from 'vitest'
import { Library } from '../../src/app/library.ts'
import { ShareCommands, type CommandOfShare } from '../../src/app/share-commands.ts'
import { makeRuntime, makeShare } from './test-runtime.ts'

/** A download of two files that is remembered, in a browser that writes nothing more from now on. */
async function setUp() {
  const { runtime, state, values } = makeRuntime()
  const { info, trees } = makeShare('album', ['a.txt', 'b.txt'])
  const { infoHash } = info
  const library = new Library(state, runtime)
  await library.rememberDownload(info, null)
  runtime.openFiles(info, null)
  const share = { info, trees, start: 'offer', isSource: false, selection: null, isUnlisted: false } as const
  runtime.feed({ type: 'addShare', share })
  runtime.feed({ type: 'command', infoHash, command: { type: 'download', files: null } })
  const commands = new ShareCommands(runtime, state, library)
  const exchange = () => runtime.node.shares.get(infoHash)?.exchange
  return {
    runtime,
    state,
    values,
    infoHash,
    exchange,
    run: (command: CommandOfShare) => commands.run(command),
  }
}

describe('while the browser refuses to write anything down', () => {
  it('what people ask of a share is done all the same', async () => {
    const { runtime, values, infoHash, exchange, run } = await setUp()
    values.isFull = true
    const done = { ok: true, value: null }
    expect(await run({ type: 'pause', infoHash })).toEqual(done)
    expect(exchange()?.state.name).toBe('paused')
    expect(await run({ type: 'resume', infoHash })).toEqual(done)
    expect(exchange()?.state.name).toBe('leeching')
    expect(await run({ type: 'select', infoHash, files: [1] })).toEqual(done)
    expect([0, 1].map((file) => exchange()?.wishes.isSelected(file))).toEqual([false, true])
    expect(await run({ type: 'prioritize', infoHash, files: [1], priority: 'skip' })).toEqual(done)
    expect([0, 1].map((file) => exchange()?.wishes.isSelected(file))).toEqual([false, false])
    expect(await run({ type: 'prioritize', infoHash, files: [0], priority: 'high' })).toEqual(done)
    expect(exchange()?.wishes.priorityOf(0)).toBe('high')
    runtime.stop()
  })
})

it('what people asked of a share is remembered', async () => {
  const { runtime, state, infoHash, run } = await setUp()
  await run({ type: 'prioritize', infoHash, files: [0], priority: 'low' })
  await run({ type: 'prioritize', infoHash, files: [1], priority: 'skip' })
  await run({ type: 'pause', infoHash })
  const [remembered] = await state.shares()
  expect(remembered?.share).toMatchObject({ isPaused: true, selection: [0], priorities: ['low', 'skip'] })
  runtime.stop()
})
