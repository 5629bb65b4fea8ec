import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SavedFile } from '../../src/app/api.ts'
import { untilOver } from './views.ts'
import { canZip, type Pickers } from '../../src/lib/save.ts'
import { saveToFolder, saveZip } from '../../src/lib/save-many.ts'

/** A folder of the person's, in memory. As in a browser, a file that is opened for writing is emptied. */
class Folder {
  readonly entries = new Map<string, Folder | { text: string }>()

  async *keys(): AsyncGenerator<string> {
    yield* this.entries.keys()
  }

  async getDirectoryHandle(name: string): Promise<Folder> {
    if (/\.(url|lnk)$/i.test(name)) throw new TypeError('Name is not allowed.')
    const entry = this.entries.get(name) ?? new Folder()
    if (!(entry instanceof Folder)) throw new DOMException('a file', 'TypeMismatchError')
    this.entries.set(name, entry)
    return entry
  }

  async getFileHandle(name: string) {
    if (/\.(url|lnk)$/i.test(name)) throw new TypeError('Name is not allowed.')
    const entry = this.entries.get(name) ?? { text: '' }
    if (entry instanceof Folder) throw new DOMException('a folder', 'TypeMismatchError')
    this.entries.set(name, entry)
    const createWritable = async () => {
      entry.text = ''
      const decoder = new TextDecoder()
      return new WritableStream<Uint8Array>({ write: (bytes) => void (entry.text += decoder.decode(bytes)) })
    }
    return { createWritable }
  }

  /** All files as `path: text`. */
  list(above = ''): string[] {
    return [...this.entries]
      .flatMap(([name, entry]) =>
        entry instanceof Folder ? entry.list(`${above}${name}/`) : [`${above}${name}: ${entry.text}`],
      )
      .sort()
  }
}

const fileOf = (path: string): SavedFile => ({ path: path.split('/'), file: new Blob(['theirs']) })

async function save(folder: Folder, paths: readonly string[]) {
  const done: number[] = []
  const handle = folder as unknown as FileSystemDirectoryHandle
  const outcome = await saveToFolder(handle, paths.map(fileOf), (count) => done.push(count))
  return { outcome, done }
}

describe('files that are saved into a folder', () => {
  it('keep their names and places where these are free', async () => {
    const folder = new Folder()
    expect(await save(folder, ['album/a.txt', 'album/sub/b.txt'])).toEqual({ outcome: 'saved', done: [1, 2] })
    expect(folder.list()).toEqual(['album/a.txt: theirs', 'album/sub/b.txt: theirs'])
  })

  it.each([
    ['a folder', 'album/a.txt', ['album (2)/a.txt: theirs', 'album (2)/sub/b.txt: theirs']],
    ['a folder in another case', 'Album/a.txt', ['album (2)/a.txt: theirs', 'album (2)/sub/b.txt: theirs']],
    ['a file', 'album', ['album (2)/a.txt: theirs', 'album (2)/sub/b.txt: theirs']],
  ])('never replace what is there: %s', async (_, mine, saved) => {
    const folder = new Folder()
    await save(folder, [mine])
    for (const entry of folder.entries.values()) rewrite(entry, 'mine')
    expect((await save(folder, ['album/a.txt', 'album/sub/b.txt'])).outcome).toBe('saved')
    expect(folder.list()).toEqual([`${mine}: mine`, ...saved].sort())
  })

  it('get another ending where Chromium refuses theirs, and keep no other out', async () => {
    const folder = new Folder()
    const paths = ['album/a.txt', 'album/Visit us.URL', 'album/my.lnk/b.txt', 'album/Visit us.URL.txt']
    expect((await save(folder, paths)).outcome).toBe('saved')
    expect(folder.list()).toEqual([
      'album/Visit us.URL (2).txt: theirs',
      'album/Visit us.URL.txt: theirs',
      'album/a.txt: theirs',
      'album/my.lnk.txt/b.txt: theirs',
    ])
  })

  it('get a number each when they lie in no folder', async () => {
    const folder = new Folder()
    await save(folder, ['note.txt'])
    for (const entry of folder.entries.values()) rewrite(entry, 'mine')
    await save(folder, ['note.txt', 'other.txt'])
    expect(folder.list()).toEqual(['note (2).txt: theirs', 'note.txt: mine', 'other.txt: theirs'])
  })
})

const never = () => new Promise<never>(() => undefined)
/** The browser has thrown it away: nothing comes, and no error either. */
const lost = (bytes = 6) =>
  ({ size: bytes, stream: () => new ReadableStream({ pull: never }) }) as unknown as Blob
const unreadable = {
  size: 6,
  stream: () => new ReadableStream({ pull: (controller) => controller.error(new DOMException('gone')) }),
} as unknown as Blob
const placeOf = (write: () => Promise<void>) =>
  ({
    kind: 'file',
    createWritable: () => Promise.resolve(new WritableStream({ write })),
  }) as unknown as FileSystemFileHandle
const place = () => placeOf(() => Promise.resolve())

describe('a save that stands still', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  it.each([
    ['gives nothing', 'unread', lost()],
    ['gives an error', 'unread', unreadable],
  ])('ends: the storage %s', async (_, outcome, file) => {
    const files = [fileOf('a'), { path: ['b'], file }]
    const folder = new Folder() as unknown as FileSystemDirectoryHandle
    expect(await untilOver(saveToFolder(folder, files, () => undefined))).toBe(outcome)
    expect(await untilOver(saveZip('album', files, place()))).toBe(outcome)
    expect(await untilOver(saveZip('album', files, null))).toBe(outcome)
  })

  it('ends: the disk takes nothing, or refuses', async () => {
    const files = [fileOf('a'), fileOf('b')]
    expect(await untilOver(saveZip('album', files, placeOf(never)))).toBe('failed')
    const refusing = placeOf(() => Promise.reject(new DOMException('full', 'QuotaExceededError')))
    expect(await untilOver(saveZip('album', files, refusing))).toBe('failed')
    const folder = new Folder()
    folder.getFileHandle = never
    const handle = folder as unknown as FileSystemDirectoryHandle
    expect(await untilOver(saveToFolder(handle, files, () => undefined))).toBe('failed')
  })
})

describe('a zip that is too large for the browser to put together', () => {
  afterEach(() => vi.unstubAllGlobals())
  const GiB = 1024 ** 3
  const browser = (worker: unknown) =>
    vi.stubGlobal('navigator', {
      serviceWorker: {
        getRegistration: () => Promise.resolve(worker === null ? undefined : { active: worker }),
      },
    })
  const withPicker = { showSaveFilePicker: never } as unknown as Pickers

  it('can be saved with a picker or a service worker, and it is known before', async () => {
    browser(null)
    expect([await canZip(GiB / 2, {}), await canZip(GiB, {}), await canZip(GiB, withPicker)]).toEqual([
      true,
      false,
      true,
    ])
    browser({})
    expect(await canZip(GiB, {})).toBe(true)
    // In private windows of Firefox.
    vi.stubGlobal('navigator', {})
    expect(await canZip(GiB, {})).toBe(false)
  })

  it('is never turned into something else without a word', async () => {
    browser(null)
    expect(await saveZip('album', [{ path: ['a'], file: lost(GiB) }, fileOf('b')], null)).toBe('noZip')
  })
})

function rewrite(entry: Folder | { text: string }, text: string): void {
  if (entry instanceof Folder) for (const inner of entry.entries.values()) rewrite(inner, text)
  else entry.text = text
}
