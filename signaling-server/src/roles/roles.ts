import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { ServerRole } from '@ringdrop/shared/wire/signaling.ts'
import type { DirectoryRole } from './directory.ts'
import type { TrackerRole } from './tracker.ts'

/** The roles that this server runs; `null` for one that is off. */
export interface Roles {
  readonly tracker: TrackerRole | null
  readonly directory: DirectoryRole | null
}

/** What `identify` tells the peer. */
export function rolesOn({ tracker, directory }: Roles): ServerRole[] {
  return [
    ...(tracker === null ? [] : ['tracker' as const]),
    ...(directory === null ? [] : ['directory' as const]),
  ]
}

/** The peer's socket is gone. */
export function peerGone({ tracker, directory }: Roles, peer: PeerId): void {
  tracker?.peerGone(peer)
  directory?.peerGone(peer)
}

export function stopRoles({ tracker, directory }: Roles): void {
  tracker?.stop()
  directory?.stop()
}
