/** Getting finished files out of the browser's storage. Nothing here reads a whole file into memory. */
import { sanitizePaths } from '@ringdrop/shared/content/file-names.ts'
import type { SavedFile } from '../app/api.ts'
import { persistent } from './persistent.ts'

/** A zip up to this size is put together without asking where to. Our choice. */
const ZIP_WITHOUT_PICKER = 64 * 1024 * 1024
/** A larger zip must not be put together by the browser; it would hold it in memory or fill its disk cache. */
const ZIP_IN_BROWSER = 512 * 1024 * 1024
/** Downloads read from their object URL after the click; it is taken back when they surely have begun. */
const REVOKE_MS = 10 * 60_000
/** Browsers drop downloads that are asked for in too quick a row. */
const BETWEEN_DOWNLOADS_MS = 400

/** Pickers that TypeScript's DOM library does not name yet. */
declare global {
  interface Window {
    showDirectoryPicker?(options: { mode: 'readwrite'; id?: string }): Promise<FileSystemDirectoryHandle>
    showSaveFilePicker?(options: { suggestedName: string }): Promise<FileSystemFileHandle>
  }
}
export type Pickers = Pick<Window, 'showDirectoryPicker' | 'showSaveFilePicker'>

/** `cancelled` is no error: the person closed the browser's dialog. */
export type SaveOutcome = 'saved' | 'cancelled' | 'failed'

export const canSaveFolder = (pickers: Pickers): boolean => pickers.showDirectoryPicker !== undefined

/** Hands one file to the browser's downloads. */
export function saveFile(name: string, file: Blob): void {
  const url = URL.createObjectURL(file)
  const anchor = document.createElement('a')
  anchor.href = url
  anchor.download = name
  document.body.append(anchor)
  anchor.click()
  anchor.remove()
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_MS)
}

/** Each file by itself; folders are lost. */
export async function saveEach(files: readonly SavedFile[]): Promise<SaveOutcome> {
  for (const { path, file } of files) {
    saveFile(path.at(-1) ?? 'file', file)
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_DOWNLOADS_MS))
  }
  return 'saved'
}

/** Asks for a folder; must be called in answer to a click. */
export function pickFolder(pickers: Pickers) {
  return pick(() => pickers.showDirectoryPicker?.({ mode: 'readwrite', id: 'ringdrop' }))
}

/** Asks where a large zip goes; must be called in answer to a click. `null`: the browser's downloads take it. */
export function pickZip(name: string, totalBytes: number, pickers: Pickers) {
  return pick(() =>
    totalBytes > ZIP_WITHOUT_PICKER
      ? pickers.showSaveFilePicker?.({ suggestedName: `${name}.zip` })
      : undefined,
  )
}

/** Browsers refuse to ask when the click is too long ago: that is no choice of the person. */
async function pick<Handle>(
  ask: () => Promise<Handle> | undefined,
): Promise<Handle | null | 'cancelled' | 'failed'> {
  try {
    return (await ask()) ?? null
  } catch (error) {
    return error instanceof Error && error.name === 'AbortError' ? 'cancelled' : 'failed'
  }
}

/**
 * Writes the tree of files into a folder, one after another, as streams. Never over something that is there already;
 * then the whole tree gets a number, as in `name (2)`.
 */
export async function saveToFolder(
  folder: FileSystemDirectoryHandle,
  files: readonly SavedFile[],
  onProgress: (done: number) => void,
): Promise<SaveOutcome> {
  try {
    const taken: string[][] = []
    for await (const name of folder.keys()) taken.push([name])
    const paths = sanitizePaths([...taken, ...files.map(({ path }) => path)]).slice(taken.length)
    for (const [index, { file }] of files.entries()) {
      const path = paths[index] ?? []
      let place = folder
      for (const name of path.slice(0, -1)) place = await place.getDirectoryHandle(name, { create: true })
      const handle = await place.getFileHandle(path.at(-1) ?? 'file', { create: true })
      await file.stream().pipeTo(await handle.createWritable())
      onProgress(index + 1)
    }
    return 'saved'
  } catch {
    return 'failed'
  }
}

/**
 * One zip of everything, streamed where a place was picked; where none was and it is large, file by file instead.
 * @param place from {@link pickZip}.
 */
export async function saveZip(
  name: string,
  files: readonly SavedFile[],
  place: FileSystemFileHandle | null,
): Promise<SaveOutcome> {
  const totalBytes = files.reduce((sum, { file }) => sum + file.size, 0)
  if (place === null && totalBytes > ZIP_IN_BROWSER) return saveEach(files)
  try {
    const { downloadZip } = await persistent(() => import('client-zip'))
    const zip = downloadZip(files.map(({ path, file }) => zipEntry(path, file)))
    if (place === null) saveFile(`${name}.zip`, await zip.blob())
    else await zip.body?.pipeTo(await place.createWritable())
    return 'saved'
  } catch {
    return 'failed'
  }
}

function zipEntry(path: readonly string[], file: Blob) {
  return { name: path.join('/'), input: file, size: file.size, lastModified: new Date() }
}
