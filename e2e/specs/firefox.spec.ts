import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test as base } from '../fixtures/test.ts'
import { FirefoxApp } from '../pages/firefox.ts'

/** One Firefox per test, closed whatever becomes of it. Errors on its page fail the test. */
const test = base.extend<{ readonly firefox: FirefoxApp }>({
  firefox: async ({ server }, use) => {
    const app = await FirefoxApp.open(server.url)
    await use(app)
    await app.browser.close()
    expect(app.problems).toEqual([])
  },
})

/** Another engine with another WebRTC stack: both directions, byte for byte. */
test('Firefox downloads from Chromium', async ({ firefox, openPeer }) => {
  const file = makeFile(scratch(), 'to firefox.bin', 5 * MiB + 4321, 21)
  const chromium = await openPeer()
  const { link, infoHash } = await chromium.shareFiles(file.path)
  await firefox.goto(new URL(link).hash)
  await firefox.click('Download')
  await firefox.untilDone(infoHash)
  expect(await firefox.save('to firefox.bin')).toBe(file.sha)
  expect((await firefox.share(infoHash))?.downloadedBytes).toBe(5 * MiB + 4321)
})

test('Chromium downloads from Firefox', async ({ firefox, openPeer }) => {
  const file = makeFile(scratch(), 'from firefox.bin', 5 * MiB + 1234, 22)
  const { link, infoHash } = await firefox.shareFile(file.path)
  const chromium = await openPeer(new URL(link).hash)
  await chromium.download()
  await chromium.untilDone(infoHash)
  expect(await chromium.save(infoHash)).toEqual({ sha: file.sha, name: 'from firefox.bin' })
  expect((await firefox.share(infoHash))?.uploadedBytes).toBe(5 * MiB + 1234)
})
