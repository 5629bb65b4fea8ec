import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'

/** The beginning of a peer's id, by which people tell peers apart: long enough for a few hundred, and no proof of anything. */
export const markOf = (peer: PeerId): string => peer.slice(0, 6)
