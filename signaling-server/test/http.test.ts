import { mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { ManualClock, startServer, testServer } from './helpers.ts'

const host = 'localhost:8080'
let clientDir = ''

beforeAll(async () => {
  clientDir = await mkdtemp(join(tmpdir(), 'ringdrop-client-'))
  await mkdir(join(clientDir, 'assets'))
  await writeFile(join(clientDir, 'index.html'), '<title>app</title>')
  await writeFile(join(clientDir, 'sw.js'), 'worker')
  await writeFile(join(clientDir, '.env'), 'hidden')
  await writeFile(join(clientDir, 'assets', 'app-abc.js'), 'plain')
  await writeFile(join(clientDir, 'assets', 'app-abc.js.br'), 'brotli')
  await writeFile(join(clientDir, 'assets', 'app-abc.js.gz'), 'gzip')
})
afterAll(() => rm(clientDir, { recursive: true }))

async function get(url: string, headers: Record<string, string> = {}, env: Record<string, string> = {}) {
  const { app } = await testServer({ CLIENT_DIR: clientDir, ...env })
  onTestFinished(() => app.close())
  return app.inject({ url, headers: { host, ...headers } })
}

describe('headers', () => {
  it.each(['/', '/health', '/metrics', '/assets/app-abc.js', '/missing'])('are strict on %s', async (url) => {
    const { headers } = await get(url)
    expect(headers).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
    expect(headers['strict-transport-security']).toBeUndefined()
    expect(headers['permissions-policy']).toMatch(/geolocation=\(\).*microphone=\(\).*camera=\(self\)/)
    expect(headers['content-security-policy']).toBe(
      "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data: blob:;media-src 'self' blob:;" +
        `font-src 'self';connect-src 'self' ws://${host} wss://${host};worker-src 'self';manifest-src 'self';frame-src 'self';` +
        "frame-ancestors 'none';base-uri 'none';form-action 'none';object-src 'none';" +
        "require-trusted-types-for 'script';trusted-types svelte-trusted-html default",
    )
  })

  it.each([
    ['localhost:8080', 200],
    ['LOCALHOST:8080', 200],
    ['127.0.0.1:8080', 200],
    ['[::1]:8080', 200],
    ['drop.example', 200],
    ['drop.example:443', 421],
    ['localhost:8081', 421],
    ['localhost', 421],
    ['evil.example', 421],
    ["x'; script-src *", 421],
    ['', 421],
  ])('Host %j is answered with %i', async (name, status) => {
    const response = await get('/health', { host: name }, { PUBLIC_ORIGIN: 'https://drop.example' })
    expect(response.statusCode).toBe(status)
    const policy = response.headers['content-security-policy']
    const isNamed = status === 200 && !name.startsWith('[')
    expect(policy).toContain(isNamed ? `wss://${name};` : "connect-src 'self' 'self' 'self';")
  })

  it('allows the host that was bound explicitly, and none for all interfaces', async () => {
    expect((await get('/health', { host: '192.168.1.5:8080' }, { HOST: '192.168.1.5' })).statusCode).toBe(200)
    expect((await get('/health', { host: '0.0.0.0:8080' }, { HOST: '0.0.0.0' })).statusCode).toBe(421)
  })
})

describe('endpoints', () => {
  it('tells its health', async () => {
    const clock = new ManualClock()
    const { app } = await testServer({}, clock)
    onTestFinished(() => app.close())
    clock.advance(61_500)
    const response = await app.inject({ url: '/health', headers: { host } })
    expect(response.json()).toEqual({
      status: 'ok',
      redis: 'off',
      uptimeSeconds: 61,
      version: '1.2.3',
      peers: 0,
    })
    expect(response.headers['cache-control']).toBe('no-store')
  })

  it('gives metrics, each server its own', async () => {
    const response = await get('/metrics')
    expect(response.headers['content-type']).toContain('text/plain')
    for (const name of ['sockets', 'peers', 'swarms', 'announces_total', 'relays_total', 'refusals_total']) {
      expect(response.body).toContain(`ringdrop_${name}`)
    }
    expect(response.body).toContain('nodejs_eventloop_lag_seconds')
    expect(response.body).toContain('process_resident_memory_bytes')
  })

  it.each([
    ['GET', '/missing', 404, 'notFound'],
    ['POST', '/health', 404, 'notFound'],
    ['GET', '/.env', 404, 'notFound'],
    ['GET', '/../package.json', 404, 'notFound'],
    ['GET', '/..%2f..%2fetc/passwd', 404, 'notFound'],
    ['GET', '/%ff', 400, 'badRequest'],
  ] as const)('answers %s %s with %i in JSON', async (method, url, status, code) => {
    const { app } = await testServer({ CLIENT_DIR: clientDir })
    onTestFinished(() => app.close())
    const response = await app.inject({ method, url, headers: { host } })
    expect([response.statusCode, response.json()]).toEqual([status, { ok: false, code }])
    expect(response.headers['cache-control']).toBe('no-store')
  })
})

describe('client files', () => {
  it.each([
    ['/', 'no-cache', '<title>app</title>'],
    ['/index.html', 'no-cache', '<title>app</title>'],
    ['/sw.js', 'no-cache', 'worker'],
    ['/assets/app-abc.js', 'public, max-age=31536000, immutable', 'plain'],
  ])('serves %s as %s', async (url, cache, body) => {
    const response = await get(url)
    expect([response.statusCode, response.headers['cache-control'], response.body]).toEqual([
      200,
      cache,
      body,
    ])
    // A cache may hold these bytes for those who take others, too.
    expect(response.headers.vary).toBe('Accept-Encoding')
  })

  it.each([
    ['br, gzip', 'br', 'brotli'],
    ['gzip', 'gzip', 'gzip'],
  ])('serves precompressed files to those who take %s', async (accept, encoding, body) => {
    const response = await get('/assets/app-abc.js', { 'accept-encoding': accept })
    expect([response.headers['content-encoding'], response.body]).toEqual([encoding, body])
    expect(response.headers['content-type']).toContain('javascript')
    expect(response.headers['cache-control']).toContain('immutable')
    expect(response.headers.vary).toBe('Accept-Encoding')
  })

  it('says how to build a client that is not there, and finds it once it is', async () => {
    const dir = join(clientDir, 'later')
    const { app } = await testServer({ CLIENT_DIR: dir })
    onTestFinished(() => app.close())
    const before = await app.inject({ url: '/', headers: { host } })
    expect(before.statusCode).toBe(503)
    expect(before.body).toContain('npm run build')
    await mkdir(dir)
    await writeFile(join(dir, 'index.html'), 'built')
    expect((await app.inject({ url: '/', headers: { host } })).body).toBe('built')
  })
})

describe('the tag of a client file', () => {
  /** A folder of a client and a server of it; the time of every file is the same, as packages have it. */
  async function served() {
    const dir = await mkdtemp(join(tmpdir(), 'ringdrop-tags-'))
    const { app } = await testServer({ CLIENT_DIR: dir })
    onTestFinished(async () => {
      await app.close()
      await rm(dir, { recursive: true })
    })
    const put = async (name: string, text: string) => {
      const [path, next] = [join(dir, name), join(dir, 'next')]
      await writeFile(next, text)
      await utimes(next, 1, 1)
      await rename(next, path)
    }
    const ask = (url: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
      app.inject({ url, method, headers: { host, ...headers } })
    return { dir, put, ask }
  }
  const tagOf = ({ headers }: { headers: Record<string, unknown> }) => String(headers['etag'])

  it.each([
    ['/', 'index.html'],
    ['/index.html', 'index.html'],
    ['/sw.js', 'sw.js'],
  ])('%s: another build of the same size and time is another', async (url, name) => {
    const { dir, put, ask } = await served()
    await put(name, 'build 1')
    const first = await ask(url)
    expect(tagOf(first)).toMatch(/^"[\w-]{43}"$/)
    const condition = { 'if-none-match': tagOf(first), 'if-modified-since': new Date(1_000).toUTCString() }
    expect((await ask(url, condition)).statusCode).toBe(304)
    await put(name, 'build 2')
    const second = await ask(url, condition)
    expect([second.statusCode, second.body]).toEqual([200, 'build 2'])
    // Written in its place, as `cp` does.
    await writeFile(join(dir, name), 'build 3')
    await utimes(join(dir, name), 1, 1)
    const third = await ask(url, { 'if-none-match': tagOf(second) })
    expect([third.statusCode, third.body]).toEqual([200, 'build 3'])
    // Another server, or this one after its restart, knows the same file by the same tag.
    await put(name, 'build 1')
    expect((await ask(url, condition)).statusCode).toBe(304)
    expect(third.headers['last-modified']).toBeUndefined()
  })

  it.each(['GET', 'HEAD'] as const)(
    '%s with a tag that is right has no body and all other headers',
    async (method) => {
      const { put, ask } = await served()
      await put('sw.js', 'worker')
      const full = await ask('/sw.js', {}, method)
      expect([full.statusCode, full.headers['content-length']]).toEqual([200, '6'])
      for (const condition of [tagOf(full), `W/${tagOf(full)}`, `"x", ${tagOf(full)}`, '*']) {
        const { statusCode, headers, body } = await ask('/sw.js', { 'if-none-match': condition }, method)
        expect([statusCode, body, headers.etag]).toEqual([304, '', tagOf(full)])
        expect(headers).toMatchObject({ vary: 'Accept-Encoding', 'cache-control': 'no-cache' })
        for (const name of ['content-type', 'content-encoding']) expect(headers).not.toHaveProperty(name)
      }
      expect((await ask('/sw.js', { 'if-none-match': '"x"' }, method)).statusCode).toBe(200)
    },
  )

  it('is another for each encoding, and one of them is not taken for the other', async () => {
    const { put, ask } = await served()
    await put('sw.js', 'plain')
    await put('sw.js.br', 'other')
    const packed = { 'accept-encoding': 'br' }
    const [plain, brotli] = [await ask('/sw.js'), await ask('/sw.js', packed)]
    expect(tagOf(plain)).not.toBe(tagOf(brotli))
    const mixed = await ask('/sw.js', { 'if-none-match': tagOf(brotli) })
    expect([mixed.statusCode, mixed.body]).toEqual([200, 'plain'])
    const same = await ask('/sw.js', { ...packed, 'if-none-match': tagOf(brotli) })
    expect([same.statusCode, same.headers.vary]).toEqual([304, 'Accept-Encoding'])
  })

  it('goes with parts of a file, and a part under a condition comes whole', async () => {
    const { put, ask } = await served()
    await put('icon.png', 'abcdef')
    const part = await ask('/icon.png', { range: 'bytes=1-2' })
    expect([part.statusCode, part.body, part.headers['content-range']]).toEqual([206, 'bc', 'bytes 1-2/6'])
    const whole = await ask('/icon.png', { range: 'bytes=1-2', 'if-range': tagOf(part) })
    expect([whole.statusCode, whole.body, tagOf(whole)]).toEqual([200, 'abcdef', tagOf(part)])
    expect((await ask('/icon.png', { range: 'bytes=9-' })).statusCode).toBe(416)
    expect((await ask('/icon.png', { 'if-none-match': tagOf(part), range: 'bytes=1-2' })).statusCode).toBe(
      304,
    )
  })
})

it('refuses long polling', async () => {
  const { origin } = await startServer()
  const response = await fetch(`${origin}/socket.io/?EIO=4&transport=polling`, { headers: { origin } })
  expect(response.status).toBe(400)
})
