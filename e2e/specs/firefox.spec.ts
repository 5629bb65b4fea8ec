import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { makeFile, MiB, scratch, sha256File } from '../fixtures/files.ts'
import { expect, test as base, WITHOUT_SERVICE_WORKER } from '../fixtures/test.ts'
import type { App, Snapshot } from '../pages/app.ts'
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

test.use(WITHOUT_SERVICE_WORKER)

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

const isLinkedTo = (peer: string | undefined) => (each: Snapshot) =>
  each.node?.links.some((link) => link.peer === peer) === true

/** Waits until both say that they are linked. */
async function untilLinked(firefox: FirefoxApp, chromium: App): Promise<void> {
  const [its, ours] = [await firefox.snapshot(), await chromium.snapshot()]
  await firefox.until(isLinkedTo(ours.node?.id))
  await chromium.until(isLinkedTo(its.node?.id))
}

/** All have left the server: nothing but what people carry brings them together. */
test('an invite is carried from Chromium to Firefox, and another one back', async ({ firefox, openPeer }) => {
  const leave = async ({ page }: App) => page.getByRole('switch', { name: 'Disconnect from server' }).check()
  const file = makeFile(scratch(), 'by invite.bin', 100_000, 23)
  // Whoever comes later is not introduced by the server.
  await firefox.goto('#/network')
  await (await firefox.find('switch', 'Disconnect from server')).click()
  await firefox.until(({ server }) => server.state === 'down')
  const host = await openPeer()
  const { link, infoHash } = await host.shareFiles(file.path)
  await host.goto('#/network')
  await leave(host)

  await host.page.getByRole('button', { name: 'Make an invite' }).click()
  const invite = await host.page.getByRole('textbox', { name: 'Invite link' }).inputValue()
  await firefox.goto(new URL(invite).hash)
  await firefox.click('Accept the invite')
  await host.page.getByRole('textbox', { name: 'Invite or reply' }).fill(await firefox.valueOf('Your reply'))
  await host.page.getByRole('button', { name: 'Connect' }).click()
  await untilLinked(firefox, host)
  await firefox.goto(new URL(link).hash)
  await firefox.click('Download')
  await firefox.untilDone(infoHash)

  const guest = await openPeer('#/network')
  await leave(guest)
  await firefox.goto('#/network')
  await firefox.click('Make an invite')
  await guest.goto(new URL(await firefox.valueOf('Invite link')).hash)
  await guest.page.getByRole('button', { name: 'Accept the invite' }).click()
  const reply = await guest.page.getByRole('textbox', { name: 'Your reply' }).inputValue()
  await (await firefox.find('textbox', 'Invite or reply')).type(reply)
  await firefox.click('Connect')
  await untilLinked(firefox, guest)
})

/** It can't ask for a place, so the service worker streams it. */
test('Firefox saves a large zip', async ({ firefox, openPeer }) => {
  const names = ['half 1.bin', 'half 2.bin']
  const folder = scratch()
  const files = names.map((name, index) => makeFile(folder, name, 33 * MiB, 63 + index))
  const chromium = await openPeer()
  const { link, infoHash } = await chromium.shareFiles(files.map(({ path }) => path))
  await firefox.goto(new URL(link).hash)
  await firefox.page.evaluate(async () => void (await navigator.serviceWorker.ready))
  await firefox.click('Download')
  await firefox.untilDone(infoHash)
  const zip = 'half 1.bin + 1.zip'
  await firefox.save(zip)
  const unpacked = scratch()
  execFileSync('python3', ['-m', 'zipfile', '-e', join(firefox.downloads, zip), unpacked])
  const inside = names.map((name) => sha256File(join(unpacked, 'half 1.bin + 1', name)))
  expect(inside).toEqual(files.map(({ sha }) => sha))
})
