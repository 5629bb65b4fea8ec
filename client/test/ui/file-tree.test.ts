import { describe, expect, it } from 'vitest'
import { checkOf, FileTree, toggled, visibleRange, type FolderNode } from '../../src/lib/file-tree.ts'
import { runsOf } from '../../src/lib/piece-map.ts'

const file = (path: string, sizeBytes = 1) => ({ path: path.split('/'), sizeBytes })
const small = new FileTree([
  file('readme.txt', 3),
  file('a/b/one.txt', 5),
  file('a/b/two.txt', 7),
  file('a/three.txt', 11),
])
const folder = (tree: FileTree, key: string) =>
  tree.rows(tree.initiallyOpen()).find((node) => node.key === key) as FolderNode

describe('tree', () => {
  it('puts folders first, sums sizes and keeps the place of every file in the list', () => {
    const rows = small.rows(small.initiallyOpen())
    expect(rows.map((node) => node.key)).toEqual([
      'a/',
      'a/b/',
      'a/b/one.txt',
      'a/b/two.txt',
      'a/three.txt',
      'readme.txt',
    ])
    expect(folder(small, 'a/')).toMatchObject({ sizeBytes: 23, indices: [1, 2, 3], depth: 0 })
    expect(folder(small, 'a/b/')).toMatchObject({ sizeBytes: 12, indices: [1, 2], depth: 1 })
    expect(small.rows(new Set())).toHaveLength(2)
  })

  it('counts as people do', () => {
    const files = ['1.txt', '10.txt', '2.txt', 'part 10/x', 'part 9/x'].map((path) => file(path))
    const rows = new FileTree(files).rows(new Set())
    expect(rows.map((node) => node.name)).toEqual(['part 9', 'part 10', '1.txt', '2.txt', '10.txt'])
  })

  it('shows no name as it came', () => {
    const [node] = new FileTree([{ path: ['x\u202ecod.exe'], sizeBytes: 1 }]).roots
    expect(node?.name).toBe('xcod.exe')
  })

  it('keeps a file and a folder of one name apart', () => {
    const rows = new FileTree([file('a/x'), file('a')]).rows(new Set(['a/']))
    expect(new Set(rows.map((node) => node.key)).size).toBe(rows.length)
    expect(new Set(rows.map((node) => node.name)).size).toBe(rows.length)
  })

  it('takes 10,000 files in deep folders, closed at first', () => {
    const files = Array.from({ length: 10_000 }, (_, i) =>
      file(`top/${'deep/'.repeat(10)}folder ${String(i % 100)}/file ${String(i)}.bin`),
    )
    const tree = new FileTree(files)
    expect(tree.rows(tree.initiallyOpen())).toHaveLength(1)
    const [top] = tree.roots
    let selected: ReadonlySet<number> = new Set(files.keys())
    expect(top && checkOf(top, selected)).toBe('all')
    selected = top === undefined ? selected : toggled(top, selected)
    expect(selected.size).toBe(0)
    if (top !== undefined) selected = toggled(top, selected)
    expect(selected.size).toBe(10_000)
  })
})

describe('boxes', () => {
  it('are on, off, or in between', () => {
    const a = folder(small, 'a/')
    expect(checkOf(a, new Set([1, 2, 3]))).toBe('all')
    expect(checkOf(a, new Set([0]))).toBe('none')
    expect(checkOf(a, new Set([3]))).toBe('mixed')
    expect(checkOf(a, new Set([1]))).toBe('mixed')
  })

  it('a box in between goes on, and a full one goes off', () => {
    const a = folder(small, 'a/')
    expect(toggled(a, new Set([0, 1]))).toEqual(new Set([0, 1, 2, 3]))
    expect(toggled(a, new Set([0, 1, 2, 3]))).toEqual(new Set([0]))
  })
})

it('draws only the rows in sight', () => {
  expect(visibleRange(10_000, 40, 0, 400)).toEqual({ from: 0, to: 20 })
  expect(visibleRange(10_000, 40, 40_000, 400)).toEqual({ from: 990, to: 1_020 })
  expect(visibleRange(3, 40, 0, 400)).toEqual({ from: 0, to: 3 })
  // The list got shorter while it was scrolled down.
  expect(visibleRange(3, 40, 40_000, 400)).toEqual({ from: 3, to: 3 })
})

it('merges neighbours of a piece map that look the same', () => {
  expect(runsOf([1, 1, 0, 0.5, 0.5, 1])).toEqual([
    { from: 0, length: 2, value: 1 },
    { from: 3, length: 2, value: 0.5 },
    { from: 5, length: 1, value: 1 },
  ])
  expect(runsOf([])).toEqual([])
  expect(runsOf([0, 0])).toEqual([])
})
