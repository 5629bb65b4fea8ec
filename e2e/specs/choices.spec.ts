import { expect, test, WHOLE_BROWSER } from '../fixtures/test.ts'
import { App } from '../pages/app.ts'

test.use(WHOLE_BROWSER)

test('what is chosen in one tab holds for the others at once', async ({ openPeer, server }) => {
  const { page } = await openPeer()
  await page.context().grantPermissions(['notifications'], { origin: server.url })
  const other = await App.open(page.context(), server.url)
  for (const each of [page, other.page]) await each.getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('switch', { name: /notif/i }).check()
  await page.getByRole('switch', { name: /single key/i }).uncheck()
  await page.getByLabel('Colours').selectOption('dark')
  await expect(other.page.getByRole('switch', { name: /notif/i })).toBeChecked()
  await expect(other.page.getByRole('switch', { name: /single key/i })).not.toBeChecked()
  await expect(other.page.getByLabel('Colours')).toHaveValue('dark')
  await expect(other.page.locator('html')).toHaveAttribute('data-theme', 'dark')
  await page.getByLabel('Language').selectOption({ label: '中文' })
  await expect(other.page.getByRole('heading', { name: '设置' })).toBeVisible()
})
