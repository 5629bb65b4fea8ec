import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test } from '../fixtures/test.ts'
import { App } from '../pages/app.ts'

test('a killed tab resumes with what was verified', async ({ openOther, openPeer, server }) => {
  const file = makeFile(scratch(), 'big.bin', 24 * MiB, 5)
  const sender = await openOther()
  const { link, infoHash } = await sender.shareFiles(file.path)
  await sender.limitUpload(4096)
  const receiver = await openPeer(new URL(link).hash)
  await receiver.download()
  await receiver.untilShare((share) => share.verifiedBytes > 6 * MiB)
  const before = (await receiver.share(infoHash))?.verifiedBytes ?? 0
  const context = receiver.page.context()
  // The renderer dies as in a crash: no page handler runs.
  await receiver.page.goto('chrome://crash').catch(() => undefined)
  await receiver.page.close()
  const again = await App.open(context, server.url)
  await again.untilShare((share) => share.verifiedBytes > 0 && share.state.name !== 'checking', infoHash)
  expect((await again.share(infoHash))?.verifiedBytes).toBeGreaterThanOrEqual(before - MiB)
  await sender.limitUpload(100_000)
  await again.untilDone(infoHash)
  expect((await again.share(infoHash))?.downloadedBytes).toBeLessThanOrEqual(24 * MiB - before + MiB)
  expect((await again.save(infoHash)).sha).toBe(file.sha)
})

test('a finished download seeds again after a reload, without the first sender', async ({
  openOther,
  openPeer,
}) => {
  const file = makeFile(scratch(), 'kept.bin', 6 * MiB, 6)
  const sender = await openOther()
  const { link, infoHash } = await sender.shareFiles(file.path)
  const keeper = await openPeer(new URL(link).hash)
  await keeper.download()
  await keeper.untilDone(infoHash)
  await sender.page.close()
  await keeper.page.reload()
  await keeper.untilShare((share) => share.state.name === 'seeding', infoHash)
  const late = await openOther(new URL(link).hash)
  await late.download()
  await late.untilDone(infoHash)
  expect((await late.save(infoHash)).sha).toBe(file.sha)
})

test('the sender leaves when everything was handed out once: the others finish among themselves', async ({
  openOther,
  openPeer,
}) => {
  const file = makeFile(scratch(), 'spread.bin', 12 * MiB, 7)
  const sender = await openOther()
  const { link, infoHash } = await sender.shareFiles(file.path)
  await sender.limitUpload(3072)
  const receivers = await Promise.all([1, 2, 3].map(() => openPeer(new URL(link).hash)))
  for (const receiver of receivers) await receiver.untilShare((share) => share.state.name === 'offered')
  // Slow uplinks keep the receivers from having it all before the sender goes.
  for (const receiver of receivers) await receiver.limitUpload(1024)
  await Promise.all(receivers.map((receiver) => receiver.download()))
  await sender.untilShare((share) => share.uploadedBytes >= 12 * MiB * 1.1, infoHash)
  const missing = (await Promise.all(receivers.map((receiver) => receiver.share(infoHash)))).map(
    (share) => (share?.wantedBytes ?? 0) - (share?.verifiedBytes ?? 0),
  )
  expect(Math.max(...missing)).toBeGreaterThan(0)
  await sender.page.close()
  for (const receiver of receivers) await receiver.limitUpload(100_000)
  await Promise.all(receivers.map((receiver) => receiver.untilDone(infoHash)))
  for (const receiver of receivers) expect((await receiver.save(infoHash)).sha).toBe(file.sha)
})

test('the server is killed half way: downloads finish, and a newcomer joins through a connected peer', async ({
  openOther,
  openPeer,
  server,
}) => {
  const folder = scratch()
  const small = makeFile(folder, 'small.bin', 100_000, 8)
  const large = makeFile(folder, 'large.bin', 24 * MiB, 9)
  const sender = await openOther()
  const smallShare = await sender.shareFiles(small.path)
  const largeShare = await sender.shareFiles(large.path)
  await sender.limitUpload(3072)
  // The newcomer knows the sender by another share only, which keeps their link.
  const newcomer = await openPeer(new URL(smallShare.link).hash)
  await newcomer.untilShare((share) => share.peers.length === 1)
  const receivers = [
    await openPeer(new URL(largeShare.link).hash),
    await openPeer(new URL(largeShare.link).hash),
  ]
  for (const receiver of receivers) await receiver.download()
  for (const receiver of receivers) await receiver.untilShare((share) => share.verifiedBytes > MiB)

  await server.kill()
  for (const app of [sender, newcomer, ...receivers])
    await app.until((snapshot) => snapshot.server.state !== 'up')
  await newcomer.page.evaluate((hash) => (location.hash = hash), new URL(largeShare.link).hash)
  await newcomer.untilShare((share) => share.state.name === 'offered', largeShare.infoHash)
  await newcomer.download()
  // It learns of the receivers from the others; how strangers are introduced is in discovery.spec.
  await newcomer.untilShare((share) => share.peers.length >= 2, largeShare.infoHash)
  await sender.limitUpload(100_000)
  for (const app of [newcomer, ...receivers]) {
    await app.untilDone(largeShare.infoHash)
    expect((await app.save(largeShare.infoHash)).sha).toBe(large.sha)
  }
})

test('a page whose code did not arrive the first time is fetched again', async ({ openPeer }) => {
  const app = await openPeer()
  let refused = 0
  await app.page
    .context()
    .route(/\/SearchPage-.*\.js$/, (route) => (refused++ === 0 ? route.abort() : route.continue()))
  await app.page.evaluate(() => (location.hash = '#/search'))
  await expect(app.page.getByRole('searchbox', { name: 'Search files' })).toBeVisible()
  expect(refused).toBeGreaterThan(1)
})
