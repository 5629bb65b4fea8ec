import { chromium, type BrowserContext, type Page } from '@playwright/test'
import { join } from 'node:path'
import { violationsOn } from '../fixtures/axe.ts'
import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { qrFilm, qrPicture } from '../fixtures/qr.ts'
import { expect, test, WITHOUT_SERVICE_WORKER } from '../fixtures/test.ts'
import { App } from '../pages/app.ts'
import { CHROMIUM } from '../playwright.config.ts'

/** Chromium whose camera shows a film. */
async function withCamera(film: string, run: (context: BrowserContext) => Promise<void>): Promise<void> {
  const args = [
    ...CHROMIUM.args,
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${film}`,
  ]
  const browser = await chromium.launch({ executablePath: CHROMIUM.executablePath, args })
  try {
    await run(await browser.newContext({ acceptDownloads: true, ...WITHOUT_SERVICE_WORKER }))
  } finally {
    await browser.close()
  }
}

/** Notes the tracks of the camera, so that it can be seen whether its light is still on. */
const NOTE_TRACKS = (): void => {
  const tracks: MediaStreamTrack[] = []
  Object.assign(globalThis, { tracks })
  const { getUserMedia } = MediaDevices.prototype
  MediaDevices.prototype.getUserMedia = async function (constraints) {
    const stream = await getUserMedia.call(this, constraints)
    tracks.push(...stream.getTracks())
    return stream
  }
}
const tracksOf = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    (globalThis as unknown as { tracks: MediaStreamTrack[] }).tracks.map(({ readyState }) => readyState),
  )

/** Under Playwright every tab counts as visible, so the page is told otherwise. */
const setHidden = (page: Page, isHidden: boolean): Promise<void> =>
  page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { value, configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
  }, isHidden)

const openScanner = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Scan a QR code' }).click()
  await page.getByRole('dialog', { name: 'Scan a QR code' }).waitFor()
}

test('the code of a link, held in front of the camera, opens its page; then the camera is off', async ({
  openOther,
  server,
}) => {
  const file = makeFile(scratch(), 'seen by a camera.bin', MiB, 71)
  const sender = await openOther()
  const { link, infoHash } = await sender.shareFiles(file.path)
  await withCamera(qrFilm(scratch(), 'link', link), async (context) => {
    await context.grantPermissions(['camera'], { origin: server.url })
    await context.addInitScript(NOTE_TRACKS)
    const app = await App.open(context, server.url)
    const late: string[] = []
    app.page.on('response', (response) => void late.push(new URL(response.url()).pathname))
    // Nobody is asked, and nothing of the reader is fetched, before it is wanted.
    expect(await tracksOf(app.page)).toEqual([])
    await openScanner(app.page)
    await expect(app.page.getByRole('heading', { name: 'seen by a camera' })).toBeVisible()
    await expect(app.page).toHaveURL(new RegExp(`#magnet:.*${infoHash}`))
    await expect(app.page.getByRole('dialog')).toHaveCount(0)
    await expect.poll(() => tracksOf(app.page)).toEqual(['ended'])
    expect(late.some((path) => path.includes('qr-decode'))).toBe(true)
    await app.download()
    await app.untilDone(infoHash)
    expect(app.problems).toEqual([])
  })
})

test('a code that is not ours is told, and the camera looks on until the dialog is closed', async ({
  server,
}) => {
  await withCamera(qrFilm(scratch(), 'foreign', 'https://elsewhere.example/pay?42'), async (context) => {
    await context.grantPermissions(['camera'], { origin: server.url })
    await context.addInitScript(NOTE_TRACKS)
    const { page, problems } = await App.open(context, server.url)
    await openScanner(page)
    await expect(page.getByRole('alert')).toContainText('https://elsewhere.example/pay?42')
    await expect(page).toHaveURL(server.url)
    await page.locator('video').waitFor()
    expect(await page.getByLabel('Picture of the camera').evaluate((each) => each.tagName)).toBe('VIDEO')
    expect(await violationsOn(page)).toEqual([])
    expect(await tracksOf(page)).toEqual(['live'])
    // Behind another tab it is off.
    await setHidden(page, true)
    await expect.poll(() => tracksOf(page)).toEqual(['ended'])
    await setHidden(page, false)
    await expect.poll(() => tracksOf(page)).toEqual(['ended', 'live'])
    await page.locator('video').waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => tracksOf(page)).toEqual(['ended', 'ended'])
    expect(problems).toEqual([])
  })
})

