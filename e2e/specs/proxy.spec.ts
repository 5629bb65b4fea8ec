import { chromium, type Browser } from '@playwright/test'
import { RedisProcess } from '../../signaling-server/test/redis-process.ts'
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

    const { request } = sender.page.context()
    const answered = await request.get(proxy.url, { ignoreHTTPSErrors: true })
    expect(answered.headers()).toMatchObject({ 'strict-transport-security': 'max-age=15552000' })
    const metrics = await request.get(`${proxy.url}metrics`, { ignoreHTTPSErrors: true })
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
