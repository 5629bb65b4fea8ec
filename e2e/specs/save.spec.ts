import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test } from '../fixtures/test.ts'

test('a large zip is streamed by the service worker where the browser can’t ask for a place', async ({
  openPeer,
}) => {
  const [sender, receiver] = [await openPeer(), await openPeer()]
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
