import type { ServerConfig } from './config.ts'

/** What the server prints about itself at the start: every setting, secrets hidden. */
export function describeConfig(config: ServerConfig, version: string): string[] {
  const { perAddress, perLoopbackAddress } = config
  const rows: readonly (readonly [string, string])[] = [
    ['PORT', String(config.port)],
    ['HOST', config.host],
    ['PUBLIC_ORIGIN', list(config.publicOrigins)],
    ['ROLES', list(config.roles)],
    ['DIRECTORY_MIB', String(config.directoryBytes / 1024 / 1024)],
    ['TLS', describeTls(config)],
    ['STUN_URLS', list(config.stunUrls)],
    ['TURN_URLS', list(config.turn?.urls ?? [])],
    ['TURN_SECRET', config.turn === null ? '(none)' : '(set)'],
    ['TRUST_PROXY', list(config.trustProxy)],
    ['REDIS_URL', describeRedis(config)],
    ['REDIS_LEASE_SECONDS', config.redis === null ? '(none)' : String(config.redis.leaseMs / 1000)],
    ['LOG_LEVEL', config.logLevel],
    ['CLIENT_DIR', config.clientDir],
    ['MAX_SOCKETS', String(config.maxSockets)],
    ['MAX_SOCKETS_PER_ADDRESS', loopback(perAddress.sockets, perLoopbackAddress.sockets)],
    [
      'MAX_CONNECTS_PER_ADDRESS',
      loopback(perAddress.connectsPerSecond, perLoopbackAddress.connectsPerSecond),
    ],
  ]
  return [`Ringdrop server ${version}`, ...rows.map(([name, value]) => `  ${name.padEnd(24)} ${value}`)]
}

/** One line that says what to do about a failed `listen`. */
export function explainListenError(error: unknown, config: ServerConfig): string {
  const { port, host } = config
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return `PORT: ${String(port)} on ${host} is in use by another program; set PORT=... to another one`
    case 'EACCES':
      return `PORT: this user may not listen on ${String(port)}; set PORT=... to one above 1023`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `HOST: ${JSON.stringify(host)} is not an address of this machine; set HOST=... to one that is`
    default:
      return `cannot listen on ${host}, port ${String(port)}: ${String(error)}`
  }
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}

function describeTls({ tls }: ServerConfig): string {
  if (tls.mode === 'off') return 'off'
  return tls.mode === 'files' ? `files ${tls.cert}, ${tls.key}` : `self-signed, kept in ${tls.folder}`
}

/** Without user name and password. */
function describeRedis({ redis }: ServerConfig): string {
  if (redis === null) return 'off'
  const { protocol, host, pathname } = new URL(redis.url)
  return `${protocol}//${host}${pathname}`
}

function list(items: readonly string[]): string {
  return items.length === 0 ? '(none)' : items.join(', ')
}

function loopback(limit: number, onLoopback: number): string {
  return limit === onLoopback ? String(limit) : `${String(limit)}, on loopback ${String(onLoopback)}`
}
