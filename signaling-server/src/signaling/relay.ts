import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import { decodeEnvelope, type SignalEnvelope } from '@ringdrop/shared/wire/envelope.ts'
import { fail, ok, type Result } from '@ringdrop/shared/wire/result.ts'
import type { NearbyChange } from '@ringdrop/shared/wire/nearby.ts'
import type { PeerRegistry } from './peer-registry.ts'
import { SOCKET_LIMITS } from './rate-limits.ts'

/** `congested`: the target reads too slowly and the signal was dropped. */
export type RelayResult = 'delivered' | 'offline' | 'congested'

/**
 * What a peer hands in for relaying: a well-formed envelope of its own, with no hops yet. The signature is
 * for the receiver to check; the server can neither read a sealed payload nor speak in a peer's name.
 */
export function acceptEnvelope(input: unknown, sender: PeerId): Result<SignalEnvelope, 'badRequest'> {
  const decoded = decodeEnvelope(input)
  if (!decoded.ok) return fail('badRequest')
  const envelope = decoded.value
  if (envelope.from !== sender || envelope.route.length > 0) return fail('badRequest')
  if (Buffer.byteLength(JSON.stringify(envelope)) > LIMITS.signalBytes) return fail('badRequest')
  return ok(envelope)
}

/** Passes an accepted envelope on to its target, if that is online. */
export function relay(envelope: SignalEnvelope, registry: PeerRegistry): RelayResult {
  const target = registry.get(envelope.to)
  if (target === undefined) return 'offline'
  if (target.waitingBytes > SOCKET_LIMITS.outboundBytes) return 'congested'
  target.socket.emit('signal', envelope)
  return 'delivered'
}

/** Tells a peer who of its network came or went. One that reads too slowly gets the whole list when it asks next. */
export function pushChange(registry: PeerRegistry, to: PeerId, change: NearbyChange): void {
  const target = registry.get(to)
  if (target !== undefined && target.waitingBytes <= SOCKET_LIMITS.outboundBytes)
    target.socket.emit('nearby', change)
}
