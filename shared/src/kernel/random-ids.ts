import { toHex } from './bytes.ts'
import { parseNonce, parseSessionId, type Nonce, type SessionId } from './ids.ts'
import { defined } from './invariant.ts'
import type { Rng } from './rng.ts'

/** 128 random bits. */
export function randomNonce(rng: Rng): Nonce {
  return defined(parseNonce(toHex(rng.bytes(16))), 'nonce')
}

/** 128 random bits. */
export function randomSessionId(rng: Rng): SessionId {
  return defined(parseSessionId(toHex(rng.bytes(16))), 'session id')
}
