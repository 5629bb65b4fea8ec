import { describe, expect, it } from 'vitest'
import { hasLastingPicker, pickLasting, readPicked } from '../../src/lib/pick-files.ts'

const fileOf = (name: string) => {
  const file = new File([name], name)
  return { kind: 'file', name, getFile: () => Promise.resolve(file) } as FileSystemFileHandle
}
const folderOf = (name: string, found: readonly FileSystemHandle[]) =>
  ({
    kind: 'directory',
    name,
    async *values() {
      yield* found
    },
  }) as unknown as FileSystemDirectoryHandle
const gone = {
  ...fileOf('gone'),
  getFile: () => Promise.reject(new DOMException('gone', 'NotFoundError')),
}

interface Pickers {
  readonly files?: () => Promise<FileSystemFileHandle[]>
  readonly folder?: () => Promise<FileSystemDirectoryHandle>
}
/** A browser whose pickers give this, with a mouse or a finger. */
const browser = ({ files, folder }: Pickers, isFine = true) => ({
  ...(files === undefined ? {} : { showOpenFilePicker: files }),
  ...(folder === undefined ? {} : { showDirectoryPicker: folder }),
  matchMedia: (query: string) => ({ matches: query === '(pointer: fine)' && isFine }) as MediaQueryList,
})
const both = {
  files: () => Promise.resolve([fileOf('a')]),
  folder: () => Promise.resolve(folderOf('b', [])),
}
const failing = (name: string) => {
  const fail = () => Promise.reject(new DOMException('no', name))
  return browser({ files: fail, folder: fail })
}

describe('files that can be read again after a reload', () => {
  it.each([
    ['where the browser has the picker', browser(both), 'files', true],
    ['of a folder where it has that', browser(both), 'folder', true],
    ['not where it has none', browser({}), 'files', false],
    ['not of a folder where it has only that of files', browser({ files: both.files }), 'folder', false],
    ['not on a phone', browser(both, false), 'files', false],
  ] as const)('are asked for %s', (_, each, kind, isSo) => {
    expect(hasLastingPicker(each, kind)).toBe(isSo)
  })

  it('come with their handles', async () => {
    const handles = [fileOf('a.txt'), fileOf('b.txt')]
    const picked = await pickLasting(browser({ files: () => Promise.resolve(handles) }), 'files')
    expect(picked).toEqual(handles)
    expect(await readPicked(handles)).toMatchObject({
      files: [
        { path: ['a.txt'], handle: handles[0] },
        { path: ['b.txt'], handle: handles[1] },
      ],
      unreadableCount: 0,
    })
  })

  it('are all that a folder holds, each with its handle and its place in it', async () => {
    const folder = folderOf('trip', [folderOf('day 1', [fileOf('a.txt')]), fileOf('b.txt')])
    const picked = await pickLasting(browser({ folder: () => Promise.resolve(folder) }), 'folder')
    expect(picked).toEqual([folder])
    const counts: number[] = []
    const { files } = await readPicked([folder], (count) => void counts.push(count))
    expect(files).toMatchObject([
      { path: ['trip', 'day 1', 'a.txt'], handle: folder },
      { path: ['trip', 'b.txt'], handle: folder },
    ])
    expect(counts).toEqual([1, 2])
  })

  it.each(['files', 'folder'] as const)('%s: none when the person closes the dialog', async (kind) => {
    expect(await pickLasting(failing('AbortError'), kind)).toBe('closed')
  })

  it.each(['files', 'folder'] as const)(
    '%s: asked for in the old way when the browser refuses',
    async (kind) => {
      expect(await pickLasting(failing('SecurityError'), kind)).toBe('refused')
      expect(await pickLasting(browser({}), kind)).toBe('refused')
    },
  )

  it('are left out and counted where the browser will not read them', async () => {
    const closed = {
      ...folderOf('closed', []),
      values: () => {
        throw new DOMException('no', 'NotAllowedError')
      },
    }
    const trip = folderOf('trip', [fileOf('b'), gone, closed as unknown as FileSystemDirectoryHandle])
    const { files, unreadableCount } = await readPicked([gone, fileOf('a'), trip])
    expect(files.map(({ path }) => path.join('/'))).toEqual(['a', 'trip/b'])
    expect(unreadableCount).toBe(3)
  })
})
