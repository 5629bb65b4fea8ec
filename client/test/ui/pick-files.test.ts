import { describe, expect, it } from 'vitest'
import { hasLastingPicker, pickLasting } from '../../src/lib/pick-files.ts'

const handleOf = (name: string) => {
  const file = new File([name], name)
  return { kind: 'file', name, getFile: () => Promise.resolve(file) } as FileSystemFileHandle
}
/** A browser whose picker gives this, with a mouse or a finger. */
const browser = (show: (() => Promise<FileSystemFileHandle[]>) | undefined, isFine = true) => ({
  ...(show === undefined ? {} : { showOpenFilePicker: show }),
  matchMedia: (query: string) => ({ matches: query === '(pointer: fine)' && isFine }) as MediaQueryList,
})
const failing = (error: unknown) => browser(() => Promise.reject(error as Error))

describe('files that can be read again after a reload', () => {
  it.each([
    ['where the browser has the picker', browser(() => Promise.resolve([])), true],
    ['not where it has none', browser(undefined), false],
    ['not on a phone', browser(() => Promise.resolve([]), false), false],
  ])('are asked for %s', (_, each, isSo) => {
    expect(hasLastingPicker(each)).toBe(isSo)
  })

  it('come with their handles', async () => {
    const handles = [handleOf('a.txt'), handleOf('b.txt')]
    const picked = await pickLasting(browser(() => Promise.resolve(handles)))
    expect(picked).toMatchObject([
      { path: ['a.txt'], handle: handles[0] },
      { path: ['b.txt'], handle: handles[1] },
    ])
  })

  it('are none when the person closes the dialog', async () => {
    expect(await pickLasting(failing(new DOMException('closed', 'AbortError')))).toEqual([])
  })

  it('are asked for in the old way when the browser refuses, or gives what it can’t read', async () => {
    const gone = {
      ...handleOf('gone'),
      getFile: () => Promise.reject(new DOMException('gone', 'NotFoundError')),
    }
    expect(await pickLasting(failing(new DOMException('no', 'SecurityError')))).toBe('refused')
    expect(await pickLasting(browser(() => Promise.resolve([handleOf('a'), gone])))).toBe('refused')
  })
})
