import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { layoutOf, makeShare } from '../../src/app/share-maker.ts'

const EMOJI = '\u{1f3b5}'

describe('loose files', () => {
  it.each([
    ['short', 'a.txt', 'a.txt + 1'],
    ['as long as can be', 'a'.repeat(251), `${'a'.repeat(251)} + 1`],
    ['of one byte too many', 'a'.repeat(252), `${'a'.repeat(251)} + 1`],
    ['of three bytes a letter', '字'.repeat(85), `${'字'.repeat(83)} + 1`],
    ['of pairs of code units', EMOJI.repeat(63), `${EMOJI.repeat(62)} + 1`],
  ])('are named after the first, cut where it is too long: a name %s', async (_, first, name) => {
    const picked = [first, 'b.txt'].map((each) => ({ file: { size: 0 }, path: [each] }))
    expect(layoutOf(picked).name).toBe(name)
    const hasher = { hash: () => Promise.resolve([new Uint8Array(0), new Uint8Array(0)]) }
    expect(await makeShare(picked, hasher, () => undefined)).toMatchObject({
      ok: true,
      value: { info: { name } },
    })
  })
})

it.each([
  [['Photos/.DS_Store', 'Photos/a.jpg', 'Docs/b.txt'], 'Photos + 1'],
  [['Photos/a.jpg', 'b.txt', 'c.txt'], 'Photos + 2'],
  [['a.txt', 'a.txt'], 'a.txt + 1'],
  [['Photos/a.jpg', 'Photos/b.jpg'], 'Photos'],
])('%j are called %s', (paths, name) => {
  expect(layoutOf(paths.map((path) => ({ path: path.split('/') }))).name).toBe(name)
})

/** How many turns others have during some work, if every step of it takes as long as a slice may. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let now = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 20))
  onTestFinished(() => clock.mockRestore())
  let turns = 0
  let isDone = false
  const turn = () => {
    turns++
    if (!isDone) setImmediate(turn)
  }
  setImmediate(turn)
  await work()
  isDone = true
  return turns
}

it('the page has its turns while the hashes of a large file are put together', async () => {
  // Of 1 GiB, which takes a tenth of a second.
  const leaves = new Uint8Array(65_536 * 32)
  const hasher = { hash: () => Promise.resolve([leaves]) }
  const picked = [{ file: { size: 2 ** 30 }, path: ['film.mp4'] }]
  const turns = await turnsDuring(() => makeShare(picked, hasher, () => undefined))
  expect(turns).toBeGreaterThan(100)
})

it('the page has its turns while the info of many files is put together', async () => {
  const picked = Array.from({ length: 2_000 }, (_, index) => ({
    file: { size: 0 },
    path: ['Photos', `${String(index)}.jpg`],
  }))
  const hasher = { hash: () => Promise.resolve(picked.map(() => new Uint8Array(0))) }
  const turns = await turnsDuring(async () => {
    expect((await makeShare(picked, hasher, () => undefined)).ok).toBe(true)
  })
  expect(turns).toBeGreaterThan(100)
})
