import { byteTargets } from './byte-targets.ts'
import type { FuzzTarget } from './fuzz.ts'
import { textTargets } from './text-targets.ts'
import { recordTraffic } from './traffic.ts'
import { valueTargets } from './value-targets.ts'

/** Every decoder of the shared package. Takes a moment: a small network talks first. */
export function sharedTargets(): FuzzTarget[] {
  const traffic = recordTraffic()
  return [...byteTargets(traffic), ...textTargets(traffic), ...valueTargets(traffic)]
}
