import * as v from 'valibot'
import type { PeerId } from '../kernel/ids.ts'
import { LIMITS } from '../kernel/limits.ts'
import { isDisplayName } from './display-name.ts'
import { peerIdSchema } from './schemas.ts'

/** Messages between a peer and the server's `nearby` role: who else of the same network wants to be seen. */

export const DEVICE_KINDS = ['phone', 'tablet', 'computer', 'other'] as const
export type DeviceKind = (typeof DEVICE_KINDS)[number]

/** What a peer says of itself to others of its network. */
export interface NearbyCard {
  /** 1 to 32 characters, as `cleanDisplayName` leaves them. */
  readonly name: string
  readonly kind: DeviceKind
}
export interface NearbyPeer extends NearbyCard {
  readonly peer: PeerId
}

/** Be seen under this card, or no longer. Said again, it changes the card and brings the whole list. */
export interface NearbyRequest {
  readonly card: NearbyCard | null
}
export interface NearbyResponse {
  readonly ok: true
  /** Everybody else that wants to be seen; nobody for whoever does not. */
  readonly peers: readonly NearbyPeer[]
}
/** What has changed since the last list or change. Who was there already and is named again has a new card. */
export interface NearbyChange {
  readonly joined: readonly NearbyPeer[]
  readonly left: readonly PeerId[]
}

const card = {
  name: v.pipe(v.string(), v.maxLength(LIMITS.displayNameLength * 2), v.check(isDisplayName)),
  kind: v.picklist(DEVICE_KINDS),
}
const nearbyPeers = v.pipe(
  v.array(v.strictObject({ peer: peerIdSchema, ...card })),
  v.maxLength(LIMITS.nearbyPeers),
)
export const nearbyCardSchema = v.strictObject(card)
export const nearbyRequestSchema = v.strictObject({ card: v.nullable(nearbyCardSchema) })
export const nearbyResponseSchema = v.strictObject({ ok: v.literal(true), peers: nearbyPeers })
export const nearbyChangeSchema = v.strictObject({
  joined: nearbyPeers,
  left: v.pipe(v.array(peerIdSchema), v.maxLength(LIMITS.nearbyPeers)),
})
