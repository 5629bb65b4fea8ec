import type { Browser } from '@playwright/test'
import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test, WITHOUT_SERVICE_WORKER } from '../fixtures/test.ts'
import { App } from '../pages/app.ts'

test.use(WITHOUT_SERVICE_WORKER)

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** What {@link openWithClocks} leaves in a page. */
interface Clocks {
  readonly clocks: { wallMs: number; countedMs: number }
}

/**
 * A peer whose two clocks can be moved by so much against the true time. Workers keep theirs: they have no use for it.
 * Both begin `behindMs` ago, as if the page had been opened then.
 */
async function openWithClocks(browser: Browser, url: string, behindMs = 0, hash = ''): Promise<App> {
  const context = await browser.newContext({ acceptDownloads: true })
  await context.addInitScript((behind) => {
    const clocks = { wallMs: -behind, countedMs: 0 }
    const [now, counted] = [Date.now.bind(Date), performance.now.bind(performance)]
    const origin = performance.timeOrigin - behind
    Date.now = () => now() + clocks.wallMs
    performance.now = () => counted() + clocks.countedMs
    Object.defineProperty(performance, 'timeOrigin', { get: () => origin })
    Object.assign(globalThis, { clocks })
  }, behindMs)
  return App.open(context, url, hash)
}

/** `wallMs` against the true time; `countedMs` more than was counted. */
async function setClocks(app: App, wallMs: number, countedMs = 0): Promise<void> {
  await app.page.evaluate((set) => void Object.assign((globalThis as unknown as Clocks).clocks, set), {
    wallMs,
    countedMs,
  })
}

interface Transfer {
  readonly link: string
  readonly infoHash: string
  readonly sha: string
}

/** A transfer that has begun, so slow that the rest takes seconds. */
async function startTransfer(sender: App, receiver: App): Promise<Transfer> {
  const file = makeFile(scratch(), 'timely file.bin', 6 * MiB, 61)
  await sender.limitUpload(1024)
  const { link, infoHash } = await sender.shareFiles(file.path)
  await receiver.page.evaluate((hash) => (location.hash = hash), new URL(link).hash)
  await receiver.untilShare(({ state }) => state.name === 'offered', infoHash)
  await receiver.download()
  await receiver.untilShare((share) => share.verifiedBytes > MiB, infoHash)
  return { link, infoHash, sha: file.sha }
}

/** Who comes after the trouble finds, reaches and fetches from both who were in trouble. */
async function newcomerFetches(newcomer: App, { link, infoHash, sha }: Transfer): Promise<void> {
  // By each of the four systems.
  await newcomer.searchUntil('timely', 'Compare all', 1)
  await newcomer.page.evaluate((hash) => (location.hash = hash), new URL(link).hash)
  await newcomer.untilShare(({ state, peers }) => state.name === 'offered' && peers.length === 2, infoHash)
  await newcomer.download()
  await newcomer.untilDone(infoHash)
  await newcomer.page.evaluate(() => (location.hash = '#/'))
  expect((await newcomer.save(infoHash)).sha).toBe(sha)
}

test('a day is slept through in mid-transfer, by a clock that stood still and by one that went on', async ({
  openPeer,
  browser,
  server,
}) => {
  const sender = await openWithClocks(browser, server.url, DAY_MS)
  const receiver = await openWithClocks(browser, server.url, DAY_MS)
  const transfer = await startTransfer(sender, receiver)
  // On Linux and macOS the clock that counts stands still while the machine sleeps, on Windows it does not.
  await setClocks(sender, 0)
  await setClocks(receiver, 0, DAY_MS)
  await receiver.untilDone(transfer.infoHash)
  await sender.limitUpload(100_000)
  await newcomerFetches(await openPeer(), transfer)
  expect([...sender.problems, ...receiver.problems]).toEqual([])
})

test('clocks are set a day ahead and an hour back in mid-transfer, and right again later', async ({
  openPeer,
  browser,
  server,
}) => {
  const sender = await openWithClocks(browser, server.url)
  const receiver = await openWithClocks(browser, server.url)
  const transfer = await startTransfer(sender, receiver)
  await setClocks(sender, DAY_MS)
  await setClocks(receiver, DAY_MS)
  await receiver.untilShare((share) => share.verifiedBytes > 3 * MiB, transfer.infoHash)
  await setClocks(receiver, -HOUR_MS)
  await receiver.untilDone(transfer.infoHash)
  // Records of the ring are dated, so that one waits until the clocks are right.
  for (const system of ['Directory', 'Gnutella', 'KaZaA']) await receiver.searchUntil('timely', system, 1)
  for (const app of [sender, receiver]) await setClocks(app, 0)
  await sender.limitUpload(100_000)
  await newcomerFetches(await openPeer(), transfer)
  expect([...sender.problems, ...receiver.problems]).toEqual([])
})
