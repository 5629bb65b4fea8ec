import { createHmac } from 'node:crypto'
import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { IceServer } from '@ringdrop/shared/wire/signaling.ts'
import type { ServerConfig } from '../config.ts'

/** Life of TURN credentials, our choice. */
export const TURN_TTL_SECONDS = 3600
/** Fresh ones are sent when half of it has passed, so that no call begins with credentials that end in a moment. */
export const TURN_RENEWAL_MS = (TURN_TTL_SECONDS / 2) * 1000
/** Hex digits of the peer id in a TURN user name: enough to tell peers apart in coturn's log. Our choice. */
const PEER_PREFIX = 16

/**
 * The ICE servers that a peer is told. TURN credentials follow coturn's `use-auth-secret` scheme
 * (draft-uberti-behave-turn-rest): the user name is `expiry:name`, the password its HMAC-SHA1 in base64.
 * @param now milliseconds since the Unix epoch
 */
export function iceServersFor(
  config: Pick<ServerConfig, 'stunUrls' | 'turn'>,
  peer: PeerId,
  now: number,
): IceServer[] {
  const servers: IceServer[] = []
  if (config.stunUrls.length > 0) servers.push({ urls: config.stunUrls })
  if (config.turn !== null) {
    const username = `${String(Math.floor(now / 1000) + TURN_TTL_SECONDS)}:${peer.slice(0, PEER_PREFIX)}`
    const credential = createHmac('sha1', config.turn.secret).update(username).digest('base64')
    servers.push({ urls: config.turn.urls, username, credential })
  }
  return servers
}
