import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FileChooser, Locator } from '@playwright/test'
import { makeFile, MiB, scratch, sha256File } from '../fixtures/files.ts'
import { expect, test, WITHOUT_SERVICE_WORKER } from '../fixtures/test.ts'

test.use(WITHOUT_SERVICE_WORKER)

test('a share is renamed: another link, the same bytes, nothing under the old link', async ({ openPeer }) => {
  const file = makeFile(scratch(), 'working title.bin', MiB, 41)
  const sender = await openPeer()
  const { link, infoHash } = await sender.shareFiles(file.path)
  const old = sender.transfer(infoHash)
  await old.getByRole('button', { name: 'Peers and files' }).click()
  await old.getByRole('button', { name: 'Rename' }).click()
  const dialog = sender.page.getByRole('dialog', { name: 'Rename this share' })
  await dialog.getByLabel('New name').fill('a/b')
  await dialog.getByRole('button', { name: /^Rename and/ }).click()
  await expect(dialog.getByRole('alert')).toContainText('can’t be called that')
  await dialog.getByLabel('New name').fill('Final.bin')
  await dialog.getByRole('button', { name: /^Rename and/ }).click()
  await sender.until(({ node }) => node?.shares.length === 1 && node.shares[0]?.name === 'Final.bin')
  const renamed = await sender.share()
  expect(renamed?.infoHash).not.toBe(infoHash)
  const fresh = await sender
    .transfer(renamed?.infoHash ?? '')
    .getByLabel('Share link')
    .inputValue()
  expect(fresh).not.toBe(link)

  const receiver = await openPeer(new URL(fresh).hash)
  await receiver.download()
  await receiver.untilDone(renamed?.infoHash)
  expect(await receiver.save(renamed?.infoHash ?? '')).toEqual({ sha: file.sha, name: 'Final.bin' })
})

test('text and pictures are pasted; text is shared only when asked for', async ({ openPeer }) => {
  const { page } = await openPeer()
  /** @returns whether the browser is left to do with it what it always does. */
  const paste = (where: Locator, pasted: { readonly text?: string; readonly picture?: string }) =>
    where.evaluate((target, { text, picture }) => {
      const data = new DataTransfer()
      if (text !== undefined) data.setData('text/plain', text)
      if (picture !== undefined)
        data.items.add(new File([new Uint8Array(5000)], picture, { type: 'image/png' }))
      return target.dispatchEvent(
        new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }),
      )
    }, pasted)
  const body = page.locator('body')
  await paste(body, { text: 'Meet at the harbour at nine.' })
  await expect(page.getByText('Share this text as a file?').last()).toBeVisible()
  await page.getByRole('button', { name: 'Share the text' }).click()
  await page.locator('li[aria-label^="Text "][data-state=seeding]').waitFor()
  // Office programs put a picture beside the text: a text field wants the text, and the page the picture.
  const copied = { text: 'A1\tB1', picture: 'image.png' }
  expect(await paste(page.getByRole('textbox', { name: 'Link or magnet' }), copied)).toBe(true)
  expect(await paste(body, copied)).toBe(false)
  await page.locator('li[aria-label="image.png"][data-state=seeding]').waitFor()
  // A picker that was opened by keyboard keeps the focus, but takes no text.
  await paste(page.getByLabel('Choose files'), { text: 'ab'.repeat(32) })
  await expect(page).toHaveURL(/#(?:ab){32}$/)
})

test('what is dragged out of the page itself is not shared', async ({ openPeer }) => {
  const sender = await openPeer()
  const { infoHash } = await sender.shareFiles(makeFile(scratch(), 'has a code.bin', 1000, 43).path)
  const card = sender.transfer(infoHash)
  await card.getByRole('button', { name: 'QR code' }).click()
  /** Drags a picture over the page and drops it there; as in browsers, it counts as a file. @returns whether the page offers to take it. */
  const drag = (picture: Locator, from: 'the page' | 'elsewhere') =>
    picture.evaluate(async (source, isOurs) => {
      const dataTransfer = new DataTransfer()
      const file = new File([new Uint8Array(500)], isOurs ? 'ours.png' : 'theirs.png', { type: 'image/png' })
      dataTransfer.items.add(file)
      const fire = (type: string, target: Element) =>
        target.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }))
      if (isOurs) fire('dragstart', source)
      fire('dragenter', document.body)
      const isTaken = !fire('dragover', document.body)
      fire('drop', document.body)
      return isTaken
    }, from === 'the page')
  const picture = card.getByRole('img', { name: 'QR code of the share link' })
  expect(await drag(picture, 'the page')).toBe(false)
  await expect(sender.page.getByText('Drop to share')).toHaveCount(0)
  expect(await drag(picture, 'elsewhere')).toBe(true)
  await sender.page.locator('li[aria-label="theirs.png"][data-state=seeding]').waitFor()
  expect((await sender.snapshot()).node?.shares.map(({ name }) => name).sort()).toEqual([
    'has a code.bin',
    'theirs.png',
  ])
})

