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

test('a search and a download that was asked for survive the tab that ran the node', async ({
  openPeer,
  server,
}) => {
  const sender = await openPeer()
  const file = makeFile(scratch(), 'handover.bin', 1000, 22)
  const { link, infoHash } = await sender.shareFiles(file.path)
  const owner = await openPeer()
  const context = owner.page.context()
  const searching = await App.open(context, server.url, '#/search')
  const asking = await App.open(context, server.url, new URL(link).hash)

  await searching.searchUntil('handover', 'Directory', 1)
  await expect(searching.page.getByText('1 file found')).toBeVisible()
  await owner.page.close()
  await searching.until(({ phase, node }) => phase.name === 'owner' && node?.searches.length === 1)
  expect((await searching.snapshot()).node?.searches[0]?.text).toBe('handover')
  await expect(searching.page.getByText('1 file found')).toBeVisible()

  // The tab that runs the node hears nothing of the click before it goes.
  const download = asking.page.getByRole('button', { name: 'Download', exact: true })
  await expect(download).toBeEnabled()
  await asking.page.evaluate(() => {
    const post = BroadcastChannel.prototype.postMessage
    BroadcastChannel.prototype.postMessage = function (message: { command?: { type: string } }) {
      if (message.command?.type !== 'download') post.call(this, message)
    }
  })
  await download.click()
  await expect(download).toBeDisabled()
  await searching.page.close()
  await expect(asking.page.getByText('did not answer').last()).toBeVisible()
  await download.click()
  await asking.untilDone(infoHash)
  expect((await asking.save(infoHash)).sha).toBe(file.sha)
})
