import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, expect, type Browser, type BrowserContextOptions } from '@playwright/test'
import { makeFile, MiB, scratch } from './fixtures/files.ts'
import { TestServer } from './fixtures/server.ts'
import { App } from './pages/app.ts'
import { CHROMIUM } from './playwright.config.ts'

/**
 * Takes the pictures of the README from the running app. Needs the built client and server, and fonts with Chinese
 * characters and emoji, which only the pictures need.
 */
const IMAGES = join(import.meta.dirname, '../docs/images')
const DESKTOP = { viewport: { width: 1280, height: 800 } }
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }

/** Files as people have them; what is in them does not matter. */
const TREE: readonly (readonly [path: string, sizeBytes: number])[] = [
  ['Audio/01 Harbour at dawn.flac', 3.4 * MiB],
  ['Audio/02 Ferry horn, long take.flac', 5.1 * MiB],
  ['Audio/03 Market hall.flac', 2.7 * MiB],
  ['Photos/IMG_2041.jpg', 1.9 * MiB],
  ['Photos/IMG_2042.jpg', 2.2 * MiB],
  ['Notes/会议记录.docx', 61_700],
  ['Notes/packing list 🎒.txt', 830],
]

function makeFolder(): string {
  const folder = join(scratch(), 'Harbour recordings')
  for (const [index, [path, sizeBytes]] of TREE.entries()) {
    makeFile(folder, path, Math.round(sizeBytes), index + 1)
  }
  return folder
}

async function openPeer(
  browser: Browser,
  url: string,
  options: BrowserContextOptions,
  hash = '',
): Promise<App> {
  const context = await browser.newContext({ reducedMotion: 'reduce', colorScheme: 'light', ...options })
  // tsx names functions with a helper that pages do not have.
  await context.addInitScript('globalThis.__name = (each) => each')
  return App.open(context, url, hash)
}

async function take(app: App, name: string): Promise<void> {
  await app.page.evaluate(() => document.fonts.ready.then(() => undefined))
  await app.page.mouse.move(0, 0)
  // The dialog of the settings gives the focus back to its button.
  await app.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
  await app.page.screenshot({ path: join(IMAGES, `${name}.png`) })
  console.log(`docs/images/${name}.png`)
}

async function takeAll(browser: Browser, url: string): Promise<void> {
  const sender = await openPeer(browser, url, { viewport: { width: 1280, height: 1010 } })
  const tree = await sender.shareFolder(makeFolder())
  const film = await sender.shareFiles(makeFile(scratch(), 'Harbour concert, 2026-06-20.mp4', 64 * MiB).path)
  await sender.limitUpload(2048)

  const visitor = await openPeer(
    browser,
    url,
    { viewport: { width: 1280, height: 910 }, colorScheme: 'dark' },
    new URL(tree.link).hash,
  )
  await visitor.untilShare((share) => share.state.name === 'offered' && share.peers.length > 0)
  await take(visitor, 'share-dark')

  const hash = new URL(film.link).hash
  const leecher = await openPeer(browser, url, DESKTOP, hash)
  const phone = await openPeer(browser, url, PHONE, hash)
  const third = await openPeer(browser, url, DESKTOP, hash)
  for (const app of [leecher, phone, third]) {
    await app.limitUpload(1024)
    await app.download()
  }
  await phone.untilShare((share) => share.verifiedBytes > 0.4 * share.wantedBytes && share.peers.length > 2)
  await take(phone, 'phone-transfer')
  await take(sender, 'home-light')
  await take(leecher, 'transfer-peers')
  await takeDiscovery(browser, url, sender)
}

/** More peers with more files, a comparison, and the network as one of them knows it. */
async function takeDiscovery(browser: Browser, url: string, sender: App): Promise<void> {
  await sender.limitUpload(100_000)
  const folder = scratch()
  const names = [
    'Harbour sketches.pdf',
    'Old harbour, map of 1912.png',
    'Ferry timetable.txt',
    'Harbour fair.mp3',
  ]
  const peers: App[] = []
  for (const [index, name] of names.entries()) {
    const peer = await openPeer(browser, url, DESKTOP)
    await peer.shareFiles(makeFile(folder, name, 200_000 + 90_000 * index, index + 50).path)
    peers.push(peer)
  }
  const searcher = await openPeer(browser, url, { viewport: { width: 1280, height: 1180 } })
  await searcher.until(
    ({ node }) => (node?.systems.ring?.size ?? 0) > names.length && node?.systems.kazaa?.role !== 'orphan',
  )
  await searcher.searchUntil('harbour', 'Ring', 11)
  await searcher.searchUntil('harbour', 'Compare all', 11)
  await take(searcher, 'search-light')
  await searcher.page.emulateMedia({ colorScheme: 'dark' })
  await searcher.goto('#/network')
  await searcher.page.getByRole('listbox', { name: /other peers?/ }).waitFor()
  await take(searcher, 'network-dark')
  await searcher.page.emulateMedia({ colorScheme: 'light' })
  await takeLab(searcher)
}

/** A flood of a hundred servents, caught while the question travels. */
async function takeLab(app: App): Promise<void> {
  const { page } = app
  await page.setViewportSize({ width: 1280, height: 1100 })
  await app.goto('#/lab')
  await page.getByLabel('System').selectOption('Gnutella')
  await page.getByRole('combobox', { name: 'Peers' }).selectOption('64')
  await page.getByLabel('Speed').selectOption('0.02 ×')
  await page.getByRole('button', { name: 'Ask a question' }).click()
  const messages = page
    .locator('dl div')
    .filter({ has: page.getByText('Messages', { exact: true }) })
    .locator('dd')
  await expect
    .poll(async () => Number((await messages.innerText()).replace(',', '')), { timeout: 60_000 })
    .toBeGreaterThan(60)
  await take(app, 'lab-light')
}

mkdirSync(IMAGES, { recursive: true })
const server = await TestServer.start()
const browser = await chromium.launch(CHROMIUM)
try {
  await takeAll(browser, server.url)
} finally {
  await browser.close()
  await server.kill()
}
