import type { OverlayCores } from '@ringdrop/shared/node/overlay-cores.ts'
import { persistent } from '../lib/persistent.ts'

/** Between rounds of tries, in milliseconds, as for the code of workers. Our choice. */
const AGAIN_MS = 5_000

/** Fetches the code of the overlays, which the first screen can do without; tries until it comes. */
export async function fetchCores(): Promise<OverlayCores> {
  for (;;) {
    try {
      const module = await persistent(() => import('@ringdrop/shared/node/overlay-cores.ts'))
      return module.OVERLAY_CORES
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
    }
  }
}
