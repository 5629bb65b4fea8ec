import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test } from '../fixtures/test.ts'
import { App } from '../pages/app.ts'

test('two tabs of one profile are one peer; the second takes over when the first closes', async ({
  openOther,
  openPeer,
  server,
}) => {
  const file = makeFile(scratch(), 'shared by tab one.bin', 2 * MiB, 21)
  const sender = await openOther()
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
  const late = await openOther(new URL(link).hash)
  await late.download()
  await late.untilDone(infoHash)
  expect((await late.save(infoHash)).sha).toBe(file.sha)
})

test('a search and a download that was asked for survive the tab that ran the node', async ({
  openOther,
  openPeer,
  server,
}) => {
  const sender = await openOther()
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
  // It takes over with the click, and waits until it is told what there is to download.
  await asking.untilDone(infoHash)
  expect((await asking.save(infoHash)).sha).toBe(file.sha)
})

/** What the tab's workers are given to hash never comes to an end. */
const hashForEver = ({ page }: App) =>
  page.evaluate(() => void (Worker.prototype.postMessage = () => undefined))

test('files that were dropped into a tab are shared although the one that hashed them closes', async ({
  openPeer,
  server,
}) => {
  const owner = await openPeer()
  const context = owner.page.context()
  await hashForEver(owner)
  const next = await App.open(context, server.url)
  const dropped = await App.open(context, server.url)
  await dropped.until(({ node }) => node !== null)
  const file = makeFile(scratch(), 'dropped.bin', MiB, 23)
  await dropped.page.getByLabel('Choose files').setInputFiles(file.path)
  await expect(dropped.page.getByText('The link appears in a moment')).toBeVisible()
  await owner.page.close()
  await next.until(({ phase }) => phase.name === 'owner')
  await dropped.untilShare(({ state }) => state.name === 'seeding')

  // This one, too, can be closed: the tab that has the files gives them back, by itself.
  await next.page.close()
  await dropped.until(({ phase }) => phase.name === 'owner')
  await dropped.untilShare(({ state }) => state.name === 'seeding')
  const link = await dropped.page.getByLabel('Share link').inputValue()
  const receiver = await openPeer(new URL(link).hash)
  await receiver.download()
  await receiver.untilDone()
  const { infoHash } = (await receiver.share()) ?? { infoHash: '' }
  expect((await receiver.save(infoHash)).sha).toBe(file.sha)
})

test('a link that nobody opened in time is opened as soon as somebody is there', async ({
  openOther,
  openPeer,
  server,
}) => {
  const sender = await openOther()
  const { link, infoHash } = await sender.shareFiles(makeFile(scratch(), 'in time.bin', 1000, 24).path)
  const owner = await openPeer()
  const follower = await App.open(owner.page.context(), server.url)
  await follower.until(({ node }) => node !== null)
  // The owner hears nothing of it, and a minute passes at once.
  await follower.page.evaluate(() => {
    const [post, wait] = [BroadcastChannel.prototype.postMessage, setTimeout]
    BroadcastChannel.prototype.postMessage = function (message: { type: string }) {
      if (message.type !== 'command') post.call(this, message)
    }
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms: number) => wait(run, ms === 60_000 ? 0 : ms),
      hearAgain: () => {
        BroadcastChannel.prototype.postMessage = post
        globalThis.setTimeout = wait
      },
    })
  })
  await follower.page.evaluate((hash) => void (location.hash = hash), new URL(link).hash)
  await expect(follower.page.getByText('did not answer')).toBeVisible()
  await follower.page.evaluate(() => (globalThis as unknown as { hearAgain(): void }).hearAgain())
  await expect(follower.page.getByRole('button', { name: 'Download', exact: true })).toBeEnabled()
  await expect(follower.page.getByText('did not answer')).toHaveCount(0)
  expect((await follower.share(infoHash))?.state.name).toBe('offered')
})

test('a share that is removed stays away, whichever tabs show its page', async ({
  openOther,
  openPeer,
  server,
}) => {
  const sender = await openOther()
  const file = makeFile(scratch(), 'not wanted.bin', 1000, 23)
  const { link, infoHash } = await sender.shareFiles(file.path)
  const hash = new URL(link).hash
  const owner = await openPeer(hash)
  await owner.download()
  await owner.untilDone(infoHash)
  const follower = await App.open(owner.page.context(), server.url, hash)
  await expect(follower.transfer(infoHash)).toBeVisible()
  for (const remover of [owner, follower]) {
    const other = remover === owner ? follower : owner
    await remover.transfer(infoHash).getByRole('button', { name: 'Remove' }).click()
    await remover.page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    for (const tab of [other, remover]) {
      await expect.poll(() => new URL(tab.page.url()).hash).toBe('#/')
      await expect(tab.transfer(infoHash)).toHaveCount(0)
    }
    expect((await owner.snapshot()).node?.shares).toEqual([])
    // Whoever wants it again has the link.
    if (remover === follower) return
    await owner.goto(hash)
    await owner.download()
    await owner.untilDone(infoHash)
    await follower.goto(hash)
    await expect(follower.transfer(infoHash)).toBeVisible()
  }
})
