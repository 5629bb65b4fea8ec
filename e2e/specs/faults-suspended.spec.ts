import { AppTab } from '../bench/app-tab.ts'
import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { signalTree } from '../fixtures/processes.ts'
import { expect, test, WITHOUT_SERVICE_WORKER } from '../fixtures/test.ts'
import type { Snapshot } from '../pages/app.ts'

test.use(WITHOUT_SERVICE_WORKER)

declare const ringdrop: { snapshot(): Snapshot }

test('all processes of one source stop, as in sleep: the download ends by the other, and the woken one serves again', async ({
  openPeer,
  server,
}) => {
  const file = makeFile(scratch(), 'asleep.bin', 12 * MiB, 73)
  const source = await openPeer()
  const { link, infoHash } = await source.shareFiles(file.path)
  const tab = await AppTab.open(server.url)
  const browser = tab.chromium.process.pid ?? -1
  try {
    await tab.openShare(new URL(link).hash)
    await tab.download()
    await tab.untilDone()
    const id = await tab.page.evaluate(() => ringdrop.snapshot().node?.id)
    await tab.limitUpload(512)
    await source.limitUpload(512)
    const receiver = await openPeer(new URL(link).hash)
    await receiver.untilShare(({ state, peers }) => state.name === 'offered' && peers.length === 2)
    await receiver.download()
    await expect.poll(() => tab.uploadedBytes()).toBeGreaterThan(MiB)

    signalTree(browser, 'SIGSTOP')
    await source.limitUpload(4096)
    await receiver.untilDone(infoHash)
    expect((await receiver.save(infoHash)).sha).toBe(file.sha)
    // Whoever says nothing for half a minute is given up.
    await receiver.until(({ node }) => node?.links.every(({ peer }) => peer !== id) === true, 60_000)

    signalTree(browser, 'SIGCONT')
    await tab.until('a page that noticed', () => (ringdrop.snapshot().sleep?.lastGapMs ?? 0) > 20_000)
    await tab.until('the server', () => ringdrop.snapshot().server.state === 'up')
    for (const gone of [source, receiver]) await gone.page.close()
    await tab.limitUpload(100_000)
    const newcomer = await openPeer(new URL(link).hash)
    await newcomer.download()
    await newcomer.untilDone(infoHash)
    expect((await newcomer.save(infoHash)).sha).toBe(file.sha)
  } finally {
    signalTree(browser, 'SIGCONT')
    await tab.close()
  }
})

test('a receiver is frozen in mid-transfer for longer than its source waits: thawed, it gets the rest', async ({
  openPeer,
  server,
}) => {
  const file = makeFile(scratch(), 'frozen receiver.bin', 12 * MiB, 79)
  const source = await openPeer()
  const { link } = await source.shareFiles(file.path)
  await source.limitUpload(1024)
  const tab = await AppTab.open(server.url)
  try {
    await tab.openShare(new URL(link).hash)
    const id = await tab.page.evaluate(() => ringdrop.snapshot().node?.id)
    await tab.hide()
    await tab.download()
    await tab.until('some bytes', () => (ringdrop.snapshot().node?.shares[0]?.verifiedBytes ?? 0) > 2_000_000)
    const cdp = await tab.page.createCDPSession()
    await cdp.send('Page.setWebLifecycleState', { state: 'frozen' })
    const verified = await tab.page.evaluate(() => ringdrop.snapshot().node?.shares[0]?.verifiedBytes ?? 0)
    expect(verified).toBeLessThan(12 * MiB)
    await source.until(({ node }) => node?.links.every(({ peer }) => peer !== id) === true, 60_000)
    await cdp.send('Page.setWebLifecycleState', { state: 'active' })
    await tab.page.bringToFront()
    await source.limitUpload(100_000)
    await tab.untilDone()
    expect(await tab.saveSha256()).toBe(file.sha)
  } finally {
    await tab.close()
  }
})
