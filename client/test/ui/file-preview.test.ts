import { afterEach, expect, it, vi } from 'vitest'
import { previewOf, type Preview } from '../../src/lib/preview.ts'
import type { Actions } from '../../src/state/actions.svelte.ts'
import { FilePreview } from '../../src/state/file-preview.svelte.ts'
import { INFO_HASH } from './views.ts'

afterEach(() => vi.restoreAllMocks())

const opened = (file: Blob): Pick<Actions, 'try'> => ({
  try: () => Promise.resolve({ ok: true, value: { files: [{ path: ['a'], file }] } } as never),
})
const load = (view: FilePreview, file: Blob, name: string) =>
  view.load(opened(file), INFO_HASH, 0, previewOf(name) as Preview)

it('gives up the picture that it holds when it is closed', async () => {
  const revoke = vi.spyOn(URL, 'revokeObjectURL')
  const view = new FilePreview()
  await load(view, new Blob(['x']), 'a.png')
  expect(view.shown).toMatchObject({ as: 'image', source: expect.stringMatching(/^blob:/) as string })
  view.close()
  expect(revoke).toHaveBeenCalledOnce()
})

it('takes hold of nothing when it is closed while it loads', async () => {
  const create = vi.spyOn(URL, 'createObjectURL')
  const view = new FilePreview()
  const loading = load(view, new Blob(['x']), 'a.png')
  view.close()
  await loading
  expect(create).not.toHaveBeenCalled()
})

it('says so when a text can’t be read any more', async () => {
  const vanished = new Blob(['x'])
  const text = () => Promise.reject(new DOMException('gone', 'NotFoundError'))
  vi.spyOn(vanished, 'slice').mockReturnValue(Object.assign(new Blob(), { text }))
  const view = new FilePreview()
  await load(view, vanished, 'a.txt')
  expect(view.shown).toEqual({ as: 'gone' })
})
