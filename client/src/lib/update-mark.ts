/** After a reload a new version takes over at once; what comes later was not asked for. Our choice. */
const REMEMBERED_MS = 30_000
const KEY = 'ringdrop-update-accepted'

/** For the page that comes after a reload: should the old version be shown once more, it makes way without a question. */
export function markAccepted(): void {
  try {
    sessionStorage.setItem(KEY, String(Date.now()))
  } catch {
    // Storage is forbidden: the person is asked again.
  }
}

/** Whether the page before this one let in a new version a moment ago. */
export function wasAccepted(): boolean {
  try {
    return Date.now() - Number(sessionStorage.getItem(KEY)) < REMEMBERED_MS
  } catch {
    return false
  }
}

export function forgetAccepted(): void {
  try {
    sessionStorage.removeItem(KEY)
  } catch {
    // Where storage is forbidden there is nothing to forget.
  }
}
