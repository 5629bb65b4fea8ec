import { describe, expect, it } from 'vitest'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import { fromInput, gather, isLoneTorrent, type DropItem } from '../../src/lib/drop.ts'

type Tree = { readonly [name: string]: Tree | string | null }

/** Chromium gives so many entries of a folder at a time. */
const BATCH = 100

function entryOf(name: string, content: Tree | string | null): FileSystemEntry {
  if (typeof content === 'string' || content === null) {
    const file = (done: (file: File) => void, failed: (error: Error) => void) =>
      content === null ? failed(new Error('gone')) : done(new File([content], name))
    return { name, isFile: true, isDirectory: false, file } as unknown as FileSystemEntry
  }
  const createReader = () => {
    const entries = Object.entries(content).map(([child, value]) => entryOf(child, value))
    return { readEntries: (done: (batch: FileSystemEntry[]) => void) => done(entries.splice(0, BATCH)) }
  }
  return { name, isFile: false, isDirectory: true, createReader } as unknown as FileSystemEntry
}

function itemOf(name: string, content: Tree | string, handle?: FileSystemHandle): DropItem {
  return {
    kind: 'file',
    getAsFile: () => new File([typeof content === 'string' ? content : ''], name),
    webkitGetAsEntry: () => entryOf(name, content),
    ...(handle === undefined ? {} : { getAsFileSystemHandle: () => Promise.resolve(handle) }),
  }
}

const paths = (files: readonly { readonly path: readonly string[] }[]) =>
  files.map(({ path }) => path.join('/'))

describe('a drop', () => {
  it('gives plain files, with their handles where there are any', async () => {
    const handle = { kind: 'file', name: 'a.txt' } as FileSystemHandle
    const { files } = await gather([itemOf('a.txt', 'A', handle), itemOf('b.txt', 'B')])
    expect(paths(files)).toEqual(['a.txt', 'b.txt'])
    expect(files.map((picked) => picked.handle)).toEqual([handle, undefined])
  })

  it('gives each file of a folder the handle of that folder', async () => {
    const kept = { kind: 'directory', name: 'top' } as FileSystemHandle
    const { files } = await gather([itemOf('top', { deep: { 'x.txt': 'x' } }, kept), itemOf('b.txt', 'B')])
    expect(paths(files)).toEqual(['top/deep/x.txt', 'b.txt'])
    expect(files.map((picked) => picked.handle)).toEqual([kept, undefined])
  })

  it('walks folders to the end, in batches', async () => {
    const many = Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`${String(i)}.txt`, 'x']))
    const { files, unreadableCount } = await gather([
      itemOf('top', { many, deep: { er: { 'x.txt': 'x' } }, empty: {} }),
    ])
    expect(files).toHaveLength(251)
    expect(paths(files)).toContain('top/many/249.txt')
    expect(paths(files)).toContain('top/deep/er/x.txt')
    expect(unreadableCount).toBe(0)
  })

  it('asks all items before it waits for the first', async () => {
    let asked = 0
    const item = (): DropItem => ({
      ...itemOf('a', { 'x.txt': 'x' }),
      webkitGetAsEntry: () => (asked++, entryOf('a', { 'x.txt': 'x' })),
    })
    const gathering = gather([item(), item(), item()])
    expect(asked).toBe(3)
    await gathering
  })

  it('counts what the browser would not read, and leaves out text', async () => {
    const text: DropItem = { kind: 'string', getAsFile: () => null }
    const { files, unreadableCount } = await gather([
      text,
      itemOf('top', { 'gone.txt': null, 'here.txt': 'x' }),
    ])
    expect(paths(files)).toEqual(['top/here.txt'])
    expect(unreadableCount).toBe(1)
  })

  it('stops reading when there are too many files to be shared', async () => {
    const folder = Object.fromEntries(Array.from({ length: LIMITS.files + 500 }, (_, i) => [String(i), 'x']))
    const { files } = await gather([itemOf('top', folder)])
    expect(files).toHaveLength(LIMITS.files + 1)
  })

  it('takes files from a clipboard, which has no entries', async () => {
    const item: DropItem = {
      kind: 'file',
      getAsFile: () => new File(['p'], 'image.png'),
      webkitGetAsEntry: () => null,
    }
    expect(paths((await gather([item])).files)).toEqual(['image.png'])
  })
})

it('keeps the place of files chosen with their folder', () => {
  const inFolder = Object.defineProperty(new File(['x'], 'x.txt'), 'webkitRelativePath', {
    value: 'top/sub/x.txt',
  })
  const alone = Object.defineProperty(new File(['y'], 'y.txt'), 'webkitRelativePath', { value: '' })
  expect(paths(fromInput([inFolder, alone]))).toEqual(['top/sub/x.txt', 'y.txt'])
})

it('knows a lone torrent file', () => {
  const torrent = { file: new File([''], 'A.TORRENT'), path: ['A.TORRENT'] }
  expect(isLoneTorrent([torrent])).toBe(true)
  expect(isLoneTorrent([torrent, torrent])).toBe(false)
})
