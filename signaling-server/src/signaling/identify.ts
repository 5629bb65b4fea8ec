import { createHash, randomBytes, webcrypto } from 'node:crypto'
import { fromHex, utf8Encode } from '@ringdrop/shared/kernel/bytes.ts'
import { parseNonce, parsePeerId, type Nonce, type PeerId } from '@ringdrop/shared/kernel/ids.ts'
import { defined } from '@ringdrop/shared/kernel/invariant.ts'
import { fail, ok, type Result } from '@ringdrop/shared/wire/result.ts'
import { challengeText, type IdentifyRequest } from '@ringdrop/shared/wire/signaling.ts'

/** A fresh challenge: 128 random bits. */
export function createNonce(): Nonce {
  return defined(parseNonce(randomBytes(16).toString('hex')), 'nonce')
}

/** SHA-256 of a public key in hex. */
export function peerIdOf(keyHex: string): PeerId {
  return defined(parsePeerId(createHash('sha256').update(fromHex(keyHex)).digest('hex')), 'peer id')
}

/**
 * Checks that the holder of the key signed this server's challenge.
 * @param request already checked by its schema
 * @param host the `Host` header of this socket's handshake
 */
export async function verifyIdentity(
  request: IdentifyRequest,
  nonce: Nonce,
  host: string,
): Promise<Result<PeerId, 'badHost' | 'badSignature'>> {
  if (request.host !== host) return fail('badHost')
  const signed = await isSigned(request, challengeText(host, nonce))
  return signed ? ok(peerIdOf(request.key)) : fail('badSignature')
}

/** ECDSA P-256 with SHA-256; the key is an uncompressed point, the signature r and s end to end. */
async function isSigned(request: IdentifyRequest, text: string): Promise<boolean> {
  const { subtle } = webcrypto
  try {
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
    const key = await subtle.importKey('raw', fromHex(request.key), algorithm, false, ['verify'])
    const signature = fromHex(request.signature)
    return await subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, signature, utf8Encode(text))
  } catch {
    // The key is not a point of the curve.
    return false
  }
}
