import type { Locator } from '@playwright/test'
import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test } from '../fixtures/test.ts'
import type { App } from '../pages/app.ts'

test('whoever finds a file through KaZaA while all upload slots are taken is told the place in the queue, and gets it in turn', async ({
  openOther,
}) => {
  const source = await openOther()
  const receivers: App[] = []
  // One more than there are slots.
  for (let at = 0; at < 5; at++) receivers.push(await openOther())
  const all = [source, ...receivers]
  for (const app of all)
    await app.until(
      ({ node }) => node?.systems.kazaa !== null && node?.systems.kazaa.role !== 'orphan',
      60_000,
    )
  const folder = scratch()
  // A file each: of one file they would give each other what they have.
  const files = receivers.map((_, at) => makeFile(folder, `In demand ${String(at)}.bin`, 2 * MiB, 81 + at))
  const infoHashes: string[] = []
  for (const { path } of files) infoHashes.push((await source.shareFiles(path)).infoHash)
  await source.limitUpload(64)
  for (const [at, receiver] of receivers.entries()) {
    await receiver.searchUntil(`demand ${String(at)}`, 'KaZaA', 1)
    await receiver.page.getByRole('link', { name: /View.*In demand/ }).click()
    await receiver.download()
  }
  const served = (app: App) => app.page.getByText(/^1 of 1\ssource serves you now\.$/)
  const waiting = (app: App) => app.page.getByText(/^You wait in 1\supload queue: place 1/)
  const countShowing = async (locate: (app: App) => Locator) =>
    (await Promise.all(receivers.map((each) => locate(each).count()))).filter((found) => found > 0).length
  const counts = async () => ({ served: await countShowing(served), waiting: await countShowing(waiting) })
  await expect.poll(counts, { timeout: 30_000 }).toEqual({ served: 4, waiting: 1 })

  await source.limitUpload(100_000)
  for (const [at, receiver] of receivers.entries()) {
    await receiver.untilDone(infoHashes[at])
    expect((await receiver.save(infoHashes[at] ?? '')).sha).toBe(files[at]?.sha)
  }
})
