import { randomUUID } from 'node:crypto'
import { chmod, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { faultOf, isFit, makeSelfSigned, namesWithFormer, type TlsPair } from './certificate.ts'

/** Certificate and key in one file, so that they are replaced together. */
const FILE = 'self-signed.pem'
const CERT = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n/
const KEY = /-----BEGIN PRIVATE KEY-----[\s\S]+?-----END PRIVATE KEY-----\n/

/**
 * The self-signed certificate of this machine: the one that was kept, or a new one when there is none, when it
 * ends soon or when the machine has got a name that it needs and does not hold. A new one is for the names of the old
 * one too.
 * @param folder made when missing, for its owner alone
 */
export async function keptCertificate(
  folder: string,
  names: readonly string[],
  now: number,
): Promise<TlsPair> {
  const path = join(folder, FILE)
  const kept = await readPair(path)
  if (kept !== null && isFit(kept.cert, names, now)) return kept
  const made = await makeSelfSigned(kept === null ? names : namesWithFormer(names, kept.cert), now)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomUUID()}`
  await writeFile(draft, made.cert + made.key, { mode: 0o600, flag: 'wx' })
  await rename(draft, path)
  return made
}

/** `null` when there is none, or none that can be used. */
async function readPair(path: string): Promise<TlsPair | null> {
  const text = await readFile(path, 'utf8').catch(() => null)
  const cert = CERT.exec(text ?? '')?.[0]
  const key = KEY.exec(text ?? '')?.[0]
  if (cert === undefined || key === undefined || faultOf({ cert, key }) !== null) return null
  // A backup or a copy may have opened it to others.
  if (((await stat(path)).mode & 0o077) !== 0) await chmod(path, 0o600)
  return { cert, key }
}
