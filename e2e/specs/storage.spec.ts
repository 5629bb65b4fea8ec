import { expect, test, WITHOUT_SERVICE_WORKER } from '../fixtures/test.ts'

test.use(WITHOUT_SERVICE_WORKER)

/** What the browser says of its storage: most of it is used, and it promises to keep it when it is asked again. */
const FAKE_STORAGE = (): void => {
  let asked = 0
  const { storage } = navigator
  storage.estimate = () => Promise.resolve({ usage: 9.4e9, quota: 10e9 })
  storage.persisted = () => Promise.resolve(asked > 1)
  storage.persist = () => Promise.resolve(++asked > 1)
}

test('the settings tell what is stored, that it may be deleted, and how to keep it', async ({
  browser,
  server,
}) => {
  const context = await browser.newContext(WITHOUT_SERVICE_WORKER)
  await context.addInitScript(FAKE_STORAGE)
  const page = await context.newPage()
  await page.goto(server.url)
  await page.getByRole('button', { name: 'Settings' }).click()
  const settings = page.getByRole('dialog', { name: 'Settings' })
  await expect(settings.locator('p').getByText(/^9\.40\sGB used of 10\.0\sGB/)).toBeVisible()
  await expect(settings.getByText(/^Only 600\sMB are left/)).toBeVisible()
  const warning = settings.getByText('may delete unfinished and finished downloads')
  await expect(warning).toBeVisible()
  const keep = settings.getByRole('button', { name: 'Ask the browser to keep it' })
  await keep.click()
  await expect(settings.getByRole('status').getByText('did not promise to keep it')).toBeVisible()
  await keep.click()
  await expect(settings.getByText('The browser has promised not to delete it')).toBeVisible()
  await expect(warning).toHaveCount(0)
  await context.close()
})
