import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import type { IceServer } from '@ringdrop/shared/wire/signaling.ts'
import type { BulkFlow } from '../high-water.ts'
import type { BulkEvents, BulkFlows } from './bulk-flows.ts'
import type { LanePolicy } from './policy.ts'

/** A bulk channel that frames may go over. */
export interface ChannelFlow extends BulkFlow {
  readonly bulk: RTCDataChannel
}

/** What all links of a tab have in common. */
export interface LaneTab {
  /** `null`: the usual one, `LANE_POLICY`. */
  readonly policy: LanePolicy | null
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
  /** Its own bulk channel. */
  readonly own: ChannelFlow
  readonly isCongested: boolean
  readonly events: BulkEvents
  /** Where blocks go instead, on a far link. */
  flows: BulkFlows | null
  /** Bytes of blocks that came over the link's own connection. */
  readonly receivedBytes: number
  /** A bulk frame came. */
  frame(bytes: Bytes): void
  /** Blocks are lost: the link ends, and whoever needs it makes a new one. */
  destroy(): void
}
