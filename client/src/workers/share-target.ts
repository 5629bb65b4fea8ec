/** What the service worker and the page agree on about files that another app shares with this one. */

/** Cache in which they wait. */
export const SHARED_CACHE = 'ringdrop-shared'
/** Name of the entry that holds shared text or a link. */
export const SHARED_TEXT = '.text'
/** Where the system posts them, below the app's folder; see the manifest. */
export const SHARE_TARGET_PATH = 'share-target'
