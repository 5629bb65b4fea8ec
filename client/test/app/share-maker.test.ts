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

describe('files that can’t be read', () => {
  const picked = ['a.jpg', 'b.jpg', 'c.jpg'].map((name) => ({ file: { size: 5 }, path: ['Photos', name] }))
  const make = (...lost: number[]) => {
    const leaves = picked.map((_, index) => (lost.includes(index) ? null : new Uint8Array(32).fill(index)))
    return makeShare(picked, { hash: () => Promise.resolve(leaves) }, () => undefined)
  }

  it('are left out of the share, and named', async () => {
    const made = await make(1)
    if (!made.ok) throw new Error(made.code)
    expect(made.leftOut).toEqual([picked[1]])
    expect(made.value.info).toMatchObject({ name: 'Photos', totalBytes: 10 })
    expect(made.value.info.files.map(({ path }) => path)).toEqual([['a.jpg'], ['c.jpg']])
    expect(made.value.files).toEqual([picked[0], picked[2]])
    expect(await make()).toMatchObject({ ok: true, leftOut: [] })
  })

  it('are no share by themselves, nor are any where nothing is to be left out', async () => {
    expect(await make(0, 1, 2)).toEqual({ ok: false, code: 'unreadable' })
    const all = await makeShare(picked, { hash: () => Promise.resolve(null) }, () => undefined)
    expect(all).toEqual({ ok: false, code: 'unreadable' })
  })
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
