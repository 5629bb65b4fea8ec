import { readFile } from 'node:fs/promises'
import type { Server as HttpsServer } from 'node:https'
import type { Clock } from '@ringdrop/shared/host/ports.ts'
import type { TlsConfig } from '../config.ts'
import { faultOf, fingerprintOf, namesOf, type TlsPair } from './certificate.ts'
import { keptCertificate } from './certificate-file.ts'

/** How often certificate files, the date and this machine's addresses are looked at. Our choice. */
const REFRESH_MS = 60_000

/** A certificate could not be had; the message names the variable and says what to do. */
export class CertificateError extends Error {}

export interface KeeperOptions {
  readonly config: Exclude<TlsConfig, { readonly mode: 'off' }>
  readonly clock: Clock
  /** Milliseconds since the Unix epoch: browsers check dates by their own clock. */
  readonly wallClock: () => number
  /** Names and addresses of this machine now; asked at every look. */
  readonly names: () => readonly string[]
  /** Told when a later look failed; the certificate in use stays. */
  readonly onFault: (error: unknown) => void
}

/**
 * Keeps the certificate right while the server runs: renewed before it ends, made anew when the machine's
 * addresses change, read again when its files were replaced. Connections that are open go on.
 */
export class CertificateKeeper {
  readonly #servers = new Set<HttpsServer>()
  readonly #options: KeeperOptions
  #pair: TlsPair
  #names: readonly string[]
  #cancel: () => void = () => undefined

  private constructor(options: KeeperOptions, pair: TlsPair) {
    this.#options = options
    this.#pair = pair
    this.#names = namesOf(pair.cert)
    this.#arm()
  }

  /** @throws CertificateError */
  static async open(options: KeeperOptions): Promise<CertificateKeeper> {
    return new CertificateKeeper(options, await obtain(options))
  }

  get pair(): TlsPair {
    return this.#pair
  }

  /** Names and addresses that the certificate is for, as they stand in URLs. */
  get names(): readonly string[] {
    return this.#names
  }

  get fingerprint(): string {
    return fingerprintOf(this.#pair.cert)
  }

  /** Gives the server every later certificate. */
  serve(server: HttpsServer): void {
    this.#servers.add(server)
    server.once('close', () => this.#servers.delete(server))
  }

  /** Looks again, now. @returns true when there is another certificate. */
  async refresh(): Promise<boolean> {
    const pair = await obtain(this.#options)
    if (pair.cert === this.#pair.cert && pair.key === this.#pair.key) return false
    this.#pair = pair
    this.#names = namesOf(pair.cert)
    for (const server of this.#servers) server.setSecureContext({ cert: pair.cert, key: pair.key })
    return true
  }

  stop(): void {
    this.#cancel()
    this.#cancel = () => undefined
  }

  #arm(): void {
    const { clock, onFault } = this.#options
    this.#cancel = clock.schedule(clock.now() + REFRESH_MS, () => {
      this.#arm()
      this.refresh().catch(onFault)
    })
  }
}

async function obtain({ config, wallClock, names }: KeeperOptions): Promise<TlsPair> {
  if (config.mode === 'files') return readFiles(config)
  try {
    return await keptCertificate(config.folder, names(), wallClock())
  } catch (error) {
    throw new CertificateError(`DATA_DIR: no certificate can be kept in ${config.folder}: ${String(error)}`)
  }
}

const FAULTS = {
  cert: 'TLS_CERT: the file does not hold a PEM certificate',
  key: 'TLS_KEY: the file does not hold a PEM private key without a password',
  pair: 'TLS_KEY: the private key does not belong to the certificate in TLS_CERT',
} as const

async function readFiles({ cert, key }: { readonly cert: string; readonly key: string }): Promise<TlsPair> {
  const read = (name: string, path: string): Promise<string> =>
    readFile(path, 'utf8').catch((error: unknown) => {
      throw new CertificateError(`${name}: ${path} cannot be read: ${String(error)}`)
    })
  const pair = { cert: await read('TLS_CERT', cert), key: await read('TLS_KEY', key) }
  const fault = faultOf(pair)
  if (fault !== null) throw new CertificateError(FAULTS[fault])
  return pair
}
