/** Small choices of the person, kept by the browser where it lets us. */

/** What was remembered; `null` for nothing, and where storage is forbidden. */
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

/** Where storage is forbidden, the choice holds until the tab is closed. */
export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // As said above.
  }
}
