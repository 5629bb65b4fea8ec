import { chmod, mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import * as v from 'valibot'
import { toHex } from '@ringdrop/shared/kernel/bytes.ts'
import { CURVE, identityFrom, verifySignature, type Identity } from '../identity.ts'
import { writeAtomic } from './atomic-file.ts'

/** For its owner alone. */
const MODE = 0o600

const coordinate = v.pipe(v.string(), v.regex(/^[\w-]{43}$/))
const jwkSchema = v.object({
  kty: v.literal('EC'),
  crv: v.literal('P-256'),
  x: coordinate,
  y: coordinate,
  d: coordinate,
})
type Jwk = v.InferOutput<typeof jwkSchema>

/** The key pair in a file that only its owner may read; made on first use, or when what is there is no key. */
export async function loadKeyFile(path: string): Promise<Identity> {
  return (await readKey(path)) ?? (await makeKey(path))
}

/** A key pair that nothing keeps. */
export async function makeIdentity(): Promise<Identity> {
  return identityOf(await generate())
}

async function readKey(path: string): Promise<Identity | null> {
  try {
    const jwk = v.safeParse(jwkSchema, JSON.parse(await readFile(path, 'utf8')))
    if (!jwk.success) return null
    // A copy or a backup may have opened it to others.
    await chmod(path, MODE)
    const identity = await identityOf(jwk.output)
    const isPair = await verifySignature(identity.publicKey, 'pair', await identity.sign('pair'))
    return isPair ? identity : null
  } catch {
    return null
  }
}

async function makeKey(path: string): Promise<Identity> {
  const jwk = await generate()
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeAtomic(path, JSON.stringify(jwk), MODE)
  return identityOf(jwk)
}

async function generate(): Promise<Jwk> {
  const pair = await crypto.subtle.generateKey(CURVE, true, ['sign', 'verify'])
  return v.parse(jwkSchema, await crypto.subtle.exportKey('jwk', pair.privateKey))
}

async function identityOf({ kty, crv, x, y, d }: Jwk): Promise<Identity> {
  const privateKey = await crypto.subtle.importKey('jwk', { kty, crv, x, y, d }, CURVE, false, ['sign'])
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
  return identityFrom({ privateKey, publicKey: toHex(new Uint8Array(point)) })
}
