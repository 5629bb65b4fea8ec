import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto'
import { fromHex, toHex, utf8Encode } from '../../src/kernel/bytes.ts'
import { parsePeerId } from '../../src/kernel/ids.ts'
import type { Identity } from '../../sim/nodes/identity.ts'

export { fakeSdp } from '../../sim/nodes/identity.ts'

/** A key pair as a browser makes it, signing synchronously so that tests need no event loop. */
export type TestKey = Identity

export function makeKey(): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const key = `04${Buffer.from(x, 'base64url').toString('hex')}${Buffer.from(y, 'base64url').toString('hex')}`
  const peerId = parsePeerId(createHash('sha256').update(fromHex(key)).digest('hex'))!
  return { peerId, key, sign: (text) => signText(privateKey, text) }
}

function signText(privateKey: KeyObject, text: string): string {
  const key = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }))
  return toHex(new Uint8Array(sign('sha256', utf8Encode(text), { key, dsaEncoding: 'ieee-p1363' })))
}

/** As the browser's adapter does it: false on anything odd, never an error. */
export function verifyText(key: string, text: string, signature: string): boolean {
  try {
    const point = Buffer.from(key, 'hex')
    const jwk = {
      kty: 'EC',
      crv: 'P-256',
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
    }
    const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
    return verify(
      'sha256',
      utf8Encode(text),
      { key: publicKey, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'hex'),
    )
  } catch {
    return false
  }
}
