import { basename } from 'node:path'
import type { Download } from '@playwright/test'
import { makeFile, MiB, scratch, sha256File } from '../fixtures/files.ts'
import { expect, test } from '../fixtures/test.ts'

test('a large zip is streamed by the service worker where the browser can’t ask for a place', async ({
  openOther,
  openPeer,
}) => {
  const [sender, receiver] = [await openOther(), await openPeer()]
  const { page } = receiver
  const folder = scratch()
  const files = [61, 62].map((seed) => makeFile(folder, `half ${String(seed)}.bin`, 33 * MiB, seed))
  const { link, infoHash } = await sender.shareFiles(files.map(({ path }) => path))
  await page.evaluate((hash) => void (location.hash = hash), new URL(link).hash)
  await receiver.download()
  await receiver.untilDone(infoHash)
  // As in Firefox and Safari; and nothing of it is put together in the page.
  await page.evaluate(async () => {
    Object.assign(globalThis, { showSaveFilePicker: undefined, showDirectoryPicker: undefined })
    URL.createObjectURL = () => {
      throw new Error('in memory')
    }
    await navigator.serviceWorker.ready
  })
  const saved = await receiver.savedFiles(infoHash)
  const wanted = files.map(({ path, sha }) => ({ path: path.slice(folder.length + 1), sha }))
  expect(saved.map(({ path, sha }) => ({ path: path.split('/').at(-1), sha }))).toEqual(wanted)
  await expect(page.getByText('was handed to your browser to save').last()).toBeVisible()
})

test('a download whose file the browser has thrown away is not saved as nothing, but fetched again', async ({
  openOther,
  openPeer,
}) => {
  const file = makeFile(scratch(), 'evicted.bin', MiB, 63)
  const [sender, receiver] = [await openOther(), await openPeer()]
  const { page } = receiver
  const { link, infoHash } = await sender.shareFiles(file.path)
  await page.evaluate((hash) => void (location.hash = hash), new URL(link).hash)
  await receiver.download()
  await receiver.untilDone(infoHash)
  // What is saved is let go of, so that it can be deleted.
  expect(await receiver.save(infoHash)).toEqual({ sha: file.sha, name: 'evicted.bin' })
  await page.evaluate(async (name) => {
    const root = await navigator.storage.getDirectory()
    const share = await (await root.getDirectoryHandle('shares')).getDirectoryHandle(name)
    await share.removeEntry('0')
    // As when somebody else has asked for it before it was missed.
    await share.getFileHandle('0', { create: true })
  }, infoHash)
  const transfer = receiver.transfer(infoHash)
  await transfer.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(page.getByText('was not saved').last()).toBeVisible()
  await receiver.until(({ node }) => (node?.shares[0]?.downloadedBytes ?? 0) >= MiB)
  await receiver.untilDone(infoHash)
  expect(await receiver.save(infoHash)).toEqual({ sha: file.sha, name: 'evicted.bin' })
})

test('several files are saved one by one, each under its own name', async ({ openOther, openPeer }) => {
  const folder = scratch()
  const files = [65, 66, 67].map((seed) => makeFile(folder, `page ${String(seed)}.bin`, 100_000, seed))
  const [sender, receiver] = [await openOther(), await openPeer()]
  const { link, infoHash } = await sender.shareFiles(files.map(({ path }) => path))
  await receiver.page.evaluate((hash) => void (location.hash = hash), new URL(link).hash)
  await receiver.download()
  await receiver.untilDone(infoHash)
  const saved: Download[] = []
  receiver.page.on('download', (download) => saved.push(download))
  const transfer = receiver.transfer(infoHash)
  await transfer.getByRole('button', { name: 'More ways' }).click()
  await transfer.getByRole('button', { name: 'File by file' }).click()
  await expect.poll(() => saved.map((download) => download.suggestedFilename())).toHaveLength(3)
  for (const [at, { path, sha }] of files.entries()) {
    const download = saved[at]!
    expect(download.suggestedFilename()).toBe(basename(path))
    expect(sha256File(await download.path())).toBe(sha)
  }
})
