import AxeBuilder from '@axe-core/playwright'
import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test } from '../fixtures/test.ts'

test('the pages have no accessibility violations that axe can see', async ({ openPeer }) => {
  const file = makeFile(scratch(), 'readable.bin', MiB, 31)
  const sender = await openPeer()
  const scan = async (page: typeof sender.page) =>
    (await new AxeBuilder({ page }).analyze()).violations.map(
      ({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`,
    )
  expect(await scan(sender.page)).toEqual([])
  const { link } = await sender.shareFiles(file.path)
  expect(await scan(sender.page)).toEqual([])
  const receiver = await openPeer(new URL(link).hash)
  await expect(receiver.page.getByRole('button', { name: 'Download', exact: true })).toBeEnabled()
  await receiver.page.emulateMedia({ colorScheme: 'dark' })
  expect(await scan(receiver.page)).toEqual([])
  await receiver.searchUntil('readable', 'Compare all', 1)
  expect(await scan(receiver.page)).toEqual([])
  await receiver.goto('#/network')
  await expect(receiver.page.getByRole('listbox', { name: /on the ring/ })).toBeVisible()
  await receiver.page.getByRole('button', { name: 'Make an invite' }).click()
  await expect(receiver.page.getByRole('textbox', { name: 'Invite link' })).toBeVisible()
  expect(await scan(receiver.page)).toEqual([])
})

test('pause, resume and remove do what they say', async ({ openPeer }) => {
  const file = makeFile(scratch(), 'steered.bin', 8 * MiB, 32)
  const sender = await openPeer()
  const { link, infoHash } = await sender.shareFiles(file.path)
  await sender.limitUpload(2048)
  const receiver = await openPeer(new URL(link).hash)
  await receiver.download()
  await receiver.untilShare((share) => share.verifiedBytes > MiB)
  const transfer = receiver.transfer(infoHash)
  await transfer.getByRole('button', { name: 'Pause' }).click()
  await expect(transfer).toHaveAttribute('data-state', 'paused')
  await transfer.getByRole('button', { name: 'Resume' }).click()
  await receiver.untilDone(infoHash)
  await expect(transfer.getByRole('progressbar').first()).toHaveAttribute('aria-valuenow', /^\d+$/)
  await transfer.getByRole('button', { name: 'Remove' }).click()
  await receiver.page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await receiver.until((snapshot) => snapshot.node?.shares.length === 0)
  await receiver.page.reload()
  await receiver.until((snapshot) => snapshot.phase.name === 'owner' && snapshot.node?.shares.length === 0)
})

test('the page fits a phone without scrolling sideways', async ({ openPeer }) => {
  const app = await openPeer()
  await app.page.setViewportSize({ width: 390, height: 844 })
  await app.shareFiles(makeFile(scratch(), `${'long name '.repeat(20)}.bin`, 1000).path)
  const overflow = () => app.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  expect(await overflow()).toBeLessThanOrEqual(0)
  await app.search('long', 'Compare all')
  await expect(app.page.getByRole('table')).toBeVisible()
  expect(await overflow()).toBeLessThanOrEqual(0)
  await app.goto('#/network')
  await expect(app.page.getByRole('listbox', { name: /on the ring/ })).toBeVisible()
  expect(await overflow()).toBeLessThanOrEqual(0)
})
