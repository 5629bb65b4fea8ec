import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import type { IceServer } from '@ringdrop/shared/wire/signaling.ts'
import type { BulkFlows } from './bulk-flows.ts'
import type { LanePolicy } from './demand.ts'

/** What all links of a tab have in common. */
export interface LaneTab {
  readonly policy: LanePolicy
  readonly iceServers: readonly IceServer[]
  /** No peer learns this one's addresses. */
  readonly isRelayOnly: boolean
  /** Lanes that are there now, made and taken. */
  laneCount: number
  constructedCount: number
}

/** What lanes need of the link whose they are. */
export interface LaneLink {
  readonly tab: LaneTab
  readonly pc: RTCPeerConnection
  /** Where its blocks go. */
  readonly bulk: BulkFlows
  /** Bytes of blocks that came over the link's own connection. */
  readonly receivedBytes: number
  /** A bulk frame came. */
  frame(bytes: Bytes): void
  /** Blocks are lost: the link ends, and whoever needs it makes a new one. */
  destroy(): void
}

/** Lanes go over no TURN server: what those carry is counted, and there are no lanes where the link needs one. */
export function laneConfiguration({ iceServers }: LaneTab): RTCConfiguration {
  const direct = iceServers.map(({ urls }) => ({ urls: urls.filter((url) => url.startsWith('stun')) }))
  return { iceServers: direct.filter(({ urls }) => urls.length > 0) }
}
