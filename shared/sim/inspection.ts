import type { VirtualClock } from './clock.ts'

/** How often the commands of the simulator have their checkers look around unless told otherwise, in seconds. */
export const INSPECT_SECONDS = 1

/** From now on something looks around every so many milliseconds of virtual time; 0: never. */
export function inspectEvery(clock: VirtualClock, everyMs: number, inspect: () => void): void {
  if (everyMs <= 0) return
  clock.after(everyMs, () => {
    inspect()
    inspectEvery(clock, everyMs, inspect)
  })
}