test('a folder that was dropped is shared again after a reload, without being looked for', async ({
  openPeer,
}) => {
  const folder = join(scratch(), 'Trip')
  const first = makeFile(join(folder, 'day 1'), 'harbour.bin', 70_000, 44)
  makeFile(join(folder, 'day 2'), 'harbour.bin', 70_000, 45)
  const sender = await openPeer()
  const cdp = await sender.page.context().newCDPSession(sender.page)
  const data = { items: [], files: [folder], dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await cdp.send('Input.dispatchDragEvent', { type, x: 300, y: 300, data })
  await sender.untilShare((share) => share.state.name === 'seeding')
  const link = await sender.page.getByLabel('Share link').inputValue()
  const infoHash = (await sender.share())?.infoHash ?? ''
  await sender.page.reload()
  await sender.until(({ phase }) => phase.name === 'owner')
  const shared = sender.page.locator('li[aria-label=Trip][data-state=seeding]')
  const give = sender.page.getByRole('button', { name: 'Give back files' })
  // Whether permission outlasts the reload is up to the browser; if it does not, one tap asks for it.
  await expect(shared.or(give)).toBeVisible()
  if (await give.isVisible()) await give.click()
  await shared.waitFor()

  const receiver = await openPeer(new URL(link).hash)
  await receiver.download()
  await receiver.untilDone(infoHash)
  const saved = await receiver.savedFiles(infoHash)
  expect(saved.map(({ path }) => path).sort()).toEqual(['Trip/day 1/harbour.bin', 'Trip/day 2/harbour.bin'])
  expect(saved.find(({ path }) => path.includes('day 1'))?.sha).toBe(first.sha)
})

test('files that were chosen are shared again after a reload', async ({ openPeer }) => {
  const sender = await openPeer()
  const { page } = sender
  // The system's dialog can't be answered here: the browser's own files stand for the person's.
  await page.evaluate(() => {
    const showOpenFilePicker = async () => {
      const root = await navigator.storage.getDirectory()
      const handle = await root.getFileHandle('chosen.txt', { create: true })
      const writable = await handle.createWritable()
      await writable.write('chosen, and found again')
      await writable.close()
      return [handle]
    }
    Object.assign(globalThis, { showOpenFilePicker })
  })
  await page.getByLabel('Choose files').click()
  const shared = page.locator('li[aria-label="chosen.txt"][data-state=seeding]')
  await shared.waitFor()
  const link = await page.getByLabel('Share link').inputValue()
  await page.reload()
  await shared.waitFor()
  const receiver = await openPeer(new URL(link).hash)
  await receiver.download()
  await receiver.untilDone()
})

test('sharing and downloading by keyboard alone', async ({ openPeer }) => {
  const file = makeFile(scratch(), 'by keys.bin', MiB, 42)
  const sender = await openPeer()
  // The other picker's dialog can't be answered here.
  await sender.page.evaluate(() => void Object.assign(globalThis, { showOpenFilePicker: undefined }))
  // Reached by Tab, opened by Space: the browser's dialog is answered as a person would. Listening starts here, not right
  // before the key, since it takes the browser a moment to hand its dialogs over.
  const chosen = new Promise<FileChooser>((resolve) => sender.page.once('filechooser', resolve))
  await sender.page.keyboard.press('Tab')
  await expect(sender.page.getByText('Skip to content')).toBeFocused()
  const picker = sender.page.getByLabel('Choose files')
  for (let i = 0; i < 20 && !(await picker.evaluate((each) => each === document.activeElement)); i++)
    await sender.page.keyboard.press('Tab')
  await expect(picker).toBeFocused()
  await sender.page.keyboard.press('Space')
  await (await chosen).setFiles(file.path)
  await sender.untilShare((share) => share.state.name === 'seeding')
  const link = await sender.page.getByLabel('Share link').inputValue()

  const receiver = await openPeer()
  const box = receiver.page.getByRole('textbox', { name: 'Link or magnet' })
  for (let i = 0; i < 20 && !(await box.evaluate((each) => each === document.activeElement)); i++)
    await receiver.page.keyboard.press('Tab')
  await receiver.page.keyboard.insertText(link)
  await receiver.page.keyboard.press('Enter')
  const download = receiver.page.getByRole('button', { name: 'Download', exact: true })
  await expect(download).toBeEnabled()
  for (let i = 0; i < 20 && !(await download.evaluate((each) => each === document.activeElement)); i++)
    await receiver.page.keyboard.press('Tab')
  await receiver.page.keyboard.press('Enter')
  await receiver.untilDone()
  const save = receiver.page.getByRole('button', { name: 'Save', exact: true }).first()
  const saved = receiver.page.waitForEvent('download')
  for (let i = 0; i < 30 && !(await save.evaluate((each) => each === document.activeElement)); i++)
    await receiver.page.keyboard.press('Tab')
  await receiver.page.keyboard.press('Enter')
  expect(sha256File(await (await saved).path())).toBe(file.sha)
})

test('two thousand small files: a tree to choose from, priorities, and a page that stays quick', async ({
  openPeer,
}) => {
  const folder = join(scratch(), 'Many')
  for (let i = 0; i < 2_000; i++)
    makeFile(folder, `part ${String(i % 40)}/file ${String(i)}.txt`, 200 + i, i + 1)
  writeFileSync(join(folder, 'readme.txt'), 'start here')
  const sender = await openPeer()
  await sender.page.evaluate(() => {
    const seen = { longest: 0 }
    Object.assign(globalThis, { seenTasks: seen })
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) seen.longest = Math.max(seen.longest, duration)
    }).observe({ type: 'longtask' })
  })
  const { link, infoHash } = await sender.shareFolder(folder)
  const receiver = await openPeer(new URL(link).hash)
  await expect(receiver.page.getByRole('button', { name: 'Download', exact: true })).toBeEnabled()
  await receiver.page.getByRole('checkbox', { name: 'part 1', exact: true }).uncheck()
  await receiver.download()
  await receiver.untilDone(infoHash)
  const share = await receiver.share(infoHash)
  expect(share?.wantedBytes).toBeLessThan(share?.totalBytes ?? 0)
  const tree = receiver.page.getByRole('group', { name: 'Files' })
  await tree.getByRole('combobox', { name: 'Priority of part 1', exact: true }).selectOption('First')
  await receiver.untilShare(
    (each) => each.wantedBytes === each.totalBytes && each.state.name === 'seeding',
    infoHash,
  )
  const longest = await sender.page.evaluate(
    () => (globalThis as unknown as { seenTasks: { longest: number } }).seenTasks.longest,
  )
  console.log(`longest task of the sender: ${longest.toFixed(0)} ms`)
})

