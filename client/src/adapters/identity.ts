import { fromHex, toHex, utf8Encode, type Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import { parsePeerId, type PeerId } from '@ringdrop/shared/kernel/ids.ts'
import { defined } from '@ringdrop/shared/kernel/invariant.ts'
import { sha256 } from '@ringdrop/shared/content/sha256.ts'
import type { StateStore } from './state-store.ts'

export const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const

/** This profile's key pair. The private key can't be exported; losing it costs nothing but the name. */
export interface Identity {
  readonly peerId: PeerId
  /** Uncompressed P-256 point in hex. */
  readonly publicKey: string
  sign(text: string): Promise<string>
}

/** What is kept. */
export interface StoredIdentity {
  readonly privateKey: CryptoKey
  readonly publicKey: string
}

/** Loads the key pair, or makes one on first use (or when what was stored is not usable any more). */
export async function loadIdentity(store: StateStore): Promise<Identity> {
  const stored = await store.identity()
  if (stored !== null) return identityFrom(stored)
  const pair = await crypto.subtle.generateKey(CURVE, false, ['sign', 'verify'])
  const raw = await crypto.subtle.exportKey('raw', pair.publicKey)
  const fresh = { privateKey: pair.privateKey, publicKey: toHex(new Uint8Array(raw)) }
  await store.saveIdentity(fresh)
  return identityFrom(fresh)
}

/** An identity that signs with the key. */
export function identityFrom({ privateKey, publicKey }: StoredIdentity): Identity {
  return {
    peerId: defined(parsePeerId(toHex(sha256(fromHex(publicKey)))), 'peer id'),
    publicKey,
    async sign(text) {
      return toHex(new Uint8Array(await crypto.subtle.sign(SIGNATURE, privateKey, utf8Encode(text))))
    },
  }
}

/** Whether a signature (r and s, hex) over a text is by a public key (raw point, hex). Never throws. */
export async function verifySignature(key: string, text: string, signature: string): Promise<boolean> {
  try {
    const publicKey = await importKey(fromHex(key))
    return await crypto.subtle.verify(SIGNATURE, publicKey, fromHex(signature), utf8Encode(text))
  } catch {
    // Not a point on the curve.
    return false
  }
}

function importKey(raw: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', raw, CURVE, false, ['verify'])
}
