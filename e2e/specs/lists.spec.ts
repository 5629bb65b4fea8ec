import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test, WITHOUT_SERVICE_WORKER } from '../fixtures/test.ts'

test.use(WITHOUT_SERVICE_WORKER)

test('cards stay as they are when the list grows long, and far away they keep what was opened', async ({
  openPeer,
}) => {
  const app = await openPeer()
  const { page } = app
  const folder = scratch()
  const shareOne = async (number: number) =>
    app.transfer((await app.shareFiles(makeFile(folder, `file ${String(number)}.bin`, 1_000).path)).infoHash)
  for (let number = 1; number <= 10; number++) await shareOne(number)
  const card = await shareOne(11)
  await expect(card.getByRole('button', { name: 'Remove' })).toHaveAccessibleDescription(/^file 11/)
  await card.getByRole('button', { name: 'Peers and files' }).click()
  const rename = card.getByRole('button', { name: 'Rename' })
  await rename.click()
  const field = page.getByRole('dialog').getByLabel('New name')
  await expect(field).toBeFocused()
  await field.fill('half typed')
  // With the twelfth, cards are drawn only near the part of the list that is on screen.
  const newest = await shareOne(12)
  await expect(field).toHaveValue('half typed')

  // Focus returns to the button, and its card is kept, however far away it is.
  await page.keyboard.press('Escape')
  await expect(rename).toBeFocused()
  const scroll = (to: number) => page.evaluate((top) => scrollTo({ top, behavior: 'instant' }), to)
  await scroll(1e6)
  await expect(newest.getByRole('button')).toHaveCount(0)
  await expect(rename).toBeFocused()
  await page.evaluate(() => (document.activeElement as HTMLElement).blur())
  await scroll(0)
  await expect(newest.getByRole('button')).not.toHaveCount(0)
  await scroll(1e6)
  await expect(card.getByRole('button')).toHaveCount(0)
  await scroll(0)
  await expect(rename).toBeVisible()
})

test('a list that sorts itself moves nothing while somebody is at a card', async ({ openPeer }) => {
  const sender = await openPeer()
  const { page } = sender
  await sender.limitUpload(128)
  const folder = scratch()
  const { link, infoHash } = await sender.shareFiles(makeFile(folder, 'first.bin', 8 * MiB).path)
  for (const name of ['second', 'third', 'fourth'])
    await sender.shareFiles(makeFile(folder, `${name}.bin`, 1_000).path)
  const receiver = await openPeer(new URL(link).hash)
  await page.getByLabel('Sort by').selectOption('Speed')
  const names = () =>
    page
      .getByRole('region', { name: 'Transfers' })
      .locator('li[data-infohash]')
      .evaluateAll((items) => items.map((item) => item.getAttribute('aria-label')))
  const before = ['fourth.bin', 'third.bin', 'second.bin', 'first.bin']
  expect(await names()).toEqual(before)

  const card = sender.transfer(infoHash)
  await card.getByRole('button', { name: 'Peers and files' }).click()
  await card.getByRole('button', { name: 'Rename' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.waitFor()
  await receiver.download()
  await sender.untilShare(({ uploadedBytes }) => uploadedBytes > MiB / 2, infoHash)
  expect(await names()).toEqual(before)
  expect(await dialog.evaluate((each) => each.matches(':modal'))).toBe(true)
  await page.keyboard.press('Escape')
  await expect(card.getByRole('button', { name: 'Rename' })).toBeFocused()
  expect(await names()).toEqual(before)
  await page.evaluate(() => (document.activeElement as HTMLElement).blur())
  await expect.poll(names).toEqual(['first.bin', 'fourth.bin', 'third.bin', 'second.bin'])
})
