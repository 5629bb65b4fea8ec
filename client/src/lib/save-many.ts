/** Saving several files at a time. Fetched when it is needed: see `save.ts`, which asks where to. */
import { sanitizePaths } from '@ringdrop/shared/content/file-names.ts'
import type { SavedFile } from '../app/api.ts'
import { persistent } from './persistent.ts'
import { saveFile, type SaveOutcome } from './save.ts'

/** A larger zip must not be put together by the browser; it would hold it in memory or fill its disk cache. */
const ZIP_IN_BROWSER = 512 * 1024 * 1024
/** Browsers drop downloads that are asked for in too quick a row. */
const BETWEEN_DOWNLOADS_MS = 400

/** Endings that Chromium writes into no folder, since Windows follows such files (`IsSafePathComponent` of its File System Access). */
const REFUSED = /\.(?:lnk|scf|url|\{[^}]*\})$/i

/** Each file by itself; folders are lost. */
export async function saveEach(files: readonly SavedFile[]): Promise<SaveOutcome> {
  for (const { path, file } of files) {
    saveFile(path.at(-1) ?? 'file', file)
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_DOWNLOADS_MS))
  }
  return 'saved'
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
    const wanted = files.map(({ path }) => path.map((name) => (REFUSED.test(name) ? `${name}.txt` : name)))
    const paths = sanitizePaths([...taken, ...wanted]).slice(taken.length)
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
 * @param place from `pickZip`.
 */
export async function saveZip(
  name: string,
  files: readonly SavedFile[],
  place: FileSystemFileHandle | null,
): Promise<SaveOutcome> {
  const totalBytes = files.reduce((sum, { file }) => sum + file.size, 0)
  if (place === null && totalBytes > ZIP_IN_BROWSER) return saveEach(files)
  const zipper = await persistent(() => import('client-zip')).catch(() => null)
  if (zipper === null) return 'noCode'
  try {
    const zip = zipper.downloadZip(files.map(({ path, file }) => zipEntry(path, file)))
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
