import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { TestServer } from '../fixtures/server.ts'
import { chromium, expect, test } from '@playwright/test'
import { CHROMIUM } from '../playwright.config.ts'
import { App } from '../pages/app.ts'

/** Chromium takes no service worker over a certificate that was merely clicked through; the app works without. What it says of it differs. */
const NO_WORKER = /^An (?:SSL certificate|unknown) error occurred when fetching the script\.$/

/** Two browsers on one network and a server with the certificate that it made for itself. */
test('over HTTPS at a network address the page is a secure context and shares', async ({ browser }) => {
  const server = await TestServer.startLan()
  const open = async (hash = '') =>
    App.open(await browser.newContext({ ignoreHTTPSErrors: true, acceptDownloads: true }), server.url, hash)
  const sender = await open()
  const features = await sender.page.evaluate(async () => {
    const folder = await navigator.storage.getDirectory()
    const key = await crypto.subtle.digest('SHA-256', new Uint8Array(1))
    return {
      isSecureContext,
      opfs: folder.kind,
      digest: key.byteLength,
      hasServiceWorkers: 'serviceWorker' in navigator,
      hasLocks: 'locks' in navigator,
    }
  })
  expect(features).toEqual({
    isSecureContext: true,
    opfs: 'directory',
    digest: 32,
    hasServiceWorkers: true,
    hasLocks: true,
  })
  await sender.until((snapshot) => snapshot.server.state === 'up')

  const file = makeFile(scratch(), 'from the laptop.bin', 6 * MiB, 11)
  const { link, infoHash } = await sender.shareFiles(file.path)
  expect(new URL(link).origin).toBe(new URL(server.url).origin)
  const receiver = await open(new URL(link).hash)
  await receiver.download()
  await receiver.untilDone(infoHash)
  expect(await receiver.save(infoHash)).toEqual({ sha: file.sha, name: 'from the laptop.bin' })
  const problems = [...sender.problems, ...receiver.problems]
  expect(problems.filter((problem) => !NO_WORKER.test(problem))).toEqual([])
  for (const app of [sender, receiver]) await app.page.context().close()
  await server.kill()
})

test('a certificate that the device trusts brings the service worker too', async () => {
  const server = await TestServer.startLan()
  const browser = await chromium.launch({
    ...CHROMIUM,
    args: [...CHROMIUM.args, '--ignore-certificate-errors'],
  })
  const app = await App.open(await browser.newContext(), server.url)
  const scope = await app.page.evaluate(async () => (await navigator.serviceWorker.ready).scope)
  expect(scope).toBe(server.url)
  expect(app.problems).toEqual([])
  await browser.close()
  await server.kill()
})

test('an address typed without its scheme leads to the page over HTTPS', async ({ browser }) => {
  const server = await TestServer.startLan()
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  const page = await context.newPage()
  await page.goto(server.url.replace('https:', 'http:'))
  expect(page.url()).toBe(server.url)
  await page.waitForFunction(() => 'ringdrop' in globalThis)
  await context.close()
  await server.kill()
})
