import { parsePeerId, type PeerId } from '../../../src/kernel/ids.ts'
import { defined } from '../../../src/kernel/invariant.ts'

/** A peer whose place is so many 256ths of the way round. */
export const at = (place: number): PeerId =>
  defined(parsePeerId(place.toString(16).padStart(2, '0').padEnd(64, '0')), 'peer')
