import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { X509Certificate } from 'node:crypto'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { createRng } from '@ringdrop/shared/kernel/rng.ts'
import { io } from 'socket.io-client'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { buildServer, type RingdropServer } from '../src/server.ts'
import { faultOf, makeSelfSigned, namesOf, type TlsPair } from '../src/tls/certificate.ts'
import { keptCertificate } from '../src/tls/certificate-file.ts'
import { CertificateError } from '../src/tls/certificate-keeper.ts'
import { ManualClock, testConfig, testServer, TestPeer } from './helpers.ts'

const DAY_MS = 86_400_000
const NOW = Date.now()
let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringdrop-tls-'))
  onTestFinished(() => rm(folder, { recursive: true }))
})

/** The manual clock begins in the past; certificates must be valid for the TLS stack, which has its own. */
function clockOfToday(): ManualClock {
  const clock = new ManualClock()
  clock.advance(Date.now() - clock.now())
  return clock
}

interface Secure {
  /** How far the clock on the wall is ahead of the one that counts. */
  readonly wall: { aheadMs: number }
  readonly server: RingdropServer
  readonly port: number
  readonly clock: ManualClock
  readonly ca: () => string
}

async function start(env: Record<string, string> = {}, names: readonly string[] = []): Promise<Secure> {
  const clock = clockOfToday()
  const wall = { aheadMs: 0 }
  const config = testConfig({ HOST: '127.0.0.1', PORT: '0', TLS: 'self-signed', DATA_DIR: folder, ...env })
  const deps = {
    clock,
    wallClock: () => clock.now() + wall.aheadMs,
    rng: createRng(1),
    version: '1.2.3',
    machineNames: () => names,
  }
  const server = await buildServer(config, deps)
  await server.app.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => server.app.close())
  const address = server.app.server.address()
  if (typeof address !== 'object' || address === null) throw new Error('not listening')
  return { server, port: address.port, clock, wall, ca: () => server.certificate?.pair.cert ?? '' }
}

interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A request over TLS with the certificate checked, or over plain HTTP. */
function get(
  { port, ca }: Secure,
  path: string,
  scheme: 'http' | 'https' = 'https',
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, headers, agent: false } as const
    const onResponse = (response: IncomingMessage) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    }
    const outgoing =
      scheme === 'https'
        ? httpsRequest({ ...options, ca: ca(), servername: 'localhost' }, onResponse)
        : httpRequest(options, onResponse)
    outgoing.on('error', reject).end()
  })
}

