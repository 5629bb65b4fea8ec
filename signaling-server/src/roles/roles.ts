import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { NearbyRequest, NearbyResponse } from '@ringdrop/shared/wire/nearby.ts'
import {
  SERVER_ROLES,
  type AnnounceRequest,
  type AnnounceResponse,
  type DirectorySearchRequest,
  type DirectorySearchResponse,
  type DirectoryUpdateRequest,
  type DirectoryUpdateResponse,
  type Refusal,
  type ScrapeRequest,
  type ScrapeResponse,
  type ServerRole,
} from '@ringdrop/shared/wire/signaling.ts'

/** Takes the answer to a request; called exactly once, now or later. */
export type Reply<Response> = (response: Response | Refusal) => void

/** What every role does besides its requests. */
interface Role {
  /** The peer's socket is gone, and with it all that it registered. */
  peerGone(peer: PeerId): void
  stop(): void
}

/** The tracker, in this process's memory or shared. Requests are checked by their schemas. */
export interface Tracker extends Role {
  /** What this process's own peers registered. */
  readonly sizes: { readonly swarms: number; readonly entries: number }
  /** @param address what fair shares are counted by; `null` counts nothing */
  announce(
    from: PeerId,
    address: string | null,
    request: AnnounceRequest,
    reply: Reply<AnnounceResponse>,
  ): void
  scrape(from: PeerId, request: ScrapeRequest, reply: Reply<ScrapeResponse>): void
}

/** The directory, in this process's memory or shared. Requests are checked by their schemas. */
export interface Directory extends Role {
  /** What this process's own peers registered. */
  readonly sizes: { readonly files: number; readonly peers: number }
  /** @param address what fair shares are counted by; `null` counts nothing */
  update(
    from: PeerId,
    address: string | null,
    request: DirectoryUpdateRequest,
    reply: Reply<DirectoryUpdateResponse>,
  ): void
  search(from: PeerId, request: DirectorySearchRequest, reply: Reply<DirectorySearchResponse>): void
}

/** Shows peers of one network to each other, in this process's memory or shared. */
export interface Nearby extends Role {
  /** What this process's own peers registered. */
  readonly sizes: { readonly peers: number; readonly networks: number }
  /** @param network the one that the peer's socket comes from */
  announce(from: PeerId, network: string, request: NearbyRequest, reply: Reply<NearbyResponse>): void
}

/** The roles that this server runs; `null` for one that is off. */
export interface Roles {
  readonly tracker: Tracker | null
  readonly directory: Directory | null
  readonly nearby: Nearby | null
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
