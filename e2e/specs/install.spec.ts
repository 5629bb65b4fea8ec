import { expect, test } from '../fixtures/test.ts'

test('the browser may install the app', async ({ openPeer }) => {
  const { page } = await openPeer()
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
  const session = await page.context().newCDPSession(page)
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors')
  // A context of Playwright is a private window, in which Chromium installs nothing; anything else is ours.
  expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito')).toEqual([])
  const { url, errors } = await session.send('Page.getAppManifest')
  expect(url).toMatch(/manifest\.webmanifest$/)
  expect(errors).toEqual([])
})

test('what another app hands over is shared, and a link is opened', async ({ openPeer, server }) => {
  const { page } = await openPeer()
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
  const post = (fields: Record<string, string>) =>
    page.evaluate(async (texts) => {
      const form = new FormData()
      for (const [name, text] of Object.entries(texts)) form.set(name, text)
      if ('title' in texts)
        form.append('files', new File(['from elsewhere'], 'handed över.txt', { type: 'text/plain' }))
      return (await fetch('./share-target', { method: 'POST', body: form })).url
    }, fields)
  await post({ title: 'A file' })
  await page.goto(`${server.url}#/shared`)
  await page.locator('li[aria-label="handed över.txt"][data-state=seeding]').waitFor()
  await post({ text: `magnet:?xt=urn:btmh:1220${'cd'.repeat(32)}` })
  await page.goto(`${server.url}#/shared`)
  await expect(page).toHaveURL(/#magnet:/)
})

test('a page opened from its cache says that it needs the server for what it has never seen', async ({
  openPeer,
  server,
}) => {
  const { page } = await openPeer()
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
  await server.kill()
  await page.reload()
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  // Pages that were never opened come from the cache too.
  await page.goto(`${server.url}#/lab`)
  await expect(page.getByRole('button', { name: 'Ask a question' })).toBeVisible()
})
