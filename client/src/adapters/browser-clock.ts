import type { Clock } from '@ringdrop/shared/host/ports.ts'

/** Longest delay that `setTimeout` takes; a later wake-up is armed in steps. */
const MAX_DELAY_MS = 2 ** 31 - 1

/** The page's monotonic clock, shifted so that its zero is the Unix epoch. */
export const browserClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  schedule(at, callback) {
    const delay = Math.min(MAX_DELAY_MS, Math.max(0, Math.ceil(at - browserClock.now())))
    const timer = setTimeout(callback, delay)
    return () => clearTimeout(timer)
  },
}
