import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import { decodeEnvelope, type SignalEnvelope } from '@ringdrop/shared/wire/envelope.ts'
import { fail, ok, type Result } from '@ringdrop/shared/wire/result.ts'
import type { NearbyChange } from '@ringdrop/shared/wire/nearby.ts'
import type { PeerRegistry } from './peer-registry.ts'
import { SOCKET_LIMITS } from './rate-limits.ts'

/**
 * `congested`: the target reads too slowly and the signal was dropped. `forwarded`: the target is not here, and other
 * servers were told; whether it is there is not known.
 */
export type RelayResult = 'delivered' | 'offline' | 'congested' | 'forwarded'

/** Sends an event to a peer through other servers; `null` where there are none, or while they cannot be reached. */
export type Forward = ((to: PeerId, event: Forwarded) => void) | null
export type Forwarded =
  | { readonly type: 'signal'; readonly envelope: SignalEnvelope }
  | { readonly type: 'nearby'; readonly change: NearbyChange }

/**
 * What a peer hands in for relaying: a well-formed envelope of its own, with no hops yet. The signature is
 * for the receiver to check; the server can neither read a sealed payload nor speak in a peer's name.
 */
export function acceptEnvelope(input: unknown, sender: PeerId): Result<SignalEnvelope, 'badRequest'> {
  const decoded = decodeEnvelope(input)
  if (!decoded.ok) return fail('badRequest')
  const envelope = decoded.value
  if (envelope.from !== sender || envelope.route.length > 0) return fail('badRequest')
  return isTooLong(envelope) ? fail('badRequest') : ok(envelope)
}

/** Bytes of an envelope besides its payload: keys, ids and signature, whose lengths are fixed, and room to spare. */
const FRAME_BYTES = 1_024
/** A character of a text is at most six bytes of JSON: `\\u0000`. */
const BYTES_PER_CHARACTER = 6

/** Writing it as JSON costs as much as all other checks, so that is left to the few long ones. */
function isTooLong(envelope: SignalEnvelope): boolean {
  const atMost = FRAME_BYTES + envelope.payload.length * BYTES_PER_CHARACTER
  if (atMost <= LIMITS.signalBytes) return false
  return Buffer.byteLength(JSON.stringify(envelope)) > LIMITS.signalBytes
}

/** Passes an accepted envelope on to its target, if that is online. */
export function relay(envelope: SignalEnvelope, registry: PeerRegistry, forward: Forward): RelayResult {
  const target = registry.get(envelope.to)
  if (target === undefined) {
    forward?.(envelope.to, { type: 'signal', envelope })
    return forward === null ? 'offline' : 'forwarded'
  }
  if (target.waitingBytes > SOCKET_LIMITS.outboundBytes) return 'congested'
  target.socket.emit('signal', envelope)
  return 'delivered'
}

/** Tells a peer who of its network came or went. One that reads too slowly gets the whole list when it asks next. */
export function pushChange(
  registry: PeerRegistry,
  to: PeerId,
  change: NearbyChange,
  forward: Forward = null,
): void {
  const target = registry.get(to)
  if (target === undefined) forward?.(to, { type: 'nearby', change })
  else if (target.waitingBytes <= SOCKET_LIMITS.outboundBytes) target.socket.emit('nearby', change)
}
