/** Getting finished files out of the browser's storage. Nothing here reads a whole file into memory. */

/** A zip up to this size is put together without asking where to. Our choice. */
export const SMALL_ZIP_BYTES = 64 * 1024 * 1024
/** A larger zip must not be put together by the browser; it would hold it in memory or fill its disk cache. */
export const ZIP_IN_BROWSER_BYTES = 512 * 1024 * 1024
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

/**
 * `cancelled` is no error: the person closed the browser's dialog. `failed`: it could not be written, `unread`: the app's
 * own storage did not give it, either at once or for long. `noZip`: the browser has no way to a zip so large. `noCode`:
 * what saves could not be fetched.
 */
export type SaveOutcome = 'saved' | 'cancelled' | 'failed' | 'unread' | 'noZip' | 'noCode'

export const canSaveFolder = (pickers: Pickers): boolean => pickers.showDirectoryPicker !== undefined

/** The service worker through which streams are saved; `null` where there is none, as in private windows of Firefox. */
export async function savingWorker(): Promise<ServiceWorker | null> {
  const { serviceWorker } = navigator as { readonly serviceWorker?: ServiceWorkerContainer }
  return (await serviceWorker?.getRegistration().catch(() => undefined))?.active ?? null
}

/** Whether a zip of this size can be saved, one way or another. */
export async function canZip(totalBytes: number, pickers: Pickers): Promise<boolean> {
  const isEasy = totalBytes <= ZIP_IN_BROWSER_BYTES || pickers.showSaveFilePicker !== undefined
  return isEasy || (await savingWorker()) !== null
}

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
    totalBytes > SMALL_ZIP_BYTES ? pickers.showSaveFilePicker?.({ suggestedName: `${name}.zip` }) : undefined,
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
