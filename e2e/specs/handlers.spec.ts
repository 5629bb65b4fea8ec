import { readFileSync } from 'node:fs'
import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test } from '../fixtures/test.ts'
import { App } from '../pages/app.ts'

/** What the init scripts leave in the page. */
interface Spies {
  readonly handlers: [string, string][]
  launch(target: { files: FileSystemFileHandle[] }): void
}
declare const spies: Spies

/** Handlers are noted instead of registered, since a private window registers none. */
const NOTE_HANDLERS = (): void => {
  const handlers: [string, string][] = []
  Object.assign(globalThis, { spies: { handlers } })
  Navigator.prototype.registerProtocolHandler = (scheme, url) => void handlers.push([scheme, String(url)])
}

/** Stands in for the system, which opens files with the installed app. */
const FAKE_LAUNCHES = (): void => {
  const spies: Partial<Spies> = {}
  const setConsumer = (launch: Spies['launch']) => void (spies.launch = launch)
  Object.defineProperty(globalThis, 'launchQueue', { value: { setConsumer } })
  Object.assign(globalThis, { spies })
}

/** The system opens a file with the app: a real handle to a real file. */
const launchWith = ({ page }: App, name: string, bytes: Uint8Array): Promise<void> =>
  page.evaluate(
    async ({ name, content }) => {
      const handle = await (await navigator.storage.getDirectory()).getFileHandle(name, { create: true })
      const writable = await handle.createWritable()
      await writable.write(Uint8Array.from(content))
      await writable.close()
      spies.launch({ files: [handle] })
    },
    { name, content: [...bytes] },
  )

test('magnet links are asked for by a click, and what the browser then opens is the share', async ({
  browser,
  openOther,
  server,
}) => {
  const file = makeFile(scratch(), 'über magnet & co.bin', MiB, 61)
  const sender = await openOther()
  const { link, infoHash } = await sender.shareFiles(file.path)
  const context = await browser.newContext({ acceptDownloads: true })
  await context.addInitScript(NOTE_HANDLERS)
  const app = await App.open(context, server.url)
  expect(await app.page.evaluate(() => spies.handlers)).toEqual([])
  await app.page.getByRole('button', { name: 'Settings' }).click()
  await app.page.getByRole('button', { name: 'Open magnet links here' }).click()
  await expect(app.page.getByRole('status').getByText(/asks you whether/)).toBeVisible()
  const [[scheme, template] = [], ...more] = await app.page.evaluate(() => spies.handlers)
  expect([scheme, more]).toEqual(['magnet', []])
  // The installed app is opened by its manifest, at the same address.
  const manifest = await app.page.evaluate(async () => {
    const path = document.querySelector<HTMLLinkElement>('link[rel=manifest]')?.href ?? ''
    return (await (await fetch(path)).json()) as { protocol_handlers: { protocol: string; url: string }[] }
  })
  const [handler] = manifest.protocol_handlers
  expect(handler?.protocol).toBe('magnet')
  expect(new URL(handler?.url ?? '', server.url).href).toBe(template)

  // Browsers put the link in percent-encoded.
  const magnet = new URL(link).hash.slice(1)
  expect(magnet).toMatch(/^magnet:\?xt=/)
  const tab = await context.newPage()
  await tab.goto((template ?? '').replace('%s', encodeURIComponent(magnet)))
  await expect(tab.getByRole('heading', { name: 'über magnet & co' })).toBeVisible()
  await tab.getByRole('button', { name: 'Download', exact: true }).click()
  await app.untilDone(infoHash)
  await context.close()
})

test('the system opens a .torrent file with the app: the share is fetched, or the file itself is shared', async ({
  browser,
  openOther,
  server,
}) => {
  const file = makeFile(scratch(), 'described.bin', MiB, 62)
  const sender = await openOther()
  const { infoHash } = await sender.shareFiles(file.path)
  await sender.transfer(infoHash).getByRole('button', { name: 'Peers and files' }).click()
  const download = sender.page.waitForEvent('download')
  await sender.page.getByRole('button', { name: 'Export .torrent' }).click()
  const torrent = readFileSync(await (await download).path())

  const context = await browser.newContext({ acceptDownloads: true })
  await context.addInitScript(FAKE_LAUNCHES)
  const app = await App.open(context, server.url)
  const question = app.page.locator('.toasts').getByText('This is a .torrent file.')
  await launchWith(app, 'described.torrent', torrent)
  await expect(question).toBeVisible()
  await app.page.getByRole('button', { name: 'Get what it describes' }).click()
  await expect(app.page).toHaveURL(new RegExp(infoHash))
  await app.download()
  await app.untilDone(infoHash)
  expect((await app.save(infoHash)).sha).toBe(file.sha)

  await launchWith(app, 'described.torrent', torrent)
  await app.page.getByRole('button', { name: 'Share the file itself' }).click()
  const shared = app.page.locator('li[aria-label="described.torrent"][data-state=seeding]')
  await shared.waitFor()
  // The system gave a handle, so that the file is found again by the next visit.
  await app.page.reload()
  await shared.waitFor()
  await context.close()
})
