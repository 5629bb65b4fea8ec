import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test } from '../fixtures/test.ts'
import type { App } from '../pages/app.ts'

interface Wakeful {
  readonly sleep: { readonly lastGapMs: number; readonly at: number } | null
  readonly constructedConnections: number
}
const wakeful = async (app: App): Promise<Wakeful> => (await app.snapshot()) as unknown as Wakeful

test('a page that stood still says so, and asks its links at once', async ({ openPeer }) => {
  const app = await openPeer()
  expect((await wakeful(app)).sleep).toBeNull()
  await app.page.evaluate(() => {
    document.dispatchEvent(new Event('freeze'))
    document.dispatchEvent(new Event('resume'))
  })
  await expect.poll(async () => (await wakeful(app)).sleep !== null).toBe(true)
  const { sleep } = await wakeful(app)
  expect(Math.abs(Date.now() - (sleep?.at ?? 0))).toBeLessThan(60_000)
  await app.until((snapshot) => snapshot.server.state === 'up')
})

test('a change of network moves the link and makes no new connection', async ({ openOther, openPeer }) => {
  const file = makeFile(scratch(), 'moving.bin', 6 * MiB, 32)
  const sender = await openOther()
  await sender.limitUpload(1024)
  const { link, infoHash } = await sender.shareFiles(file.path)
  const receiver = await openPeer(new URL(link).hash)
  await receiver.download()
  await receiver.untilShare((share) => share.verifiedBytes > MiB)
  await receiver.page.context().setOffline(true)
  await receiver.page.context().setOffline(false)
  await receiver.untilDone(infoHash)
  expect((await receiver.save(infoHash)).sha).toBe(file.sha)
  expect((await wakeful(receiver)).constructedConnections).toBe(1)
  await receiver.until((snapshot) => snapshot.server.state === 'up')
})