/** SHA-256 of the certificate that a new connection is shown. */
function shownTo(secure: Secure): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port, ca } = secure
    const socket = connectTls({ host: '127.0.0.1', port, ca: ca(), servername: 'localhost' }, () => {
      resolve(socket.getPeerCertificate().fingerprint256)
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

async function writePair({ cert, key }: TlsPair): Promise<{ TLS_CERT: string; TLS_KEY: string }> {
  const paths = { TLS_CERT: join(folder, 'cert.pem'), TLS_KEY: join(folder, 'key.pem') }
  await writeFile(paths.TLS_CERT, cert)
  await writeFile(paths.TLS_KEY, key)
  return paths
}

describe('a certificate of our own', () => {
  it('is for the names and addresses, and browsers take its kind and its age', async () => {
    const { cert, key } = await makeSelfSigned(['localhost', 'box.local', '192.168.1.5', 'fd00::2'], NOW)
    const certificate = new X509Certificate(cert)
    expect(faultOf({ cert, key })).toBeNull()
    expect(certificate.checkHost('box.local')).toBe('box.local')
    expect(certificate.checkIP('fd00::2')).toBe('fd00::2')
    expect(certificate.checkIP('192.168.1.6')).toBeUndefined()
    expect(namesOf(cert)).toEqual(['localhost', 'box.local', '192.168.1.5', '[fd00::2]'])
    expect(certificate.ca).toBe(false)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    const days = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / DAY_MS
    expect(days).toBeLessThan(398)
  })

  it('is kept for its owner alone', async () => {
    const first = await keptCertificate(join(folder, 'deep/tls'), ['localhost'], NOW)
    expect((await stat(join(folder, 'deep/tls'))).mode & 0o777).toBe(0o700)
    const path = join(folder, 'deep/tls/self-signed.pem')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    await chmod(path, 0o644)
    expect(await keptCertificate(join(folder, 'deep/tls'), ['localhost'], NOW)).toEqual(first)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it.each([
    ['the same names', ['localhost', '10.0.0.1'], 0, false],
    ['fewer names', ['localhost'], 0, false],
    ['a new address', ['localhost', '10.0.0.2'], 0, true],
    ['a new name', ['localhost', 'box.local', '10.0.0.1'], 0, true],
    ['an IPv6 address besides', ['localhost', '10.0.0.1', 'fd00::2'], 0, false],
    ['an IPv6 address and no other', ['localhost', '127.0.0.1', '::1', 'fd00::2'], 0, true],
    ['300 days later', ['localhost'], 300, false],
    ['a month before its end', ['localhost'], 336, true],
    ['a clock that was set back far', ['localhost'], -2, true],
  ])('%s', async (_what, names, days, isNew) => {
    const first = await keptCertificate(folder, ['localhost', '10.0.0.1'], NOW)
    const second = await keptCertificate(folder, names, NOW + days * DAY_MS)
    expect(second.cert !== first.cert).toBe(isNew)
    expect(await keptCertificate(folder, names, NOW + days * DAY_MS)).toEqual(second)
  })

  it('is for the names of the last one too, the newest first, up to sixteen', async () => {
    const first = await keptCertificate(folder, ['localhost', '10.0.0.1', 'fd00::2'], NOW)
    const second = await keptCertificate(folder, ['localhost', '192.168.1.5'], NOW)
    expect(namesOf(second.cert)).toEqual(['localhost', '192.168.1.5', '10.0.0.1', '[fd00::2]'])
    expect(new X509Certificate(second.cert).checkIP('fd00::2')).toBe('fd00::2')
    expect(await keptCertificate(folder, ['localhost', '10.0.0.1'], NOW)).toEqual(second)
    expect(second.cert).not.toBe(first.cert)
    for (let each = 1; each <= 20; each++)
      await keptCertificate(folder, ['localhost', `172.16.0.${String(each)}`], NOW)
    const last = namesOf((await keptCertificate(folder, ['localhost', '172.16.0.20'], NOW)).cert)
    expect(last).toEqual([
      'localhost',
      ...Array.from({ length: 15 }, (_, age) => `172.16.0.${String(20 - age)}`),
    ])
  })

  it.each(['', 'garbage', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])(
    'replaces a damaged file: %j',
    async (text) => {
      await writeFile(join(folder, 'self-signed.pem'), text)
      const made = await keptCertificate(folder, ['localhost'], NOW)
      expect(await readFile(join(folder, 'self-signed.pem'), 'utf8')).toBe(made.cert + made.key)
    },
  )

  it('does not keep a key that belongs to another certificate', async () => {
    const [one, other] = [await makeSelfSigned(['localhost'], NOW), await makeSelfSigned(['localhost'], NOW)]
    await writeFile(join(folder, 'self-signed.pem'), one.cert + other.key)
    expect((await keptCertificate(folder, ['localhost'], NOW)).cert).not.toBe(one.cert)
  })

  it('says which folder cannot be written', async () => {
    await writeFile(join(folder, 'file'), '')
    await expect(start({ DATA_DIR: join(folder, 'file') })).rejects.toThrow(/DATA_DIR: no certificate/)
  })
})

describe('HTTPS', () => {
  it('answers with headers that fit', async () => {
    const secure = await start()
    const { status, headers } = await get(secure, '/health')
    expect(status).toBe(200)
    // No HSTS: it would take away the way past the browser's warning.
    expect(headers['strict-transport-security']).toBeUndefined()
    expect(headers['content-security-policy']).toContain(`connect-src 'self' wss://127.0.0.1:${secure.port};`)
  })

  it('ends who is slow or silent as soon as without TLS', async () => {
    const limitsOf = ({ server }: RingdropServer['app']) => {
      const { timeout, requestTimeout, headersTimeout, keepAliveTimeout } = server
      return { timeout, requestTimeout, headersTimeout, keepAliveTimeout }
    }
    const [secure, plain] = [await start(), await testServer()]
    onTestFinished(() => plain.app.close())
    expect(limitsOf(secure.server.app)).toEqual(limitsOf(plain.app))
    expect(limitsOf(plain.app)).toMatchObject({ timeout: 10_000, requestTimeout: 15_000 })
  })

  it('lets a peer in over a secure socket from an address of the network, and no page of another site', async () => {
    const secure = await start({}, ['192.168.7.7'])
    const host = `192.168.7.7:${String(secure.port)}`
    const open = (origin: string) =>
      io(`https://127.0.0.1:${String(secure.port)}`, {
        transports: ['websocket'],
        reconnection: false,
        forceNew: true,
        ca: secure.ca(),
        extraHeaders: { origin, host },
      })
    const socket = open(`https://${host}`)
    onTestFinished(() => void socket.disconnect())
    const { nonce } = await new Promise<{ nonce: string }>((resolve, reject) => {
      socket.once('challenge', resolve)
      socket.once('connect_error', reject)
    })
    const peer = await TestPeer.create()
    const answer = await socket.timeout(4000).emitWithAck('identify', await peer.identifyRequest(host, nonce))
    expect(answer).toMatchObject({ ok: true, peerId: peer.id })
    for (const origin of [`http://${host}`, 'https://evil.example']) {
      const refused = open(origin)
      const error = await new Promise((resolve) => refused.once('connect_error', resolve))
      expect(error).toBeInstanceOf(Error)
    }
  })

  it('takes a new certificate and new names when the addresses change, while sockets stay', async () => {
    const names = ['192.168.7.7']
    const secure = await start({}, names)
    const before = await shownTo(secure)
    const open = connectTls({
      host: '127.0.0.1',
      port: secure.port,
      ca: secure.ca(),
      servername: 'localhost',
    })
    onTestFinished(() => void open.destroy())
    await new Promise((resolve) => open.once('secureConnect', resolve))
    const host = `10.1.2.3:${String(secure.port)}`
    expect((await get(secure, '/health', 'https', { host })).status).toBe(421)
    expect(await secure.server.certificate?.refresh()).toBe(false)
    names[0] = '10.1.2.3'
    expect(await secure.server.certificate?.refresh()).toBe(true)
    expect(await shownTo(secure)).not.toBe(before)
    expect((await get(secure, '/health', 'https', { host })).status).toBe(200)
    expect(open.readyState).toBe('open')
  })

  it('is renewed by the clock on the wall, as after a sleep of this machine', async () => {
    const { server, wall } = await start()
    expect(await server.certificate?.refresh()).toBe(false)
    wall.aheadMs = 390 * DAY_MS
    expect(await server.certificate?.refresh()).toBe(true)
  })
})

describe('plain HTTP at the same port', () => {
  it.each([
    ['/', '/'],
    ['/health?a=b', '/health?a=b'],
    ['//evil.example/x', '//evil.example/x'],
    [`/${'a'.repeat(3000)}`, '/'],
  ])('is sent on to HTTPS: %s', async (path, expected) => {
    const secure = await start({}, ['192.168.7.7'])
    const host = `192.168.7.7:${String(secure.port)}`
    const { status, headers, body } = await get(secure, path, 'http', { host })
    expect(status).toBe(307)
    expect(headers).toMatchObject({ location: `https://${host}${expected}`, connection: 'close' })
    expect(body).toContain('HTTPS')
  })

  it('is not sent anywhere under a foreign name', async () => {
    const { status, headers } = await get(await start(), '/', 'http', { host: 'evil.example' })
    expect(status).toBe(421)
    expect(headers.location).toBeUndefined()
  })

  it.each([
    ['nothing', ''],
    ['half a request', 'GET / HTTP/1.1\r\nHost: loc'],
  ])('is ended when it says %s for long', async (_what, text) => {
    const secure = await start()
    const socket = connectTcp({ host: '127.0.0.1', port: secure.port })
    const closed = new Promise((resolve) => socket.once('close', () => resolve('closed')))
    await new Promise((resolve) => socket.once('connect', resolve))
    if (text !== '') socket.write(text)
    // The server has seen the connection once it has answered a later one.
    await get(secure, '/health')
    secure.clock.advance(9_000)
    expect((await get(secure, '/health')).status).toBe(200)
    expect(socket.destroyed).toBe(false)
    secure.clock.advance(1_500)
    expect(await closed).toBe('closed')
  })

  it.each(['\u0000\u0001garbage\r\n\r\n', 'GET / HTTP/9\r\n\r\n', '\u0016\u0003\u0001 not a hello'])(
    'survives %j',
    async (text) => {
      const secure = await start()
      const socket = connectTcp({ host: '127.0.0.1', port: secure.port })
      socket.on('error', () => undefined)
      const closed = new Promise((resolve) => socket.once('close', resolve))
      socket.end(text)
      socket.resume()
      await closed
      expect((await get(secure, '/health')).status).toBe(200)
    },
  )
})

describe('certificate files', () => {
  it('are used, give their names, and are read again when they change', async () => {
    const first = await makeSelfSigned(['localhost', 'drop.example'], NOW)
    const secure = await start({ TLS: 'files', ...(await writePair(first)) })
    const host = `drop.example:${String(secure.port)}`
    const answer = await get(secure, '/health', 'https', { host })
    expect(answer.headers['strict-transport-security']).toBe('max-age=15552000')
    const local = await get(secure, '/health', 'https', { host: `localhost:${String(secure.port)}` })
    expect(local.headers['strict-transport-security']).toBeUndefined()

    const second = await makeSelfSigned(['localhost', 'other.example'], NOW)
    await writePair(second)
    expect(await secure.server.certificate?.refresh()).toBe(true)
    expect(await shownTo(secure)).toBe(new X509Certificate(second.cert).fingerprint256)
    expect((await get(secure, '/health', 'https', { host })).status).toBe(421)
  })

  it('that are broken later leave the old ones in use', async () => {
    const first = await makeSelfSigned(['localhost'], NOW)
    const secure = await start({ TLS: 'files', ...(await writePair(first)) })
    await writePair({ ...first, key: 'half written' })
    await expect(secure.server.certificate?.refresh()).rejects.toThrow(CertificateError)
    expect(await shownTo(secure)).toBe(new X509Certificate(first.cert).fingerprint256)
  })

  it.each([
    ['TLS_CERT', { cert: 'x' }],
    ['TLS_KEY', { key: 'x' }],
    ['does not belong', { key: 'other' }],
  ])('that are wrong from the start are named: %s', async (message, change) => {
    const pair = await makeSelfSigned(['localhost'], NOW)
    const other = await makeSelfSigned(['localhost'], NOW)
    const key = 'key' in change && change.key === 'other' ? other.key : undefined
    const paths = await writePair({ ...pair, ...change, ...(key === undefined ? {} : { key }) })
    await expect(start({ TLS: 'files', ...paths })).rejects.toThrow(message)
  })

  it('that are missing are named', async () => {
    const paths = { TLS_CERT: join(folder, 'no.pem'), TLS_KEY: join(folder, 'no.key') }
    await expect(start({ TLS: 'files', ...paths })).rejects.toThrow(/TLS_CERT: .*no\.pem cannot be read/)
  })
})
