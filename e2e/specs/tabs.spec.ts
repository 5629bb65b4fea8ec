import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test } from '../fixtures/test.ts'
import { App } from '../pages/app.ts'

test('two tabs of one profile are one peer; the second takes over when the first closes', async ({
  openPeer,
  server,
}) => {
  const file = makeFile(scratch(), 'shared by tab one.bin', 2 * MiB, 21)
  const sender = await openPeer()
  const { link, infoHash } = await sender.shareFiles(file.path)
  const owner = await openPeer(new URL(link).hash)
  await owner.download()
  await owner.untilDone(infoHash)
  const follower = await App.open(owner.page.context(), server.url)
  await follower.until((snapshot) => snapshot.phase.name === 'follower' && snapshot.node !== null)
  expect((await follower.snapshot()).node?.id).toBe((await owner.snapshot()).node?.id)
  // The follower can save, although the file lies with the owner.
  expect((await follower.save(infoHash)).sha).toBe(file.sha)
  await owner.page.close()
  await follower.until((snapshot) => snapshot.phase.name === 'owner' && snapshot.server.state === 'up')
  await follower.untilShare((share) => share.state.name === 'seeding', infoHash)
  await sender.page.close()
  const late = await openPeer(new URL(link).hash)
  await late.download()
  await late.untilDone(infoHash)
  expect((await late.save(infoHash)).sha).toBe(file.sha)
})
