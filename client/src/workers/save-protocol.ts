/**
 * How a page saves a stream through the browser's downloads: it offers the stream to the service worker, opens the
 * address that the worker serves it under, and gives a part whenever the browser has written what came before.
 */

/** To the worker, with the port over which the parts go. */
export type SaveMessage =
  | { readonly type: 'save'; readonly id: string; readonly name: string; readonly sizeBytes: number }
  /** Browsers stop a worker that hears nothing; it answers over this message's port only that it does not know the save. */
  | { readonly type: 'saving'; readonly id: string }

/** Over the port, to the worker. */
export type SavePart =
  | { readonly type: 'bytes'; readonly bytes: ArrayBuffer }
  | { readonly type: 'end' }
  /** The rest can't be read: the browser must not take what came for the whole. */
  | { readonly type: 'broken' }

/** Over the port, to the page. */
export type SaveRequest =
  | { readonly type: 'ready' }
  | { readonly type: 'more' }
  /** The person, or the browser, has stopped it. */
  | { readonly type: 'cancelled' }

/** Over the port of `saving`, to the page. */
export const SAVE_GONE = 'gone'

const FOLDER = 'save/'
/** Ends of all addresses of saves, and of nothing else: those are no pages of the app. */
export const SAVE_PATH = /\/save\/[0-9a-f-]{36}$/

/** Address of a save, below the app's folder. */
export const savePath = (id: string): string => `./${FOLDER}${id}`

/** @param scope address of the app's folder. @returns the id of a save; `null` for other addresses. */
export function parseSaveUrl(url: URL, scope: string): string | null {
  if (!url.href.startsWith(scope + FOLDER) || !SAVE_PATH.test(url.pathname)) return null
  return url.pathname.slice(-36)
}
