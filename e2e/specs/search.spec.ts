import { makeFile, scratch } from '../fixtures/files.ts'
import { expect, test, WITHOUT_SERVICE_WORKER } from '../fixtures/test.ts'

test.use(WITHOUT_SERVICE_WORKER)

test('the directory answers as one types and the others on Enter; hits are filtered; what is unlisted is not found', async ({
  openPeer,
}) => {
  const [sender, seeker] = [await openPeer(), await openPeer('#/search')]
  const folder = scratch()
  await sender.shareFiles(makeFile(folder, 'Harbour film.mp4', 300_000, 1).path)
  await sender.shareFiles(makeFile(folder, 'Harbour notes.txt', 12_000_000, 2).path)
  await sender.page.getByRole('checkbox', { name: 'Unlisted:' }).check()
  const { infoHash } = await sender.shareFiles(makeFile(folder, 'Harbour secret.txt', 1_000, 3).path)
  await seeker.searchUntil('harbour', 'Directory', 2)

  // The beginning of a word is enough, without Enter.
  const { page } = seeker
  const box = page.getByRole('searchbox', { name: 'Search files' })
  const lastAsked = async () => (await seeker.snapshot()).node?.searches.at(-1)?.text
  await box.fill('')
  await box.pressSequentially('harb')
  await expect.poll(lastAsked).toBe('harb')
  await expect.poll(() => seeker.hitNames()).toEqual(['Harbour film.mp4', 'Harbour notes.txt'])

  await page.getByLabel('Kind').selectOption('Video')
  expect(await seeker.hitNames()).toEqual(['Harbour film.mp4'])
  await expect(page.getByText('1 of 2 shown')).toBeVisible()
  await page.getByLabel('Size').selectOption('10 MB to 1 GB')
  expect(await seeker.hitNames()).toEqual([])
  await page.getByLabel('Kind').selectOption('Any kind')
  expect(await seeker.hitNames()).toEqual(['Harbour notes.txt'])

  // Of the others each question costs more: they wait until it is meant.
  await page.getByRole('radio', { name: 'Gnutella' }).check()
  await expect.poll(async () => (await seeker.snapshot()).node?.searches.at(-1)?.answers.length).toBe(1)
  await box.fill('')
  await box.pressSequentially('harbour')
  await page.waitForTimeout(1_000)
  expect(await lastAsked()).toBe('harb')
  await page.keyboard.press('Enter')
  await expect.poll(lastAsked).toBe('harbour')
  await seeker.searchUntil('harbour', 'Compare all', 2)
  await expect(page.getByRole('img', { name: 'The answers compared' })).toBeVisible()

  await sender.transfer(infoHash).getByRole('button', { name: 'Peers and files' }).click()
  await sender.transfer(infoHash).getByRole('switch', { name: 'Unlisted' }).uncheck()
  await seeker.searchUntil('harbour', 'Directory', 3)
})
