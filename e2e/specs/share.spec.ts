import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test, WITH_MOTION, WITHOUT_SERVICE_WORKER } from '../fixtures/test.ts'

test.use({ ...WITHOUT_SERVICE_WORKER, ...WITH_MOTION })

test('one file, one link, one receiver: identical bytes, and none before the click', async ({ openPeer }) => {
  const file = makeFile(scratch(), 'holiday film.bin', 24 * MiB)
  const sender = await openPeer()
  const { link, infoHash } = await sender.shareFiles(file.path)
  expect(link).toContain(`#magnet:?xt=urn:btmh:1220${infoHash}`)

  const receiver = await openPeer(new URL(link).hash)
  await expect(receiver.page.getByText('holiday film')).toBeVisible()
  await expect(receiver.page.getByRole('button', { name: 'Download', exact: true })).toBeEnabled()
  await receiver.untilShare((share) => share.peers.length === 1)
  const before = await receiver.share(infoHash)
  expect(before).toMatchObject({
    isStarted: false,
    verifiedBytes: 0,
    downloadedBytes: 0,
    state: { name: 'offered' },
  })
  expect((await sender.share(infoHash))?.uploadedBytes).toBe(0)

  await receiver.download()
  await receiver.untilDone(infoHash)
  const saved = await receiver.save(infoHash)
  expect(saved).toEqual({ sha: file.sha, name: 'holiday film.bin' })
  // Both ends agree on what was verified: two full copies then let go of each other.
  const after = await receiver.share(infoHash)
  expect(after?.downloadedBytes).toBe(24 * MiB)
  expect(after?.duplicateBytes).toBe(0)
  expect((await sender.share(infoHash))?.uploadedBytes).toBe(24 * MiB)
})

test('one to four: everyone who receives also gives', async ({ openPeer }) => {
  const file = makeFile(scratch(), 'lecture.bin', 12 * MiB, 2)
  const sender = await openPeer()
  const { link, infoHash } = await sender.shareFiles(file.path)
  const receivers = await Promise.all([1, 2, 3, 4].map(() => openPeer(new URL(link).hash)))
  for (const receiver of receivers) await receiver.untilShare((share) => share.state.name === 'offered')
  await Promise.all(receivers.map((receiver) => receiver.download()))
  await Promise.all(receivers.map((receiver) => receiver.untilDone(infoHash)))
  for (const receiver of receivers) {
    expect((await receiver.save(infoHash)).sha).toBe(file.sha)
    expect((await receiver.share(infoHash))?.uploadedBytes).toBeGreaterThan(0)
  }
})

test('an empty file and a file of one byte', async ({ openPeer }) => {
  const folder = scratch()
  const sender = await openPeer()
  for (const [name, size] of [
    ['empty.txt', 0],
    ['one.txt', 1],
  ] as const) {
    const file = makeFile(folder, name, size)
    const { link, infoHash } = await sender.shareFiles(file.path)
    const receiver = await openPeer(new URL(link).hash)
    await receiver.download()
    await receiver.untilDone(infoHash)
    expect(await receiver.save(infoHash)).toEqual({ sha: file.sha, name })
  }
})

test('two different shares with one name stay apart', async ({ openPeer }) => {
  const first = makeFile(scratch(), 'report.pdf', 40_000, 3)
  const second = makeFile(scratch(), 'report.pdf', 40_000, 4)
  const sender = await openPeer()
  const shares = [await sender.shareFiles(first.path), await sender.shareFiles(second.path)]
  const receiver = await openPeer()
  for (const [index, { link, infoHash }] of shares.entries()) {
    await receiver.goto(new URL(link).hash)
    await receiver.download()
    await receiver.untilDone(infoHash)
    expect((await receiver.save(infoHash)).sha).toBe([first, second][index]?.sha)
  }
})

test('pause, resume and remove do what they say', async ({ openPeer }) => {
  const file = makeFile(scratch(), 'steered.bin', 8 * MiB, 32)
  const sender = await openPeer()
  const { link, infoHash } = await sender.shareFiles(file.path)
  await sender.limitUpload(512)
  const receiver = await openPeer(new URL(link).hash)
  await receiver.download()
  await receiver.untilShare((share) => share.verifiedBytes > MiB)
  const transfer = receiver.transfer(infoHash)
  await transfer.getByRole('button', { name: 'Pause' }).click()
  await expect(transfer).toHaveAttribute('data-state', 'paused')
  // Also after a restart, when all that is here has been checked.
  await receiver.page.reload()
  await receiver.until((snapshot) => snapshot.phase.name === 'owner')
  await expect(transfer.getByRole('button', { name: 'Resume' })).toHaveText(/^Resume, [1-9]\d?\s%$/)
  await transfer.getByRole('button', { name: 'Resume' }).click()
  await sender.limitUpload(100_000)
  await receiver.untilDone(infoHash)
  await expect(transfer.getByRole('progressbar').first()).toHaveAttribute('aria-valuenow', /^\d+$/)
  await transfer.getByRole('button', { name: 'Remove' }).click()
  await receiver.page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await receiver.until((snapshot) => snapshot.node?.shares.length === 0)
  await receiver.page.reload()
  await receiver.until((snapshot) => snapshot.phase.name === 'owner' && snapshot.node?.shares.length === 0)
})

test('a share of one’s own is not removed by a slip, while nobody is connected and while its files are away', async ({
  openPeer,
}) => {
  const file = makeFile(scratch(), 'only copy.bin', 3000, 33)
  const sharer = await openPeer()
  const { page } = sharer
  const { link, infoHash } = await sharer.shareFiles(file.path)
  const card = sharer.transfer(infoHash)
  const remove = card.getByRole('button', { name: 'Remove' })
  const dialog = page.getByRole('dialog', { name: 'Stop sharing this?' })
  await remove.click()
  await expect(dialog).toContainText('only copy.bin')
  await dialog.getByRole('button', { name: 'Keep' }).click()
  await expect(dialog).toHaveCount(0)
  await expect(card).toHaveAttribute('data-state', 'seeding')

  // What was chosen in a dialog of the browser must be given back after a reload.
  await page.reload()
  await expect(card).toHaveAttribute('data-state', 'missing')
  await remove.click()
  await page.keyboard.press('Escape')
  await expect(dialog).toHaveCount(0)
  await expect(card).toBeVisible()
  await remove.click()
  await dialog.getByRole('button', { name: 'Remove' }).click()
  await expect(card).toHaveCount(0)
  // The way back that the question tells of.
  expect((await sharer.shareFiles(file.path)).link).toBe(link)
})