test('a folder that was chosen is shared again after a reload; one that the browser keeps back is chosen in another way', async ({
  openPeer,
}) => {
  const sender = await openPeer()
  const { page } = sender
  // The system's dialog can't be answered here: once somebody closes it, then the browser's own folder stands for the person's.
  await page.evaluate(() => {
    const pick = async () => {
      const root = await navigator.storage.getDirectory()
      const folder = await root.getDirectoryHandle('Holiday', { create: true })
      for (const name of ['day 1', 'day 2']) {
        const day = await folder.getDirectoryHandle(name, { create: true })
        const writable = await (await day.getFileHandle('notes.txt', { create: true })).createWritable()
        await writable.write(name)
        await writable.close()
      }
      return folder
    }
    const close = () => {
      Object.assign(globalThis, { showDirectoryPicker: pick })
      return Promise.reject(new DOMException('closed', 'AbortError'))
    }
    Object.assign(globalThis, { showDirectoryPicker: close })
  })
  await page.getByLabel('Choose a folder').click()
  const offer = page.getByRole('button', { name: 'Choose in another way' })
  await offer.waitFor()
  await page.getByLabel('Choose a folder').click()
  const shared = page.locator('li[aria-label=Holiday][data-state=seeding]')
  await shared.waitFor()
  const chooser = page.waitForEvent('filechooser')
  await offer.click()
  await chooser

  const link = await page.getByLabel('Share link').inputValue()
  const infoHash = (await sender.share())?.infoHash ?? ''
  await page.reload()
  await shared.waitFor()
  const receiver = await openPeer(new URL(link).hash)
  await receiver.download()
  await receiver.untilDone(infoHash)
  const saved = await receiver.savedFiles(infoHash)
  expect(saved.map(({ path }) => path).sort()).toEqual(['Holiday/day 1/notes.txt', 'Holiday/day 2/notes.txt'])
})

/** Put before the hashing worker's own code: a file of just this size lies on a drive that never answers. */
const MUTE_BYTES = 123_457
const MUTE_DRIVE = `{
  const { stream, arrayBuffer } = Blob.prototype
  const never = () => new Promise(() => undefined)
  const isMute = (file) => file.size === ${String(MUTE_BYTES)}
  Blob.prototype.stream = function () {
    return isMute(this) ? new ReadableStream({ type: 'bytes', pull: never }) : stream.call(this)
  }
  Blob.prototype.arrayBuffer = function () {
    return isMute(this) ? never() : arrayBuffer.call(this)
  }
}
`

test('a drive that does not answer is told of; what is cancelled makes room for what waits behind it', async ({
  openPeer,
}) => {
  const folder = scratch()
  const mute = makeFile(folder, 'on a lost drive.bin', MUTE_BYTES, 46)
  const near = makeFile(folder, 'near.bin', 1_000, 47)
  const { page, ...rest } = await openPeer()
  await page.context().route(/\/hash\.worker-.*\.js$/, async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, body: MUTE_DRIVE + (await response.text()) })
  })
  for (const { path } of [mute, near]) await page.getByLabel('Choose files').setInputFiles(path)
  const card = page.getByRole('listitem', { name: 'on a lost drive.bin' })
  const next = page.getByRole('listitem', { name: 'near.bin' })
  await expect(next).toContainText('comes after the one that is being prepared')
  await expect(card.getByRole('status')).toContainText('Nothing could be read for a while', {
    timeout: 30_000,
  })
  await card.getByRole('button', { name: 'Cancel' }).click()
  await expect(card).toBeHidden()
  await expect(next.getByRole('textbox', { name: 'Share link' })).toBeVisible()
  expect(rest.problems).toEqual([])
})
