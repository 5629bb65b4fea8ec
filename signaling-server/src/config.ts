import { isIP } from 'node:net'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { DIRECTORY_BYTES } from '@ringdrop/shared/protocols/directory/constants.ts'
import { SERVER_ROLES, type ServerRole } from '@ringdrop/shared/wire/signaling.ts'
import { EnvironmentReader, type Environment } from './environment.ts'

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** How much one address may open. */
export interface AddressLimits {
  readonly sockets: number
  readonly connectsPerSecond: number
}

/** Where the certificate comes from. */
export type TlsConfig =
  | { readonly mode: 'off' }
  /** Made by the server itself and kept in this folder. */
  | { readonly mode: 'self-signed'; readonly folder: string }
  /** PEM files of the operator. */
  | { readonly mode: 'files'; readonly cert: string; readonly key: string }

/** The Redis that several server processes share. */
export interface RedisConfig {
  /** `redis:` or `rediss:`, with a password if there is one: never printed as it is. */
  readonly url: string
  /** How long what a peer registered outlives a server that is gone, in milliseconds. */
  readonly leaseMs: number
}

const TLS_MODES = ['off', 'self-signed', 'files'] as const

export interface ServerConfig {
  /** TCP port; 0 lets the system choose. */
  readonly port: number
  /** Address to listen on. `localhost` means both 127.0.0.1 and ::1. */
  readonly host: string
  /** Origins allowed besides the server's own, for example `https://drop.example.org`. */
  readonly publicOrigins: readonly string[]
  readonly roles: readonly ServerRole[]
  /** Memory that the directory may take, in bytes. */
  readonly directoryBytes: number
  readonly stunUrls: readonly string[]
  readonly tls: TlsConfig
  readonly turn: { readonly urls: readonly string[]; readonly secret: string } | null
  /** Addresses or networks of reverse proxies whose `X-Forwarded-For` is believed. */
  readonly trustProxy: readonly string[]
  readonly logLevel: LogLevel
  /** `null`: this process is alone and keeps everything in memory. */
  readonly redis: RedisConfig | null
  /** Absolute path of the built client. */
  readonly clientDir: string
  readonly maxSockets: number
  readonly perAddress: AddressLimits
  /** For 127.0.0.0/8 and ::1, where tests and demos open many tabs. */
  readonly perLoopbackAddress: AddressLimits
}

export type ConfigResult =
  | { readonly ok: true; readonly config: ServerConfig }
  /** One line each, naming the variable, what was found and what is allowed. */
  | { readonly ok: false; readonly errors: readonly string[] }

/** 64 sockets and 10 connects a second of an address, 10,000 sockets in all: our choice, as for loopback. */
const DEFAULTS = { sockets: 64, connectsPerSecond: 10, maxSockets: 10_000, loopback: 10_000 } as const

const MIB = 1024 * 1024

/** Seconds: short enough that nobody waits for a server that is gone, long enough to survive a pause. Our choice. */
const LEASE_SECONDS = 30

/** Socket.IO's identify response carries at most so many URLs of one kind (`wire/signaling.ts`). */
const MAX_ICE_URLS = 8

/**
 * Reads the configuration from the environment; README.md documents every variable.
 * @param packageRoot folder that a relative CLIENT_DIR's default is taken from
 */
export function readConfig(env: Environment, packageRoot: string): ConfigResult {
  const read = new EnvironmentReader(env)
  const sockets = read.integer('MAX_SOCKETS_PER_ADDRESS', 1, 1_000_000)
  const connects = read.integer('MAX_CONNECTS_PER_ADDRESS', 1, 1_000_000)
  const config: ServerConfig = {
    port: read.integer('PORT', 0, 65_535) ?? 8080,
    host: read.text('HOST') ?? 'localhost',
    publicOrigins: read.list('PUBLIC_ORIGIN', parseOrigin, 'origins such as https://drop.example.org'),
    roles: readRoles(read),
    directoryBytes: (read.integer('DIRECTORY_MIB', 1, 1_000_000) ?? DIRECTORY_BYTES / MIB) * MIB,
    stunUrls: readIceUrls(read, 'STUN_URLS', /^stuns?:[^\s,]+$/, 'stun:host:port'),
    tls: readTls(read),
    turn: readTurn(read),
    trustProxy: read.list('TRUST_PROXY', parseNetwork, 'IP addresses or networks such as 10.0.0.0/8'),
    redis: readRedis(read),
    logLevel: read.choice('LOG_LEVEL', LOG_LEVELS) ?? 'info',
    clientDir: resolve(packageRoot, read.text('CLIENT_DIR') ?? '../client/dist'),
    maxSockets: read.integer('MAX_SOCKETS', 1, 1_000_000) ?? DEFAULTS.maxSockets,
    perAddress: {
      sockets: sockets ?? DEFAULTS.sockets,
      connectsPerSecond: connects ?? DEFAULTS.connectsPerSecond,
    },
    perLoopbackAddress: {
      sockets: sockets ?? DEFAULTS.loopback,
      connectsPerSecond: connects ?? DEFAULTS.loopback,
    },
  }
  return read.errors.length === 0 ? { ok: true, config } : { ok: false, errors: read.errors }
}

