import 'reflect-metadata'
import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { urlHost } from './host-names.ts'

/** A certificate (with its chain) and its private key, both PEM. */
export interface TlsPair {
  readonly cert: string
  readonly key: string
}

const DAY_MS = 86_400_000
/** Apple's platforms refuse certificates that are valid for more than 398 days; ours stays well below. */
const VALID_MS = 365 * DAY_MS
/** Clocks of phones may lag behind. Our choice. */
const BACKDATED_MS = DAY_MS
/** A certificate that ends sooner than this is replaced. Our choice. */
export const RENEW_BEFORE_MS = 30 * DAY_MS
/** Names that a certificate holds at most with those of the one before. Our choice. */
const MAX_NAMES = 16
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'

/**
 * Makes a certificate that this machine signs for itself. Browsers warn about it once; after that the page is
 * a secure context, with all that goes with it.
 * @param names DNS names and addresses that it is for
 * @param now milliseconds since the Unix epoch
 */
export async function makeSelfSigned(names: readonly string[], now: number): Promise<TlsPair> {
  // Only those who ask for a certificate wait for the library.
  const x509 = await import('@peculiar/x509')
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const alternatives = names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }) as const)
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=Ringdrop on the local network',
      notBefore: new Date(now - BACKDATED_MS),
      notAfter: new Date(now + VALID_MS),
      keys,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([SERVER_AUTH]),
        new x509.SubjectAlternativeNameExtension(alternatives),
      ],
    },
    webcrypto,
  )
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  return {
    cert: `${certificate.toString('pem').trim()}\n`,
    key: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
  }
}

/** What is wrong with a pair, or `null`: `cert` and `key` do not parse, `pair` do not belong together. */
export function faultOf({ cert, key }: TlsPair): 'cert' | 'key' | 'pair' | null {
  const certificate = parse(() => new X509Certificate(cert))
  const privateKey = parse(() => createPrivateKey(key))
  if (certificate === null) return 'cert'
  if (privateKey === null) return 'key'
  return certificate.checkPrivateKey(privateKey) ? null : 'pair'
}

/** Names and addresses that a certificate is for, as they stand in URLs; wildcards are left out. */
export function namesOf(cert: string): string[] {
  const { subjectAltName } = new X509Certificate(cert)
  const names = (subjectAltName ?? '').split(', ').flatMap((entry) => {
    const [, kind, value = ''] = /^(DNS|IP Address):([^*"]+)$/.exec(entry) ?? []
    return kind === undefined ? [] : [urlHost(value)]
  })
  return [...new Set(names)]
}

/**
 * The names for a new certificate: those of now, then those of the last one. A laptop that goes between two networks
 * needs no third certificate then, of which browsers would warn again.
 */
export function namesWithFormer(names: readonly string[], formerCert: string): string[] {
  const known = new Set(names.map(urlHost))
  const former = namesOf(formerCert).filter((name) => !known.has(name))
  const all = [...names, ...former.map((name) => name.replace(/^\[|\]$/g, ''))]
  return all.slice(0, Math.max(names.length, MAX_NAMES))
}

/**
 * Whether a certificate will do for these names for some time to come. IPv6 addresses change by the day (RFC 8981):
 * only a machine that has no others is reached by them.
 */
export function isFit(cert: string, names: readonly string[], now: number): boolean {
  const { validFrom, validTo } = new X509Certificate(cert)
  const isTimely = Date.parse(validFrom) <= now && Date.parse(validTo) > now + RENEW_BEFORE_MS
  const known = new Set(namesOf(cert))
  const hasIpv4 = names.some((name) => isIP(name) === 4 && !name.startsWith('127.'))
  const needed = hasIpv4 ? names.filter((name) => isIP(name) !== 6) : names
  return isTimely && needed.every((name) => known.has(urlHost(name)))
}

/** The fingerprint that browsers show in their certificate viewers, so that people can compare. */
export function fingerprintOf(cert: string): string {
  return new X509Certificate(cert).fingerprint256
}

function parse<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}
