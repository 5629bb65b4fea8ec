/** Getting finished files out of the browser's storage. Nothing here reads a whole file into memory. */

/** A zip up to this size is put together without asking where to. Our choice. */
const ZIP_WITHOUT_PICKER = 64 * 1024 * 1024
/** Downloads read from their object URL after the click; it is taken back when they surely have begun. */
const REVOKE_MS = 10 * 60_000

/** Pickers that TypeScript's DOM library does not name yet. */
declare global {
  interface Window {
    showDirectoryPicker?(options: { mode: 'readwrite'; id?: string }): Promise<FileSystemDirectoryHandle>
    showSaveFilePicker?(options: { suggestedName: string }): Promise<FileSystemFileHandle>
  }
}
export type Pickers = Pick<Window, 'showDirectoryPicker' | 'showSaveFilePicker'>

/** `cancelled` is no error: the person closed the browser's dialog. `noCode`: what saves could not be fetched. */
export type SaveOutcome = 'saved' | 'cancelled' | 'failed' | 'noCode'

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
