import type { BrowserContext } from '@playwright/test'
import { makeFile, makeFilm, scratch, sha256File } from '../fixtures/files.ts'
import { deleteServiceWorker, expect, test as base } from '../fixtures/test.ts'
import { App } from '../pages/app.ts'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** As Firefox, which can't ask for a place to write to. */
const deletePickers = (): void => {
  Object.assign(globalThis, { showSaveFilePicker: undefined, showDirectoryPicker: undefined })
}

/** Peers in browsers without service workers. */
const test = base.extend<{ readonly openWorkerless: (hash?: string) => Promise<App> }>({
  openWorkerless: async ({ browser, server }, use) => {
    const opened: { context: BrowserContext; app: App }[] = []
    await use(async (hash = '') => {
      const context = await browser.newContext({ acceptDownloads: true })
      // Together: a private window of Firefox.
      for (const each of [deleteServiceWorker, deletePickers]) await context.addInitScript(each)
      const app = await App.open(context, server.url, hash)
      opened.push({ context, app })
      return app
    })
    for (const { context } of opened) await context.close()
    expect(opened.flatMap(({ app }) => app.problems)).toEqual([])
  },
})

test('without service workers a film plays when it is here, until then it is said, and all of it is saved', async ({
  openWorkerless,
}) => {
  const folder = join(scratch(), 'Evening')
  const note = makeFile(folder, 'note.bin', 1000, 91)
  const film = makeFilm(folder, 'harbour.mp4', 8)
  writeFileSync(join(folder, 'read me.txt'), 'harbour at night')
  const sender = await openWorkerless()
  expect(await sender.page.evaluate(() => 'serviceWorker' in navigator)).toBe(false)
  const { link, infoHash } = await sender.shareFolder(folder)
  await sender.limitUpload(64)
  const receiver = await openWorkerless(new URL(link).hash)
  const { page } = receiver
  await receiver.download()
  await receiver.untilShare((share) => share.verifiedBytes > 0)
  await page.getByRole('button', { name: 'Play harbour.mp4' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('This file plays once it is complete.')
  await expect(dialog.locator('video')).toHaveCount(0)

  // It stays open, and shows the film as soon as all of it is here.
  await sender.limitUpload(100_000)
  await receiver.untilDone(infoHash)
  const video = dialog.locator('video')
  await expect.poll(() => video.evaluate((each: HTMLVideoElement) => each.currentTime)).toBeGreaterThan(0.5)
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Preview read me.txt' }).click()
  await expect(dialog).toContainText('harbour at night')
  await page.keyboard.press('Escape')

  const saved = await receiver.savedFiles(infoHash)
  const readMe = sha256File(join(folder, 'read me.txt'))
  expect(saved.map(({ sha }) => sha).sort()).toEqual([film.sha, note.sha, readMe].sort())
  await expect(page.getByText('was handed to your browser to save').last()).toBeVisible()
})