function readRoles(read: EnvironmentReader): ServerRole[] {
  if (!read.isSet('ROLES')) return [...SERVER_ROLES]
  return read.list(
    'ROLES',
    (text): ServerRole | null => SERVER_ROLES.find((role) => role === text) ?? null,
    'directory, tracker and nearby, or nothing for no role',
  )
}

function readIceUrls(read: EnvironmentReader, name: string, pattern: RegExp, example: string): string[] {
  const parse = (text: string): string | null => (pattern.test(text) && text.length <= 512 ? text : null)
  const urls = read.list(name, parse, `URLs such as ${example}`)
  if (urls.length > MAX_ICE_URLS)
    read.fail(name, String(urls.length) + ' URLs', `at most ${String(MAX_ICE_URLS)}`)
  return urls
}

function readTurn(read: EnvironmentReader): ServerConfig['turn'] {
  const urls = readIceUrls(read, 'TURN_URLS', /^turns?:[^\s,]+$/, 'turn:host:port?transport=udp')
  const secret = read.text('TURN_SECRET')
  if (urls.length > 0 && secret === undefined) {
    read.fail('TURN_SECRET', 'nothing', "the TURN server's static-auth-secret, since TURN_URLS is set")
  }
  if (urls.length === 0 && secret !== undefined && !read.isSet('TURN_URLS')) {
    read.fail('TURN_URLS', 'nothing', 'URLs of the TURN server, since TURN_SECRET is set')
  }
  return urls.length > 0 && secret !== undefined ? { urls, secret } : null
}

function readRedis(read: EnvironmentReader): RedisConfig | null {
  const url = read.text('REDIS_URL') ?? 'off'
  const seconds = read.integer('REDIS_LEASE_SECONDS', 1, 600) ?? LEASE_SECONDS
  if (url === 'off') return null
  // The value may hold a password, so it is not repeated.
  if (!URL.canParse(url) || !/^rediss?:$/.test(new URL(url).protocol) || new URL(url).hostname === '')
    read.fail('REDIS_URL', 'a value', 'off, or a URL such as redis://:password@host:6379/0')
  return { url, leaseMs: seconds * 1000 }
}

function readTls(read: EnvironmentReader): TlsConfig {
  const mode = read.choice('TLS', TLS_MODES) ?? 'off'
  const [cert, key] = [read.text('TLS_CERT'), read.text('TLS_KEY')]
  if (mode !== 'files') {
    // Whoever names files and forgets the mode would be served without them.
    if (cert !== undefined || key !== undefined)
      read.fail('TLS', `"${mode}"`, 'files, since TLS_CERT or TLS_KEY is set')
    return mode === 'off' ? { mode } : { mode, folder: join(dataFolder(read), 'tls') }
  }
  if (cert === undefined)
    read.fail('TLS_CERT', 'nothing', 'the path of a PEM certificate, since TLS is files')
  if (key === undefined)
    read.fail('TLS_KEY', 'nothing', 'the path of its PEM private key, since TLS is files')
  return { mode, cert: resolve(cert ?? ''), key: resolve(key ?? '') }
}

/** Where this user's programs keep their data, outside of the sources (XDG Base Directory Specification). */
function dataFolder(read: EnvironmentReader): string {
  const own = read.text('DATA_DIR')
  if (own !== undefined) return resolve(own)
  const base = read.text('XDG_DATA_HOME') ?? read.text('LOCALAPPDATA') ?? join(homedir(), '.local', 'share')
  return join(base, 'ringdrop')
}

function parseOrigin(text: string): string | null {
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null
  const bare = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === ''
  return bare && url.password === '' ? url.origin : null
}

function parseNetwork(text: string): string | null {
  const [address = '', prefix, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return null
  if (prefix === undefined) return text
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128) ? text : null
}
