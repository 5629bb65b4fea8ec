import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test, WHOLE_BROWSER, WITHOUT_SERVICE_WORKER } from '../fixtures/test.ts'
import { App } from '../pages/app.ts'

test.use({ ...WHOLE_BROWSER, ...WITHOUT_SERVICE_WORKER })

/** Until so many more bytes of a share are verified than now. */
async function untilMore(app: App, infoHash: string, bytes: number): Promise<void> {
  const before = (await app.share(infoHash))?.verifiedBytes ?? 0
  await app.untilShare((share) => share.verifiedBytes >= before + bytes, infoHash)
}

test('offline: the page says that the server is gone, links go on; online: the directory answers again', async ({
  openPeer,
}) => {
  const folder = scratch()
  const file = makeFile(folder, 'onward.bin', 16 * MiB, 51)
  const sender = await openPeer()
  await sender.limitUpload(512)
  const { link, infoHash } = await sender.shareFiles(file.path)
  const receiver = await openPeer(new URL(link).hash)
  await receiver.download()
  await receiver.untilShare((share) => share.verifiedBytes > MiB)

  await receiver.page.context().setOffline(true)
  await receiver.until((snapshot) => snapshot.server.state === 'down', 60_000)
  await expect(receiver.page.getByText('The server can’t be reached.').first()).toBeVisible()
  await untilMore(receiver, infoHash, 2 * MiB)
  // What is shared now is not known to the one who is offline.
  await sender.shareFiles(makeFile(folder, 'meanwhile shared.txt', 40_000, 52).path)
  await sender.limitUpload(100_000)
  await receiver.untilDone(infoHash)
  expect((await receiver.snapshot()).server.state).not.toBe('up')
  expect((await receiver.save(infoHash)).sha).toBe(file.sha)

  await receiver.page.context().setOffline(false)
  await receiver.until((snapshot) => snapshot.server.state === 'up')
  await receiver.searchUntil('meanwhile', 'Directory', 1)
})

test('the server is killed and restarted under load: all register again, nothing that ran stops', async ({
  openPeer,
  server,
}) => {
  const folder = scratch()
  const large = makeFile(folder, 'load large.bin', 24 * MiB, 53)
  const sender = await openPeer()
  // Slow enough to be under way for all of it, on a slow machine, too.
  await sender.limitUpload(256)
  const { link, infoHash } = await sender.shareFiles(large.path)
  const receiver = await openPeer(new URL(link).hash)
  const searcher = await openPeer()
  const apps = [sender, receiver, searcher]
  for (const [index, app] of [sender, searcher, searcher].entries())
    await app.shareFiles(makeFile(folder, `load small ${String(index)}.txt`, 30_000, 54 + index).path)
  await receiver.download()
  await receiver.untilShare((share) => share.verifiedBytes > MiB, infoHash)
  await searcher.searchUntil('load', 'Directory', 2)

  // Questions are on their way when it dies.
  const asked = ['load small', 'load large', 'load']
  for (const [index, text] of asked.entries()) await apps[index]!.search(text, 'Compare all')
  await server.kill()
  for (const app of apps) await app.until((snapshot) => snapshot.server.state !== 'up')
  await untilMore(receiver, infoHash, MiB)
  for (const app of apps)
    await app.until(({ node }) =>
      (node?.searches ?? []).every(({ answers }) => answers.every(({ state }) => state === 'ended')),
    )

  await server.restart()
  for (const app of apps) await app.until((snapshot) => snapshot.server.state === 'up', 60_000)
  // Whoever comes now knows nobody but the new server.
  const newcomer = await openPeer(new URL(link).hash)
  await newcomer.untilShare((share) => share.peers.length === 2, infoHash)
  await newcomer.searchUntil('load', 'Directory', 4)
  await sender.limitUpload(100_000)
  await receiver.untilDone(infoHash)
  await receiver.page.evaluate(() => (location.hash = '#/'))
  expect((await receiver.save(infoHash)).sha).toBe(large.sha)
})

const KILLS = 4
const SIZE_BYTES = 32 * MiB
/** What a kill may cost of what was verified: blocks whose writing was under way. */
const LOST_BYTES = MiB

test('a receiver killed again and again at any moment keeps what was verified', async ({
  openPeer,
  server,
}) => {
  const file = makeFile(scratch(), 'again and again.bin', SIZE_BYTES, 57)
  const sender = await openPeer()
  const { link, infoHash } = await sender.shareFiles(file.path)
  let receiver = await openPeer(new URL(link).hash)
  const context = receiver.page.context()
  await receiver.untilShare(({ state }) => state.name === 'offered')
  await sender.limitUpload(3072)
  await receiver.download()
  let kept = 0
  for (let kill = 0; kill < KILLS; kill++) {
    await untilMore(receiver, infoHash, MiB + Math.floor(Math.random() * 2 * MiB))
    const before = (await receiver.share(infoHash))?.verifiedBytes ?? 0
    // The renderer and its workers die as in a crash, in the middle of a write as likely as not.
    await receiver.page.goto('chrome://crash').catch(() => undefined)
    await receiver.page.close()
    // Next to nothing comes for a moment, so that what it has is what it kept.
    await sender.limitUpload(1)
    receiver = await App.open(context, server.url)
    await receiver.untilShare(({ state }) => state.name === 'leeching', infoHash)
    kept = (await receiver.share(infoHash))?.verifiedBytes ?? 0
    expect(kept).toBeGreaterThanOrEqual(before - LOST_BYTES)
    await sender.limitUpload(3072)
  }
  expect(kept).toBeLessThan(SIZE_BYTES)
  await sender.limitUpload(100_000)
  await receiver.untilDone(infoHash)
  expect((await receiver.share(infoHash))?.downloadedBytes).toBeLessThanOrEqual(
    SIZE_BYTES - kept + LOST_BYTES,
  )
  expect((await receiver.save(infoHash)).sha).toBe(file.sha)
  expect(receiver.problems).toEqual([])
})
