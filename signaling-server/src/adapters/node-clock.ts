import { performance } from 'node:perf_hooks'
import type { Clock } from '@ringdrop/shared/host/ports.ts'

/** Longest delay that `setTimeout` takes; longer waits are made of several. */
const MAX_DELAY_MS = 2 ** 31 - 1

/**
 * The monotonic clock of this process, with its zero at the Unix epoch as it was when the process started. Dates are not
 * to be read off it: a machine that slept, or whose clock was set meanwhile, has another one on the wall.
 */
export function createNodeClock(): Clock {
  const now = (): number => performance.timeOrigin + performance.now()
  return {
    now,
    schedule(at, callback) {
      let timer: NodeJS.Timeout
      const arm = (): void => {
        timer = setTimeout(fire, Math.min(MAX_DELAY_MS, Math.max(0, Math.ceil(at - now()))))
      }
      const fire = (): void => {
        // Timers may fire a fraction of a millisecond early.
        if (now() < at) arm()
        else callback()
      }
      arm()
      return () => {
        clearTimeout(timer)
      }
    },
  }
}
