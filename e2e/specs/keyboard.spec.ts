import type { Page } from '@playwright/test'
import { makeFile, scratch } from '../fixtures/files.ts'
import { expect, test, WITHOUT_SERVICE_WORKER } from '../fixtures/test.ts'

test.use(WITHOUT_SERVICE_WORKER)

const map = (page: Page) => page.getByRole('listbox', { name: /other peers?/ })

test('the focus stays where somebody works, also where a button does the opposite next or goes', async ({
  openPeer,
}) => {
  const [sharer, searcher] = [await openPeer(), await openPeer()]
  const { infoHash } = await sharer.shareFiles(makeFile(scratch(), 'Harbour.bin', 1_000, 71).path)
  const card = sharer.transfer(infoHash)
  const [pause, resume] = ['Pause', 'Resume'].map((name) => card.getByRole('button', { name }))
  await pause!.focus()
  await sharer.page.keyboard.press('Enter')
  await expect(resume!).toBeFocused()
  await sharer.page.keyboard.press('Enter')
  await expect(pause!).toBeFocused()

  const { page } = searcher
  await searcher.searchUntil('harbour', 'Gnutella', 1)
  await page.getByRole('link', { name: 'Network', exact: true }).click()
  await page.getByRole('button', { name: 'Play' }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: 'Pause' })).toBeFocused()

  await map(page).focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Close details' }).click()
  await expect(map(page)).toBeFocused()

  await page.getByRole('button', { name: 'Make an invite' }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('textbox', { name: 'Invite link' })).toBeFocused()
})

/** What keeps the focus is fetched when there is one for the first time. */
async function begin(page: Page): Promise<void> {
  const code = page.waitForResponse(/keep-focus/)
  await page.keyboard.press('Tab')
  await (await code).finished()
}

test('the focus goes on to what is next when that goes which has it', async ({ openPeer }) => {
  const folder = scratch()
  const sharer = await openPeer()
  const { page } = sharer
  await begin(page)
  const kept = await sharer.shareFiles(makeFile(folder, 'Kept.bin', 300_000, 72).path)
  const pause = sharer.transfer(kept.infoHash).getByRole('button', { name: 'Pause' })
  const removed = await sharer.shareFiles(makeFile(folder, 'Removed.bin', 1_000, 73).path)
  await sharer.transfer(removed.infoHash).getByRole('button', { name: 'Remove' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).focus()
  await page.keyboard.press('Enter')
  await expect(pause).toBeFocused()

  // Of what lies over the page, it goes back to where it was before.
  await page.evaluate(() => {
    const clipboardData = new DataTransfer()
    clipboardData.setData('text/plain', 'Meet at nine.')
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }))
  })
  await page.getByRole('button', { name: 'Dismiss' }).focus()
  await page.keyboard.press('Enter')
  await expect(pause).toBeFocused()

  const receiver = await openPeer(new URL(kept.link).hash)
  await begin(receiver.page)
  const download = receiver.page.getByRole('button', { name: 'Download', exact: true })
  await expect(download).toBeEnabled()
  await download.focus()
  await receiver.page.keyboard.press('Enter')
  await receiver.untilDone(kept.infoHash)
  await expect(receiver.transfer(kept.infoHash).locator(':focus')).toHaveCount(1)
})

test('single keys can be switched off, and stay off', async ({ openPeer }) => {
  const { page } = await openPeer()
  const settings = page.getByRole('button', { name: 'Settings' })
  const single = page.getByRole('switch', { name: 'Shortcuts of a single key' })
  await settings.click()
  await single.uncheck()
  await page.keyboard.press('Escape')
  await page.keyboard.press('n')
  expect(await page.evaluate(() => location.hash)).not.toContain('network')
  await page.reload()
  await settings.click()
  await expect(single).not.toBeChecked()
  await single.check()
  await page.keyboard.press('Escape')
  await page.keyboard.press('n')
  await expect(page).toHaveURL(/#\/network$/)
})

test('each view of the map has its own layout, also where it holds the same as the one before', async ({
  openPeer,
}) => {
  const apps = [await openPeer(), await openPeer()]
  for (const { page } of apps) {
    await page.getByRole('button', { name: 'Settings' }).click()
    for (const name of ['Gnutella', 'KaZaA']) await page.getByRole('switch', { name }).uncheck()
    await page.keyboard.press('Escape')
  }
  for (const app of apps) await app.until(({ node }) => node?.systems.ring?.size === 2)
  const { page } = apps[0]!
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await page.getByRole('link', { name: 'Network', exact: true }).click()
  await expect(map(page).getByRole('option')).toHaveCount(2)
  await page.getByRole('radio', { name: 'Ring', exact: true }).check()
  const places = () =>
    map(page)
      .getByRole('option')
      .evaluateAll((peers) => peers.map((peer) => peer.getBoundingClientRect()).map(({ x, y }) => ({ x, y })))
  // Two stand on the circle one above the other.
  const lean = async () => {
    const [a, b] = await places()
    return Math.abs(a!.x - b!.x) / Math.abs(a!.y - b!.y)
  }
  await expect.poll(lean, { timeout: 3_000 }).toBeLessThan(0.1)
})
