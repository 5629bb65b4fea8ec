import { makeFile, scratch } from '../fixtures/files.ts'
import { expect, test } from '../fixtures/test.ts'
import { App } from '../pages/app.ts'

test('while the code of the overlays is on its way a peer downloads and says so; once it is there it joins them', async ({
  browser,
  openOther,
  server,
}) => {
  const context = await browser.newContext({ acceptDownloads: true })
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  let asked = 0
  await context.route(/\/overlay-cores-.*\.js$/, async (route) => {
    // The first try fails, as on a phone that changes its network.
    if (asked++ === 0) return route.abort()
    await released
    await route.continue()
  })
  const sharer = await openOther()
  const file = makeFile(scratch(), 'Early bird.bin', 400_000, 12)
  const { link, infoHash } = await sharer.shareFiles(file.path)
  const late = await App.open(context, server.url, new URL(link).hash)
  await late.download()
  await late.untilDone(infoHash)
  expect((await late.save(infoHash)).sha).toBe(file.sha)

  await late.goto('#/network')
  const ring = late.page.locator('tr[data-system="ring"]')
  await expect(ring).toContainText('starting…')
  await late.search('early', 'Ring')
  await expect(late.page.getByText('is still loading: ask again in a moment')).toBeVisible()
  expect((await late.snapshot()).node?.systems.overlays).toBe('starting')

  release()
  await late.until(({ node }) => node?.systems.ring?.size === 2 && node.systems.kazaa?.role !== 'orphan')
  for (const system of ['Gnutella', 'KaZaA', 'Ring']) await sharer.searchUntil('early', system, 1)
  await late.searchUntil('early', 'Ring', 1)
  expect(asked).toBeGreaterThan(1)
  expect(late.problems).toEqual([])
  await context.close()
})

test('where the first script never comes, the page says so after a while, and nothing of it once it has started', async ({
  browser,
  server,
}) => {
  const context = await browser.newContext({ serviceWorkers: 'block' })
  const page = await context.newPage()
  let isThere = false
  await context.route(/\/index-.*\.js$/, (route) => (isThere ? route.continue() : route.abort()))
  await page.goto(server.url)
  const words = page.getByText('Ringdrop has not started yet')
  await expect(words).toBeHidden()
  const goOn = () => document.getAnimations().forEach((each) => each.finish())
  await page.evaluate(goOn)
  await expect(words).toBeVisible()
  await expect(page.getByText('重新加载')).toBeVisible()
  isThere = true
  await page.reload()
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await page.evaluate(goOn)
  await expect(words).toBeHidden()
  await context.close()
})

test('where the code that keeps files can’t be fetched, the page says that things wait, and goes on once it is there', async ({
  browser,
  openOther,
  server,
}) => {
  const context = await browser.newContext({ acceptDownloads: true })
  let isThere = false
  await context.route(/\/store\.worker-.*\.js$/, (route) => (isThere ? route.continue() : route.abort()))
  const sharer = await openOther()
  const file = makeFile(scratch(), 'Patience.bin', 400_000, 13)
  const { link, infoHash } = await sharer.shareFiles(file.path)
  const late = await App.open(context, server.url, new URL(link).hash)
  await late.download()
  const words = late.page.getByText('Part of this page could not be loaded')
  await expect(words).toBeVisible()
  isThere = true
  await late.untilDone(infoHash)
  await expect(words).toBeHidden()
  expect((await late.save(infoHash)).sha).toBe(file.sha)
  await context.close()
})

test('settings are not changed before it is known what they are', async ({ browser, server }) => {
  // A service worker would have the code in its cache.
  const context = await browser.newContext({ serviceWorkers: 'block' })
  const app = await App.open(context, server.url)
  const { page } = app
  await app.limitUpload(256)
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  await context.route(/\/tabs-.*\.js$/, async (route) => {
    await released
    await route.continue()
  })
  await page.reload({ waitUntil: 'commit' })
  await page.getByRole('button', { name: 'Settings' }).click()
  const [upload, download] = [page.getByLabel(/upload limit/i), page.getByLabel(/download limit/i)]
  await expect(upload).toBeDisabled()
  await expect(page.getByRole('switch', { name: 'Gnutella' })).toBeDisabled()
  await expect(page.getByLabel('Language')).toBeEnabled()
  release()
  await expect(upload).toHaveValue('256')
  await download.fill('1,024')
  await download.press('Enter')
  await expect(page.getByText('Now: up 262 kB/s, down 1.05 MB/s.')).toBeVisible()
  expect(app.problems).toEqual([])
  await context.close()
})

test('what can’t be fetched is tried again for as long as it is waited for, and the page says so', async ({
  browser,
  server,
}) => {
  const context = await browser.newContext({ serviceWorkers: 'block' })
  let isThere = false
  let tries = 0
  await context.route(/\/(TransferList|SettingsDialog)-.*\.js$/, (route) => {
    tries++
    return isThere ? route.continue() : route.abort()
  })
  const app = await App.open(context, server.url)
  const { page } = app
  const words = page.getByText('Part of this page could not be loaded')
  const list = page.getByRole('region', { name: 'Transfers' })
  await page.getByLabel('Choose files').setInputFiles(makeFile(scratch(), 'Waiting.bin', 1_000, 14).path)
  await expect(words).toContainText('It is tried again by itself')
  // Who gives up does so after four.
  await expect.poll(() => tries).toBeGreaterThan(4)
  await expect(list).toHaveCount(0)

  // What somebody opened is given up with a word, and can be opened again.
  const settings = page.getByRole('button', { name: 'Settings' })
  await settings.click()
  await expect(page.getByText('then try again or reload').first()).toBeVisible()
  isThere = true
  await settings.click()
  await expect(page.getByRole('dialog', { name: 'Settings' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(list).toBeVisible()
  await expect(words.filter({ hasText: 'by itself' })).toHaveCount(0)
  expect(app.problems).toEqual([])
  await context.close()
})
