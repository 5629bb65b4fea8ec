import { describe, expect, it } from 'vitest'
import { readConfig } from '../src/config.ts'
import { describeConfig, explainListenError } from '../src/messages.ts'
import { findPackage } from '../src/package-info.ts'
import { testConfig } from './helpers.ts'

function read(env: Record<string, string>) {
  return readConfig(env, '/srv/ringdrop/signaling-server')
}

describe('readConfig', () => {
  it('has a safe default for everything', () => {
    expect(read({})).toEqual({
      ok: true,
      config: {
        port: 8080,
        host: 'localhost',
        publicOrigins: [],
        roles: ['tracker', 'directory', 'nearby'],
        tls: { mode: 'off' },
        stunUrls: [],
        turn: null,
        trustProxy: [],
        logLevel: 'info',
        clientDir: '/srv/ringdrop/client/dist',
        directoryBytes: 512 * 1024 * 1024,
        maxSockets: 10_000,
        redis: null,
        perAddress: { sockets: 64, connectsPerSecond: 10 },
        perLoopbackAddress: { sockets: 10_000, connectsPerSecond: 10_000 },
      },
    })
  })

  it.each([
    [{ PORT: '0' }, { port: 0 }],
    [{ PORT: ' 9000 ' }, { port: 9000 }],
    [{ PORT: '' }, { port: 8080 }],
    [{ HOST: '0.0.0.0' }, { host: '0.0.0.0' }],
    [
      { PUBLIC_ORIGIN: 'https://A.example:443/, http://b:81' },
      { publicOrigins: ['https://a.example', 'http://b:81'] },
    ],
    [{ ROLES: '' }, { roles: [] }],
    [{ ROLES: 'tracker,directory' }, { roles: ['tracker', 'directory'] }],
    [{ ROLES: 'tracker, tracker' }, { roles: ['tracker'] }],
    [{ STUN_URLS: 'stun:a:3478,stuns:b' }, { stunUrls: ['stun:a:3478', 'stuns:b'] }],
    [{ DIRECTORY_MIB: '64' }, { directoryBytes: 64 * 1024 * 1024 }],
    [{ TURN_URLS: 'turn:a', TURN_SECRET: 's' }, { turn: { urls: ['turn:a'], secret: 's' } }],
    [{ TRUST_PROXY: '10.0.0.0/8, ::1' }, { trustProxy: ['10.0.0.0/8', '::1'] }],
    [{ LOG_LEVEL: 'debug' }, { logLevel: 'debug' }],
    [{ CLIENT_DIR: '/www' }, { clientDir: '/www' }],
    [{ MAX_SOCKETS: '7' }, { maxSockets: 7 }],
    [{ MAX_SOCKETS_PER_ADDRESS: '5' }, { perLoopbackAddress: { sockets: 5, connectsPerSecond: 10_000 } }],
    [{ MAX_CONNECTS_PER_ADDRESS: '3' }, { perAddress: { sockets: 64, connectsPerSecond: 3 } }],
    [
      { TLS: 'off', REDIS_URL: '' },
      { tls: { mode: 'off' }, redis: null },
    ],
    [{ REDIS_URL: 'off' }, { redis: null }],
    [{ REDIS_URL: 'redis://u:p@h:1/2' }, { redis: { url: 'redis://u:p@h:1/2', leaseMs: 30_000 } }],
    [{ REDIS_URL: 'rediss://h', REDIS_LEASE_SECONDS: '5' }, { redis: { url: 'rediss://h', leaseMs: 5_000 } }],
    [{ TLS: 'self-signed', DATA_DIR: '/data' }, { tls: { mode: 'self-signed', folder: '/data/tls' } }],
    [
      { TLS: 'self-signed', XDG_DATA_HOME: '/home/me/.local/share' },
      { tls: { mode: 'self-signed', folder: '/home/me/.local/share/ringdrop/tls' } },
    ],
    [
      { TLS: 'files', TLS_CERT: '/c.pem', TLS_KEY: '/k.pem' },
      { tls: { mode: 'files', cert: '/c.pem', key: '/k.pem' } },
    ],
  ])('reads %j', (env, expected) => {
    expect(read(env)).toMatchObject({ ok: true, config: expected })
  })

  it.each([
    [{ PORT: '70000' }, 'PORT: found "70000", allowed is a whole number from 0 to 65535'],
    [{ PORT: '80a' }, 'PORT: found "80a"'],
    [{ PORT: '-1' }, 'PORT: found "-1"'],
    [
      { PUBLIC_ORIGIN: 'drop.example' },
      'PUBLIC_ORIGIN: found "drop.example", allowed is a comma-separated list of origins',
    ],
    [{ PUBLIC_ORIGIN: 'https://a/b' }, 'PUBLIC_ORIGIN: found "https://a/b"'],
    [{ PUBLIC_ORIGIN: 'ftp://a' }, 'PUBLIC_ORIGIN: found "ftp://a"'],
    [{ ROLES: 'tracker,index' }, 'ROLES: found "index"'],
    [{ ROLES: '*' }, 'ROLES: found "*"'],
    [{ STUN_URLS: 'a.example' }, 'STUN_URLS: found "a.example"'],
    [
      { STUN_URLS: Array.from({ length: 9 }, (_, n) => `stun:${String(n)}`).join(',') },
      'STUN_URLS: found 9 URLs',
    ],
    [{ TURN_URLS: 'turn:a' }, 'TURN_SECRET: found nothing'],
    [{ TURN_SECRET: 's' }, 'TURN_URLS: found nothing'],
    [{ TRUST_PROXY: 'true' }, 'TRUST_PROXY: found "true"'],
    [{ TRUST_PROXY: '10.0.0.0/33' }, 'TRUST_PROXY: found "10.0.0.0/33"'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL: found "loud", allowed is one of fatal,'],
    [{ MAX_SOCKETS: '0' }, 'MAX_SOCKETS: found "0"'],
    [{ TLS: 'on' }, 'TLS: found "on", allowed is one of off, self-signed, files'],
    [{ TLS: 'files', TLS_KEY: '/k' }, 'TLS_CERT: found nothing, allowed is the path of a PEM certificate'],
    [{ TLS: 'files', TLS_CERT: '/c' }, 'TLS_KEY: found nothing, allowed is the path of its PEM private key'],
    [{ TLS_CERT: '/c' }, 'TLS: found "off", allowed is files, since TLS_CERT or TLS_KEY is set'],
    [
      { REDIS_URL: 'http://u:secret@h' },
      'REDIS_URL: found a value, allowed is off, or a URL such as redis://',
    ],
    [{ REDIS_LEASE_SECONDS: '0' }, 'REDIS_LEASE_SECONDS: found "0", allowed is a whole number from 1 to 600'],
  ])('refuses %j in one line', (env, message) => {
    const result = read(env)
    if (result.ok) throw new Error('accepted')
    expect(result.errors).toHaveLength(1)
    expect(result.errors[0]).toContain(message)
    expect(result.errors[0]).not.toMatch(/\n|secret@/)
  })

  it('gathers all errors', () => {
    const result = read({ PORT: 'x', LOG_LEVEL: 'y', TLS: 'z' })
    expect(result).toMatchObject({
      ok: false,
      errors: [/^PORT/, /^TLS/, /^LOG_LEVEL/].map((p) => expect.stringMatching(p)),
    })
  })
})

describe('messages', () => {
  it('prints every setting but no secret', () => {
    const secrets = { TURN_URLS: 'turn:a', TURN_SECRET: 'hush', REDIS_URL: 'redis://me:hush@cache:6379/1' }
    const text = describeConfig(testConfig(secrets), '1.0').join('\n')
    expect(text).toContain('turn:a')
    expect(text).toContain('redis://cache:6379/1')
    expect(text).toContain('64, on loopback 10000')
    expect(text).not.toContain('hush')
  })

  it.each([
    ['EADDRINUSE', 'PORT: 8080 on localhost is in use by another program; set PORT=... to another one'],
    ['EACCES', 'set PORT=... to one above 1023'],
    ['EADDRNOTAVAIL', 'HOST: "localhost" is not an address of this machine'],
    ['EWHAT', 'cannot listen on localhost, port 8080'],
  ])('explains %s', (code, message) => {
    expect(explainListenError(Object.assign(new Error('no'), { code }), testConfig())).toContain(message)
  })

  it('finds its package from src and from dist', () => {
    const { root, version } = findPackage(new URL('../src/main.ts', import.meta.url).href)
    expect(findPackage(new URL('../dist/main.js', import.meta.url).href)).toEqual({ root, version })
    expect(root).toMatch(/signaling-server$/)
    expect(version).toMatch(/^\d+\.\d+\.\d+$/)
  })
})
