/** Longer nobody waits with an open eye for what a node that has just started does not know yet. Our choice. */
export const LATE_MS = 30_000

/**
 * Until it is so, or too late for it.
 * @param onChange calls back when it may have become so; returns a function that ends that.
 */
export function until(
  onChange: (listener: () => void) => () => void,
  isSo: () => boolean,
  lateMs = LATE_MS,
): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      endChanges()
      resolve()
    }
    const look = () => {
      if (isSo()) end()
    }
    const timer = setTimeout(end, lateMs)
    const endChanges = onChange(look)
    look()
  })
}
