import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import { SERVER_ROLES, type ServerRole } from '@ringdrop/shared/wire/signaling.ts'
import type { DirectoryRole } from './directory.ts'
import type { NearbyRole } from './nearby.ts'
import type { TrackerRole } from './tracker.ts'

/** The roles that this server runs; `null` for one that is off. */
export interface Roles {
  readonly tracker: TrackerRole | null
  readonly directory: DirectoryRole | null
  readonly nearby: NearbyRole | null
}

/** What `identify` tells the peer. */
export function rolesOn(roles: Roles): ServerRole[] {
  return SERVER_ROLES.filter((role) => roles[role] !== null)
}

/** The peer's socket is gone. */
export function peerGone(roles: Roles, peer: PeerId): void {
  for (const role of SERVER_ROLES) roles[role]?.peerGone(peer)
}

export function stopRoles(roles: Roles): void {
  for (const role of SERVER_ROLES) roles[role]?.stop()
}
