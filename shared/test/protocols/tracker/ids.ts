import type { InfoHash, PeerId } from '../../../src/kernel/ids.ts'

/** A made-up peer id whose last digits are `n`. */
export const peer = (n: number): PeerId => n.toString(16).padStart(64, '0') as PeerId
/** A made-up infohash whose last digits are `n`. */
export const hash = (n: number): InfoHash => `f${n.toString(16).padStart(63, '0')}` as InfoHash
