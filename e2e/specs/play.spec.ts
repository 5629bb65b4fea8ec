import { makeFile, makeFilm, MiB, scratch } from '../fixtures/files.ts'
import { expect, test } from '../fixtures/test.ts'
import { App } from '../pages/app.ts'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

test('a film plays before it is here, and a seek is served', async ({ openOther, openPeer }) => {
  const film = makeFilm(scratch(), 'harbour.mp4', 80)
  const sender = await openOther()
  const { link, infoHash } = await sender.shareFiles(film.path)
  // More than the film's own rate, and slow enough to see it play early on a busy machine.
  await sender.limitUpload(512)
  const receiver = await openPeer(new URL(link).hash)
  const { page } = receiver
  // The worker that feeds players takes over the page when it has been installed.
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
  await receiver.download()
  await receiver.untilShare((share) => share.verifiedBytes > 0)
  await page.getByRole('button', { name: 'Play harbour.mp4' }).click()
  const video = page.getByLabel('harbour.mp4', { exact: true }).locator('visible=true')
  const media = page.locator('video')
  await expect(video.first()).toBeVisible()
  const state = () =>
    media.evaluate((each: HTMLVideoElement) => ({
      at: each.currentTime,
      ready: each.readyState,
      duration: each.duration,
      isSeeking: each.seeking,
    }))
  await expect.poll(async () => (await state()).at, { timeout: 60_000 }).toBeGreaterThan(1)
  const begun = await receiver.share(infoHash)
  expect(begun?.verifiedBytes ?? 0).toBeLessThan(0.75 * (begun?.wantedBytes ?? 0))

  await media.evaluate((each: HTMLVideoElement) => void (each.currentTime = each.duration * 0.8))
  await expect.poll(async () => (await state()).ready, { timeout: 60_000 }).toBeGreaterThanOrEqual(3)
  const { at, duration } = await state()
  expect(at).toBeGreaterThan(duration * 0.79)
  const sought = await receiver.share(infoHash)
  expect(sought?.state.name).toBe('leeching')

  await expect(page.getByText('Plays while it downloads')).toBeVisible()
  await sender.limitUpload(100_000)
  await receiver.untilDone(infoHash)
  await expect(page.getByText('All of it is here')).toBeVisible()
  await page.keyboard.press('Escape')
  expect((await receiver.save(infoHash)).sha).toBe(film.sha)
})

test('a player goes on when another tab, which ran the node, is closed', async ({
  openOther,
  openPeer,
  server,
}) => {
  const film = makeFilm(scratch(), 'handed over.mp4', 80)
  const sender = await openOther()
  const { link, infoHash } = await sender.shareFiles(film.path)
  await sender.limitUpload(256)
  const owner = await openPeer(new URL(link).hash)
  await owner.page.waitForFunction(() => navigator.serviceWorker.controller !== null)
  await owner.download()
  await owner.untilShare((share) => share.verifiedBytes > 0)
  const watcher = await App.open(owner.page.context(), server.url, new URL(link).hash)
  const { page } = watcher
  await page.getByRole('button', { name: 'Play handed over.mp4' }).click()
  const media = page.locator('video')
  await expect.poll(() => media.evaluate((each: HTMLVideoElement) => each.duration)).toBeGreaterThan(1)

  // What it asks for next is not there yet: the question waits in the tab that goes.
  await sender.page.getByRole('button', { name: 'Pause' }).click()
  await sender.untilShare(({ state }) => state.name === 'paused')
  await media.evaluate((each: HTMLVideoElement) => void (each.currentTime = each.duration * 0.8))
  await expect.poll(() => media.evaluate((each: HTMLVideoElement) => each.readyState)).toBe(1)
  await owner.page.close()
  await watcher.until(({ phase }) => phase.name === 'owner')
  await sender.page.getByRole('button', { name: 'Resume' }).click()
  await watcher.untilShare(({ peers, state }) => peers.length > 0 && state.name === 'leeching', infoHash)
  const ready = () => media.evaluate((each: HTMLVideoElement) => each.readyState)
  await expect.poll(ready, { timeout: 60_000 }).toBeGreaterThanOrEqual(3)
})

test('a film that was left out is fetched when it is played; of a paused share it is said at once', async ({
  openOther,
  openPeer,
}) => {
  const folder = join(scratch(), 'Films')
  for (const [seed, name] of ['first.mp4', 'second.mp4', 'third.mp4'].entries())
    makeFile(folder, name, MiB, seed)
  const sender = await openOther()
  const { link } = await sender.shareFolder(folder)
  await sender.limitUpload(64)
  const receiver = await openPeer(new URL(link).hash)
  const { page } = receiver
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
  for (const name of ['second.mp4', 'third.mp4']) await page.getByRole('checkbox', { name }).uncheck()
  await receiver.download()
  await receiver.untilShare(({ wantedBytes }) => wantedBytes === MiB)
  await page.getByRole('button', { name: 'Play second.mp4' }).click()
  await receiver.untilShare(({ wantedBytes }) => wantedBytes === 2 * MiB)
  await expect(page.getByRole('dialog')).toBeVisible()
  await page.keyboard.press('Escape')

  await page.getByRole('button', { name: 'Pause' }).click()
  // Until it is seen on the page, which follows the node by a tenth of a second.
  await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible()
  await page.getByRole('button', { name: 'Play third.mp4' }).click()
  await expect(page.getByText('Resume it to play this file.')).toBeVisible()
  expect((await receiver.share())?.wantedBytes).toBe(2 * MiB)
})

test('pictures and texts are shown, and nothing that could run in our origin', async ({
  openOther,
  openPeer,
  server,
}) => {
  const folder = join(scratch(), 'Mixed')
  makeFile(folder, 'big.bin', MiB, 5)
  writeFileSync(join(folder, 'note.txt'), '<b>not bold</b>\nsecond line')
  writeFileSync(join(folder, 'page.html'), '<script>alert(1)</script>')
  writeFileSync(join(folder, 'drawing.svg'), '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')
  // The smallest GIF there is.
  writeFileSync(
    join(folder, 'dot.gif'),
    Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64'),
  )
  const sender = await openOther()
  const { link, infoHash } = await sender.shareFolder(folder)
  const receiver = await openPeer(new URL(link).hash)
  await receiver.download()
  await receiver.untilDone(infoHash)
  const { page } = receiver
  await page.getByRole('button', { name: 'Preview note.txt' }).click()
  await expect(page.getByRole('dialog')).toContainText('<b>not bold</b>')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Preview dot.gif' }).click()
  const picture = page.getByRole('dialog').getByRole('img', { name: 'dot.gif' })
  await expect.poll(() => picture.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(1)
  // What is shown stays as it is while the share goes on.
  const source = await picture.getAttribute('src')
  await sender.page.close()
  await receiver.untilShare((share) => share.peers.length === 0)
  expect(await picture.getAttribute('src')).toBe(source)
  await page.keyboard.press('Escape')
  await expect(page.getByRole('button', { name: /(Preview|Play) (page|drawing)/ })).toHaveCount(0)
  // The address of a stream, opened as a page or fetched, gives nothing of a stranger's.
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
  const status = await page.evaluate(
    async (address) => (await fetch(address)).status,
    `${server.url}stream/${infoHash}/0?type=video%2Fmp4`,
  )
  expect(status).toBe(404)
})
