import type { PickedFile } from '../app/api.ts'

declare global {
  interface Window {
    /** TypeScript's DOM library does not name it yet. */
    showOpenFilePicker?(options: { multiple: boolean }): Promise<FileSystemFileHandle[]>
  }
}
type Browser = Pick<Window, 'showOpenFilePicker' | 'matchMedia'>

/**
 * Whether files are better asked for by the picker whose files can be read again after a reload. Not on phones: behind an
 * input they offer camera and gallery.
 */
export const hasLastingPicker = (browser: Browser): boolean =>
  browser.showOpenFilePicker !== undefined && browser.matchMedia('(pointer: fine)').matches

/**
 * Asks for files that come with handles; must be called in answer to a click.
 * @returns nothing when the person closed the dialog; `'refused'` when the browser does not ask, or gives what it can't read.
 */
export async function pickLasting(browser: Browser): Promise<PickedFile[] | 'refused'> {
  try {
    const handles = (await browser.showOpenFilePicker?.({ multiple: true })) ?? []
    const files = await Promise.all(handles.map((handle) => handle.getFile()))
    return files.flatMap((file, at) => {
      const handle = handles[at]
      return handle === undefined ? [] : [{ file, path: [file.name], handle }]
    })
  } catch (error) {
    return error instanceof Error && error.name === 'AbortError' ? [] : 'refused'
  }
}
