import type { PickedFile } from '../app/api.ts'
import type { Gathered } from './drop.ts'
import { filesIn, isFolder } from './folder-files.ts'

declare global {
  interface Window {
    /** TypeScript's DOM library does not name these yet. */
    showOpenFilePicker?(options: { multiple: boolean }): Promise<FileSystemFileHandle[]>
    showDirectoryPicker?(): Promise<FileSystemDirectoryHandle>
  }
}
type Browser = Pick<Window, 'showOpenFilePicker' | 'showDirectoryPicker' | 'matchMedia'>

/** What a picker asks for: one file, files, or a folder with all that is in it. */
export type PickKind = 'file' | 'files' | 'folder'

/**
 * Whether it is better asked for by the picker whose files can be read again after a reload. Not on phones: behind an
 * input they offer camera and gallery.
 */
export const hasLastingPicker = (browser: Browser, kind: PickKind): boolean =>
  (kind === 'folder' ? browser.showDirectoryPicker : browser.showOpenFilePicker) !== undefined &&
  browser.matchMedia('(pointer: fine)').matches

/**
 * Asks for what can be read again after a reload; must be called in answer to a click.
 * @returns `'closed'` when the person closed the dialog; `'refused'` when the browser does not ask.
 */
export async function pickLasting(
  browser: Browser,
  kind: PickKind,
): Promise<readonly FileSystemHandle[] | 'closed' | 'refused'> {
  try {
    if (kind !== 'folder')
      return (await browser.showOpenFilePicker?.({ multiple: kind === 'files' })) ?? 'refused'
    const folder = await browser.showDirectoryPicker?.()
    return folder === undefined ? 'refused' : [folder]
  } catch (error) {
    return error instanceof Error && error.name === 'AbortError' ? 'closed' : 'refused'
  }
}

/**
 * The files that were picked, each with what it can be read by again.
 * @param onProgress how many were found so far.
 */
export async function readPicked(
  handles: readonly FileSystemHandle[],
  onProgress: (files: number) => void = () => undefined,
): Promise<Gathered> {
  const files: PickedFile[] = []
  let [count, unreadableCount] = [0, 0]
  const watch = { onFile: () => onProgress(++count), onUnreadable: () => void unreadableCount++ }
  for (const handle of handles) {
    if (isFolder(handle)) {
      for (const each of await filesIn(handle, [handle.name], watch)) files.push({ ...each, handle })
      continue
    }
    const file = await (handle as FileSystemFileHandle).getFile().catch(() => null)
    if (file === null) {
      watch.onUnreadable()
    } else {
      files.push({ file, path: [handle.name], handle })
      watch.onFile()
    }
  }
  return { files, unreadableCount }
}
