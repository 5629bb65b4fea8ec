import { Deployment } from '../fixtures/dist.ts'
import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { TestServer } from '../fixtures/server.ts'
import { deleteServiceWorker, expect, test as base } from '../fixtures/test.ts'
import { App } from '../pages/app.ts'

const NEXT = '9.8.7'
const READY = /A new version of Ringdrop is ready/
const BUSY = /Something is under way in this tab/

/** A server of its own, whose app can be exchanged while it runs. */
const test = base.extend<{ deployment: Deployment; updatable: TestServer }>({
  deployment: async ({ browserName: _ }, use) => use(new Deployment()),
  updatable: async ({ deployment }, use) => {
    const server = await TestServer.start({ CLIENT_DIR: deployment.folder })
    await use(server)
    await server.kill()
  },
})

const versionOf = ({ page }: App): Promise<string> =>
  page.evaluate(() => (globalThis as unknown as { ringdrop: { version: string } }).ringdrop.version)

const untilControlled = ({ page }: App): Promise<unknown> =>
  page.waitForFunction(() => navigator.serviceWorker.controller !== null)

/** Looks for a new version, as the page does by itself once an hour. */
const check = ({ page }: App): Promise<void> =>
  page.evaluate(async () => void (await (await navigator.serviceWorker.getRegistration())?.update()))

/**
 * The reload destroys the page that is asked, so what fails is asked again. Should the browser start the old worker anew
 * in the midst of the change, it keeps it until half a minute of rest is over.
 */
const untilVersion = (app: App, version: string): Promise<void> =>
  expect.poll(() => versionOf(app).catch(() => 'none'), { timeout: 45_000 }).toBe(version)

const countDialogs = ({ page }: App): (() => number) => {
  let count = 0
  page.on('dialog', (dialog) => {
    count++
    void dialog.accept()
  })
  return () => count
}

test('a new version is offered, waits for the person, and runs after they accept', async ({
  openPeer,
  deployment,
  updatable,
}) => {
  const app = await openPeer('', undefined, updatable)
  await untilControlled(app)
  const current = await versionOf(app)
  await check(app)
  deployment.deploy(NEXT)
  // The browser looks for a new worker when the page is opened, which still comes from the cache.
  await app.page.reload()
  await expect(app.page.locator('.toasts').getByText(READY)).toBeVisible()
  expect(await versionOf(app)).toBe(current)
  // Nothing of the old version is on the server any more; its late pages come from the cache.
  await app.page.getByRole('link', { name: 'Lab' }).click()
  await expect(app.page.getByRole('button', { name: 'Ask a question' })).toBeVisible()

  const tab = await App.open(app.page.context(), updatable.url)
  expect(await versionOf(tab)).toBe(current)
  await app.page.getByRole('button', { name: 'Reload now' }).click()
  await untilVersion(app, NEXT)
  await expect(app.page.getByRole('button', { name: 'Ask a question' })).toBeVisible()
  await expect(app.page.locator('.toasts').getByText(READY)).toHaveCount(0)
  // The other tab is not torn away; it is asked by itself.
  expect(await versionOf(tab)).toBe(current)
  await tab.page.getByRole('button', { name: 'Reload now' }).click()
  await untilVersion(tab, NEXT)
})

/** A slow download of which more than `least` bytes are there. */
async function inMidst(open: (hash?: string) => Promise<App>, path: string, least: number) {
  const sender = await open()
  await sender.limitUpload(256)
  const { link, infoHash } = await sender.shareFiles(path)
  const receiver = await open(new URL(link).hash)
  await untilControlled(receiver)
  const dialogs = countDialogs(receiver)
  await receiver.download()
  await receiver.untilShare((share) => share.verifiedBytes > least)
  return { sender, receiver, infoHash, dialogs }
}

test('under a running download it waits until the download is done, when asked to', async ({
  openPeer,
  deployment,
  updatable,
}) => {
  const file = makeFile(scratch(), 'kept on.bin', 6 * MiB, 41)
  const open = (hash = '') => openPeer(hash, undefined, updatable)
  const { sender, receiver, infoHash, dialogs } = await inMidst(open, file.path, MiB / 2)
  deployment.deploy(NEXT)
  await check(receiver)
  await receiver.page.getByRole('button', { name: 'Reload now' }).click()
  await expect(receiver.page.locator('.toasts').getByText(BUSY)).toBeVisible()
  const then = (await receiver.share())?.verifiedBytes ?? 0
  await receiver.page.getByRole('button', { name: 'When it is done' }).click()
  await receiver.untilShare(({ verifiedBytes }) => verifiedBytes > then)
  expect(await versionOf(receiver)).not.toBe(NEXT)

  await sender.limitUpload(8192)
  await untilVersion(receiver, NEXT)
  await receiver.untilDone(infoHash)
  expect((await receiver.save(infoHash)).sha).toBe(file.sha)
  // Of what was fetched before the reload nothing was fetched again.
  expect((await sender.share(infoHash))?.uploadedBytes).toBe(6 * MiB)
  expect(dialogs()).toBe(0)
})

test('who reloads at once is not asked twice, and the download goes on', async ({
  openPeer,
  deployment,
  updatable,
}) => {
  const file = makeFile(scratch(), 'went on.bin', 6 * MiB, 42)
  const open = (hash = '') => openPeer(hash, undefined, updatable)
  const { sender, receiver, infoHash, dialogs } = await inMidst(open, file.path, MiB)
  deployment.deploy(NEXT)
  await check(receiver)
  await receiver.page.getByRole('button', { name: 'Reload now' }).click()
  await receiver.page.getByRole('button', { name: 'Reload anyway' }).click()
  await untilVersion(receiver, NEXT)
  expect(dialogs()).toBe(0)
  await sender.limitUpload(8192)
  await receiver.untilDone(infoHash)
  expect((await receiver.save(infoHash)).sha).toBe(file.sha)
})

test('a tab from before the update that has no service worker says what it cannot load, and offers a reload', async ({
  browser,
  deployment,
  updatable,
}) => {
  const context = await browser.newContext()
  // Not Playwright's own block, which puts itself between the page and all that it fetches.
  await context.addInitScript(deleteServiceWorker)
  const app = await App.open(context, updatable.url)
  deployment.deploy(NEXT)
  await app.page.getByRole('link', { name: 'Lab' }).click()
  const words = app.page.getByRole('alert').filter({ hasText: 'Part of this page could not be loaded' })
  await expect(words).toContainText('If there is a new version by now, a reload helps')
  await words.getByRole('button', { name: 'Reload' }).click()
  await untilVersion(app, NEXT)
  await expect(app.page.getByRole('button', { name: 'Ask a question' })).toBeVisible()
  await context.close()
})
