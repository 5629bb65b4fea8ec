import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { CliFailure, EXIT_CODES } from '../../src/cli/failure.ts'
import { watchShares } from '../../src/cli/share-command.ts'
import { offerShare, prepareShare } from '../../src/cli/sharing.ts'
import { askFor, lonePeer } from './lone-peer.ts'

/** Two shares of one peer, watched. */
async function setUp() {
  const world = await lonePeer()
  const { peer, output, out, note, events } = world
  const other = join(out, 'other.txt')
  writeFileSync(other, 'another one')
  const { signal } = new AbortController()
  const made = [await prepareShare([note], output, signal), await prepareShare([other], output, signal)]
  for (const each of made) offerShare(peer, each, false)
  const [first, second] = made.map(({ info }) => info)
  if (first === undefined || second === undefined) throw new Error('unreachable')
  events.length = 0
  const watching = new AbortController()
  const end = watchShares({ peer, output, signal: watching.signal }, [first, second]).then(
    () => null,
    (error: unknown) => error,
  )
  return { ...world, other, first, second, end, watching }
}

describe('shares that are watched', () => {
  it('are named once their files are changed, and end the command when none is left', async () => {
    const { peer, note, other, first, second, end, events } = await setUp()
    writeFileSync(note, 'another note')
    askFor(peer, first)
    await vi.waitUntil(() => events.some(({ event }) => event === 'failed'), { timeout: 10_000 })
    expect(events.find(({ event }) => event === 'failed')?.what).toContain('note.txt is no longer shared')
    expect(peer.share(first.infoHash)).toBeNull()
    expect(peer.share(second.infoHash)?.state.name).toBe('seeding')
    writeFileSync(other, 'yet another one')
    askFor(peer, second)
    const failure = await end
    expect(failure).toBeInstanceOf(CliFailure)
    expect(failure).toMatchObject({
      exitCode: EXIT_CODES.files,
      what: expect.stringContaining('other.txt is no longer shared'),
    })
    expect(events.filter(({ event }) => event === 'failed')).toHaveLength(1)
  })

  it('are told from those that the node dropped', async () => {
    const { peer, first, second, end } = await setUp()
    peer.withdraw(first.infoHash)
    peer.withdraw(second.infoHash)
    expect(await end).toMatchObject({ why: 'The node dropped it.' })
  })

  it('are shared until the command is interrupted', async () => {
    const { end, watching } = await setUp()
    watching.abort()
    expect(await end).toBeNull()
  })
})

it('files of which one is written while they are hashed are not shared, and it is named', async () => {
  const { out, note, output } = await lonePeer()
  const changing = join(out, 'changing.txt')
  writeFileSync(changing, 'before')
  vi.spyOn(output, 'progress').mockImplementation(() => writeFileSync(changing, 'longer after'))
  const shared = prepareShare([note, changing], output, new AbortController().signal)
  await expect(shared).rejects.toMatchObject({ why: expect.stringContaining('changing.txt') })
})

it.each(['../missing/what?.txt', './.hidden'])(
  'a path that is not there is named as it was given: %s',
  async (path) => {
    const { output } = await lonePeer()
    const shared = prepareShare([path], output, new AbortController().signal)
    await expect(shared).rejects.toMatchObject({ what: `"${path}" can’t be shared.` })
  },
)
