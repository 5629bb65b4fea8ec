/** Saving several files at a time. Fetched when it is needed: see `save.ts`, which asks where to. */
import { sanitizePaths } from '@ringdrop/shared/content/file-names.ts'
import type { SavedFile } from '../app/api.ts'
import { persistent } from './persistent.ts'
import { patient, PATIENCE_MS } from './patient.ts'
import { saveFile, savingWorker, SMALL_ZIP_BYTES, ZIP_IN_BROWSER_BYTES, type SaveOutcome } from './save.ts'
import { saveStream } from './save-stream.ts'

/** Browsers drop downloads that are asked for in too quick a row. */
const BETWEEN_DOWNLOADS_MS = 400

/** Browsers look through what was written before it gets its name; a disk that reads more slowly is a rare one. Our choice. */
const CLOSING_BYTES_PER_MS = 20_000

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

/** Files whose bytes come, or an error: a browser whose storage was thrown away may say neither. */
class Sources {
  /** Whether reading, and not writing, went wrong. */
  isBroken = false

  stream(file: Blob): ReadableStream<Uint8Array> {
    const reader = file.stream().getReader()
    return new ReadableStream({
      pull: async (controller) => {
        try {
          const { done, value } = await patient(reader.read())
          if (done) controller.close()
          else controller.enqueue(value)
        } catch (error) {
          this.isBroken = true
          controller.error(error)
        }
      },
      cancel: (reason) => reader.cancel(reason),
    })
  }

  get outcome(): 'unread' | 'failed' {
    return this.isBroken ? 'unread' : 'failed'
  }
}

/** Writes a stream to a file. @throws also when nothing moves for long. */
async function pour(stream: ReadableStream<Uint8Array>, handle: FileSystemFileHandle): Promise<void> {
  const writer = (await patient(handle.createWritable())).getWriter()
  const reader = stream.getReader()
  let bytes = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      await patient(writer.write(value as Uint8Array<ArrayBuffer>))
      bytes += value.length
    }
    await patient(writer.close(), PATIENCE_MS + bytes / CLOSING_BYTES_PER_MS)
  } catch (error) {
    // Neither may ever come to an end.
    void writer.abort().catch(() => undefined)
    void reader.cancel().catch(() => undefined)
    throw error
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
  const sources = new Sources()
  try {
    const taken = await patient(namesIn(folder))
    const wanted = files.map(({ path }) => path.map((name) => (REFUSED.test(name) ? `${name}.txt` : name)))
    const paths = sanitizePaths([...taken, ...wanted]).slice(taken.length)
    for (const [index, { file }] of files.entries()) {
      const path = paths[index] ?? []
      let place = folder
      for (const name of path.slice(0, -1))
        place = await patient(place.getDirectoryHandle(name, { create: true }))
      const handle = await patient(place.getFileHandle(path.at(-1) ?? 'file', { create: true }))
      await pour(sources.stream(file), handle)
      onProgress(index + 1)
    }
    return 'saved'
  } catch {
    return sources.outcome
  }
}

async function namesIn(folder: FileSystemDirectoryHandle): Promise<string[][]> {
  const names: string[][] = []
  for await (const name of folder.keys()) names.push([name])
  return names
}

/**
 * One zip of everything: streamed where a place was picked; where none can be, a small one is put together in the browser,
 * and a large one goes through the service worker, or, up to a size, the other way.
 * @param place from `pickZip`.
 */
export async function saveZip(
  name: string,
  files: readonly SavedFile[],
  place: FileSystemFileHandle | null,
): Promise<SaveOutcome> {
  const zipper = await persistent(() => import('client-zip')).catch(() => null)
  if (zipper === null) return 'noCode'
  const totalBytes = files.reduce((sum, { file }) => sum + file.size, 0)
  const sources = new Sources()
  const lastModified = new Date()
  const entries = files.map(({ path, file }) => ({
    name: path.join('/'),
    size: file.size,
    lastModified,
    file,
  }))
  // Opened when it is its turn, not all at once.
  const opened = function* () {
    for (const { file, ...entry } of entries) yield { ...entry, input: sources.stream(file) }
  }
  const zip = () => zipper.makeZip(opened())
  try {
    const worker = place === null && totalBytes > SMALL_ZIP_BYTES ? await savingWorker() : null
    if (worker !== null) {
      const sizeBytes = Number(zipper.predictLength(entries))
      const outcome = await saveStream(`${name}.zip`, zip(), sizeBytes, worker)
      if (outcome !== 'refused') return outcome
    }
    if (place !== null) await pour(zip(), place)
    else if (totalBytes > ZIP_IN_BROWSER_BYTES) return 'noZip'
    else saveFile(`${name}.zip`, await new Response(zip(), ZIP).blob())
    return 'saved'
  } catch {
    return sources.outcome
  }
}

const ZIP = { headers: { 'content-type': 'application/zip' } }
