import type { CDPSession } from 'puppeteer-core'
import { AppTab } from '../bench/app-tab.ts'
import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test, WITHOUT_SERVICE_WORKER } from '../fixtures/test.ts'
import type { Snapshot } from '../pages/app.ts'

test.use(WITHOUT_SERVICE_WORKER)

declare const ringdrop: { snapshot(): Snapshot }

/** What the page itself has counted; asked past its event loop, which stands still while it is frozen. */
async function countOf(cdp: CDPSession): Promise<number> {
  const { result } = await cdp.send('Runtime.evaluate', { expression: 'globalThis.frozenTicks' })
  return Number(result.value)
}

test('of two sources one is frozen: the download ends by the other, and the thawed one serves again', async ({
  openPeer,
  server,
}) => {
  const file = makeFile(scratch(), 'cold.bin', 12 * MiB, 71)
  const source = await openPeer()
  const { link, infoHash } = await source.shareFiles(file.path)
  // A tab that may be hidden: only hidden ones are ever frozen, and under Playwright all count as visible.
  const tab = await AppTab.open(server.url)
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

    await tab.page.evaluate(() => {
      const ticks = { frozenTicks: 0 }
      Object.assign(globalThis, ticks)
      setInterval(() => Object.assign(globalThis, { frozenTicks: ++ticks.frozenTicks }), 20)
    })
    await tab.hide()
    const cdp = await tab.page.createCDPSession()
    await expect.poll(() => countOf(cdp)).toBeGreaterThan(0)
    await cdp.send('Page.setWebLifecycleState', { state: 'frozen' })
    const [frozenAt, uploaded] = [await countOf(cdp), await tab.uploadedBytes()]
    await source.limitUpload(4096)
    await receiver.untilDone(infoHash)
    expect((await receiver.save(infoHash)).sha).toBe(file.sha)
    // Whoever says nothing for half a minute is given up.
    await receiver.until(({ node }) => node?.links.every(({ peer }) => peer !== id) === true, 60_000)
    expect(await countOf(cdp)).toBe(frozenAt)

    await cdp.send('Page.setWebLifecycleState', { state: 'active' })
    await expect.poll(() => countOf(cdp)).toBeGreaterThan(frozenAt)
    await tab.until('a page that noticed', () => (ringdrop.snapshot().sleep?.lastGapMs ?? 0) > 20_000)
    await tab.until('the server', () => ringdrop.snapshot().server.state === 'up')
    for (const gone of [source, receiver]) await gone.page.close()
    await tab.page.bringToFront()
    await tab.limitUpload(100_000)
    const newcomer = await openPeer(new URL(link).hash)
    await newcomer.download()
    await newcomer.untilDone(infoHash)
    expect((await newcomer.save(infoHash)).sha).toBe(file.sha)
    expect(await tab.uploadedBytes()).toBeGreaterThanOrEqual(uploaded + 12 * MiB)
  } finally {
    await tab.close()
  }
})
