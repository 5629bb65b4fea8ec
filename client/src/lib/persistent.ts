/** Pauses before the tries after the first, in milliseconds: a change of network is over in a second or two. Our choice. */
const PAUSES_MS = [500, 1_000, 2_000]
/** From then on, for those that never give up. Our choice. */
const LONG_PAUSE_MS = 5_000
/** So many failures are no accident any more, and worth a word. Our choice. */
const TOLD_FAILURES = 2

/**
 * Fetches code, again when that fails: a phone that changes its network loses whatever is under way.
 * @param onMissing told when it fails again and again, and when it comes after all. With it nothing is given up.
 */
export async function persistent<Module>(
  load: () => Promise<Module>,
  onMissing?: (isMissing: boolean) => void,
): Promise<Module> {
  for (let failures = 1; ; failures++) {
    try {
      const module = await load()
      onMissing?.(false)
      return module
    } catch (error) {
      if (onMissing === undefined && failures > PAUSES_MS.length) throw error
      if (failures >= TOLD_FAILURES) onMissing?.(true)
      const pauseMs = PAUSES_MS[failures - 1] ?? LONG_PAUSE_MS
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
}