test('without permission, and without a camera, it says what to do', async ({ openPeer, server }) => {
  await withCamera(qrFilm(scratch(), 'unseen', 'nobody sees this'), async (context) => {
    // Everything that is not granted here is refused, without a question.
    await context.grantPermissions([], { origin: server.url })
    const { page } = await App.open(context, server.url)
    await openScanner(page)
    await expect(page.getByRole('alert')).toContainText('Allow it in the settings of this site')
    await context.grantPermissions(['camera'], { origin: server.url })
    await page.getByRole('button', { name: 'Try again' }).click()
    await expect(page.getByRole('alert')).toContainText('nobody sees this')
  })
  const { page } = await openPeer()
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByLabel('Language').selectOption({ label: '中文' })
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: '扫描二维码' }).click()
  await expect(page.getByRole('alert')).toContainText('没有浏览器可用的摄像头')
})

test('a code is read from a picture file, and what is none is told', async ({ openOther, openPeer }) => {
  const folder = scratch()
  const sender = await openOther()
  const { link } = await sender.shareFiles(makeFile(folder, 'from a picture.bin', 1000, 72).path)
  const { page } = await openPeer()
  await openScanner(page)
  const picture = page.getByLabel('Scan a picture file')
  await picture.setInputFiles(makeFile(folder, 'no picture.png', 5000, 73).path)
  await expect(page.getByRole('alert').last()).toContainText('not a picture')
  await picture.setInputFiles(join(import.meta.dirname, '../../client/public/icon-512.png'))
  await expect(page.getByRole('alert').last()).toContainText('No QR code was found')
  await picture.setInputFiles(qrPicture(folder, 'link.png', link))
  await expect(page.getByRole('heading', { name: 'from a picture' })).toBeVisible()
})

test('an invite and its reply are carried by pictures of their codes, with no server', async ({
  openPeer,
  server,
}) => {
  const [host, guest] = [await openPeer('#/network'), await openPeer()]
  for (const { page } of [host, guest])
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
  await server.kill()
  // Without a server they forget each other with their pages; what is opened comes from the cache.
  for (const app of [host, guest]) await app.page.reload()
  for (const app of [host, guest]) await app.until(({ node }) => node?.links.length === 0)
  await host.page.getByRole('button', { name: 'Make an invite' }).click()
  const invite = await host.page.getByRole('textbox', { name: 'Invite link' }).inputValue()
  await openScanner(guest.page)
  const invited = qrPicture(scratch(), 'invite.png', invite, 4)
  await guest.page.getByLabel('Scan a picture file').setInputFiles(invited)
  await guest.page.getByRole('button', { name: 'Accept the invite' }).click()
  const reply = await guest.page.getByRole('textbox', { name: 'Your reply' }).inputValue()
  await guest.page.getByText('QR code', { exact: true }).click()
  await expect(guest.page.getByRole('img', { name: 'QR code of your reply' })).toBeVisible()
  await openScanner(host.page)
  await host.page.getByLabel('Scan a picture file').setInputFiles(qrPicture(scratch(), 'reply.png', reply, 4))
  await expect(host.page.locator('.toasts').getByText('The reply fits.')).toBeVisible()
  for (const app of [host, guest]) await app.until(({ node }) => node?.links.length === 1)
})
