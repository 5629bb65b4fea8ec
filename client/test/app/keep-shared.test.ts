import { expect, it } from 'vitest'
import { keepShared } from '../../src/workers/keep-shared.ts'

/** One cache, in a browser that has room for so many more entries. */
function storage(room: number, before: readonly string[] = []) {
  let kept: string[] | null = [...before]
  const cache = {
    put: (path: string) => {
      if (room-- <= 0) return Promise.reject(new DOMException('full', 'QuotaExceededError'))
      kept?.push(path)
      return Promise.resolve()
    },
  }
  return {
    kept: () => kept,
    caches: {
      open: () => Promise.resolve(((kept ??= []), cache)),
      delete: () => {
        kept = null
        return Promise.resolve(true)
      },
    } as unknown as CacheStorage,
  }
}

function form(names: readonly string[], text = ''): FormData {
  const data = new FormData()
  for (const name of names) data.append('files', new File(['x'], name))
  if (text !== '') data.append('text', text)
  return data
}

it('files and text of another app wait for the page, and what nobody took does not come with them', async () => {
  const { caches, kept } = storage(Infinity, ['./shared/0/old.txt'])
  expect(await keepShared(form(['a b.txt', '字.png'], 'look'), caches)).toBe(true)
  expect(kept()).toEqual(['./shared/0/a%20b.txt', './shared/1/%E5%AD%97.png', './shared/.text'])
})

it.each([
  ['there is no room for the second file', storage(1), form(['a', 'b'])],
  ['there is no room for the text', storage(1), form(['a'], 'look')],
  ['there are too many', storage(Infinity), form(Array.from({ length: 1_001 }, (_, n) => String(n)))],
])('nothing is kept when %s', async (_, { caches, kept }, data) => {
  expect(await keepShared(data, caches)).toBe(false)
  expect(kept()).toBe(null)
})
