import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, request, type APIRequestContext, type Browser } from '@playwright/test'
import { RedisProcess } from '../../signaling-server/test/redis-process.ts'
import { Deployment } from '../fixtures/dist.ts'
import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { Proxy } from '../fixtures/proxy.ts'
import { TestServer } from '../fixtures/server.ts'
import { expect, test } from '../fixtures/test.ts'
import { App } from '../pages/app.ts'
import { CHROMIUM } from '../playwright.config.ts'

/** Sockets that a server carries, by its own figures, which the proxy does not let through. */
async function sockets(server: TestServer): Promise<number> {
  const text = await (await fetch(`${server.url}metrics`)).text()
  return Number(/^ringdrop_sockets (\d+)/m.exec(text)?.[1] ?? NaN)
}

/**
 * The proxy gives a new peer to the server with fewer requests under way, and those for the files of a page count too: now
 * and then both are at one server. Then the second comes once more.
 */
async function atBoth(servers: readonly TestServer[], app: App): Promise<void> {
  await expect(async () => {
    await expect.poll(async () => total(await Promise.all(servers.map(sockets)))).toBe(2)
    if ((await sockets(servers[0] as TestServer)) === 1) return
    await app.page.reload()
    throw new Error('both peers are at one server')
  }).toPass({ timeout: 60_000 })
}

const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0)

/** What `deploy/` sets up, but for containers: Caddy before two servers with one Redis. */
test('behind Caddy: two servers look like one, and one of them may die', async () => {
  const proxy = await Proxy.atFreePort()
  const redis = await RedisProcess.start()
  const env = {
    REDIS_URL: redis.url,
    PUBLIC_ORIGIN: new URL(proxy.url).origin,
    TRUST_PROXY: '127.0.0.1',
  }
  const servers = await Promise.all([TestServer.start(env), TestServer.start(env)])
  await proxy.start(servers.map(({ port }) => port))
  const args = [...CHROMIUM.args, '--ignore-certificate-errors']
  const browser: Browser = await chromium.launch({ ...CHROMIUM, args })
  const open = async (hash = '') => App.open(await browser.newContext(), proxy.url, hash)
  try {
    const sender = await open()
    const file = makeFile(scratch(), 'behind the proxy.bin', 8 * MiB, 17)
    const { link, infoHash } = await sender.shareFiles(file.path)
    expect(new URL(link).origin).toBe(new URL(proxy.url).origin)
    const receiver = await open(new URL(link).hash)
    await atBoth(servers, receiver)
    await receiver.download()
    await receiver.untilDone(infoHash)
    expect(await receiver.save(infoHash)).toEqual({ sha: file.sha, name: 'behind the proxy.bin' })

    // Devices nearby are known by the address that the proxy tells the servers.
    for (const app of [sender, receiver]) {
      await app.goto('')
      await app.page.getByRole('switch', { name: 'Visible nearby' }).check()
    }
    await expect(sender.page.getByLabel(/^Send to/)).toHaveCount(1)

    const asker = sender.page.context().request
    const answered = await asker.get(proxy.url, { ignoreHTTPSErrors: true })
    expect(answered.headers()).toMatchObject({ 'strict-transport-security': 'max-age=15552000' })
    const metrics = await asker.get(`${proxy.url}metrics`, { ignoreHTTPSErrors: true })
    expect(metrics.status()).toBe(404)

    await servers[0]?.kill()
    await expect.poll(async () => sockets(servers[1] as TestServer), { timeout: 30_000 }).toBe(2)
    const late = await open()
    await late.searchUntil('behind the proxy', 'Directory', 1)
    for (const app of [sender, receiver, late]) expect(app.problems).toEqual([])
  } finally {
    await browser.close()
    await proxy.kill()
    await Promise.all(servers.map((server) => server.kill()))
    await redis.close()
  }
})

/** The script that the page names, by which its version is known. */
async function pageOf(asker: APIRequestContext): Promise<string> {
  const answer = await asker.get('/')
  expect(answer.status()).toBe(200)
  return /src="\.?\/(assets\/[^"]+)"/.exec(await answer.text())?.[1] ?? 'no script'
}

test('behind Caddy: while one server has the new version and the other the old one, every page gets its parts', async () => {
  const proxy = await Proxy.atFreePort()
  const deployments = [new Deployment(), new Deployment()] as const
  const env = { PUBLIC_ORIGIN: new URL(proxy.url).origin, TRUST_PROXY: '127.0.0.1' }
  const servers = await Promise.all(
    deployments.map(({ folder }) => TestServer.start({ ...env, CLIENT_DIR: folder })),
  )
  const [first] = servers
  const asker = await request.newContext({ baseURL: proxy.url, ignoreHTTPSErrors: true })
  const parts = () =>
    deployments.flatMap(({ folder }) =>
      readdirSync(join(folder, 'assets')).map((name) => `/assets/${encodeURIComponent(name)}`),
    )
  try {
    await proxy.start(servers.map(({ port }) => port))
    const old = await pageOf(asker)
    deployments[0].deploy('9.8.7')
    const next = await pageOf(asker)
    expect(next).not.toBe(old)
    // A part of a page under way keeps a server busy; the next request must not go to another version for that.
    const pages = await Promise.all(Array.from({ length: 30 }, () => pageOf(asker)))
    expect(new Set(pages)).toEqual(new Set([next]))
    const statuses = await Promise.all(parts().map(async (part) => (await asker.get(part)).status()))
    expect(new Set(statuses)).toEqual(new Set([200]))
    const part = await asker.get(`/${old}`)
    expect(part.headersArray().filter(({ name }) => /^(vary|etag|cache-control)$/i.test(name))).toHaveLength(
      3,
    )
    expect((await asker.get('/assets/nowhere.js')).status()).toBe(404)

    await first?.kill()
    expect(await pageOf(asker)).toBe(old)
    expect((await asker.get(`/${old}`)).status()).toBe(200)
    await first?.restart()
    await expect.poll(() => pageOf(asker), { timeout: 30_000 }).toBe(next)
  } finally {
    await asker.dispose()
    await proxy.kill()
    await Promise.all(servers.map((server) => server.kill()))
  }
})
