/** What this origin stores and may store, as far as the browser says. */
export interface StorageUsage {
  readonly usedBytes: number | null
  readonly quotaBytes: number | null
}

export const UNKNOWN_USAGE: StorageUsage = { usedBytes: null, quotaBytes: null }

/** Never rejects. */
export async function storageUsage(): Promise<StorageUsage> {
  try {
    const { usage, quota } = await navigator.storage.estimate()
    return { usedBytes: usage ?? null, quotaBytes: quota ?? null }
  } catch {
    return UNKNOWN_USAGE
  }
}
