import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test, WITHOUT_SERVICE_WORKER } from '../fixtures/test.ts'

test('both ends tell the same verified bytes; a download shows its speed and what is rare', async ({
  openOther,
}) => {
  const [sender, file] = [await openOther(), makeFile(scratch(), 'counted.bin', 8 * MiB, 71)]
  const { link, infoHash } = await sender.shareFiles(file.path)
  await sender.limitUpload(512)
  const receiver = await openOther(new URL(link).hash)
  await receiver.download()
  await receiver.untilShare((share) => share.verifiedBytes > MiB)
  const card = receiver.transfer(infoHash)
  await expect(card.getByRole('img', { name: /^Speed over the last two minutes/ })).toBeVisible()
  await expect(card.getByText(/The rarest missing piece is held by 1\sconnected peer/)).toBeVisible()
  await expect(card.getByText('sends to you')).toBeVisible()
  await sender.transfer(infoHash).getByRole('button', { name: 'Peers and files' }).click()
  const row = sender.page.getByRole('table', { name: 'Peers of this share' }).locator('tr[data-peer]')
  await expect(row.getByText('gets from you')).toBeVisible()

  await card.getByRole('button', { name: 'Pause' }).click()
  await receiver.untilShare((share) => share.state.name === 'paused')
  /** As it is written: `1.16 MB`. */
  const here = async () => {
    const text = await card.locator('dl div', { hasText: 'Verified' }).locator('dd').innerText()
    return text.split(' of ')[0]
  }
  const toldToSender = async () => (await row.innerText()).match(/(\d[\d.]*\s[kM]B) verified/)?.[1]
  await expect.poll(async () => (await toldToSender()) === (await here())).toBe(true)
  expect(await here()).toMatch(/^[1-7](\.\d+)?\sMB$/)

  await card.getByRole('button', { name: 'Resume' }).click()
  await sender.limitUpload(100_000)
  await receiver.untilDone(infoHash)
  // Two whole copies leave each other, but that it arrived is still told.
  await expect(sender.transfer(infoHash).getByText(/^1\speer has fetched all of it$/)).toBeVisible()
})

/** Stands in for what the system does: its share sheet, the clipboard, the offer to install. */
const NOTE_SYSTEM = (): void => {
  const noted: unknown[] = []
  const note = (what: unknown) => Promise.resolve(void noted.push(what))
  Object.assign(globalThis, { noted })
  Object.defineProperty(navigator, 'share', { value: note })
  Object.defineProperty(navigator, 'clipboard', { value: { writeText: note } })
  addEventListener('load', () => {
    const offer = new Event('beforeinstallprompt', { cancelable: true })
    dispatchEvent(Object.assign(offer, { prompt: () => note('install') }))
  })
}

test('a link goes to the clipboard and to the system’s share sheet; the report tells no names; the app is installed by a click', async ({
  browser,
  server,
}) => {
  const context = await browser.newContext(WITHOUT_SERVICE_WORKER)
  await context.addInitScript(NOTE_SYSTEM)
  const page = await context.newPage()
  await page.goto(server.url)
  await page.getByLabel('Choose files').setInputFiles(makeFile(scratch(), 'private name.bin', 2_000, 72).path)
  const field = page.getByLabel('Share link')
  await field.waitFor({ timeout: 60_000 })
  const link = await field.inputValue()
  const noted = () => page.evaluate(() => (globalThis as unknown as { noted: unknown[] }).noted)
  await page.getByRole('button', { name: 'Copy link' }).click()
  await expect.poll(noted).toEqual([link])
  await page.getByRole('button', { name: 'Send link…' }).click()
  await expect.poll(noted).toContainEqual({ title: 'private name.bin on Ringdrop', url: link })

  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('button', { name: 'Copy diagnostics' }).click()
  await expect.poll(async () => (await noted()).length).toBe(3)
  const report = String((await noted()).at(-1))
  expect(JSON.parse(report)).toMatchObject({
    phase: { name: 'owner' },
    shares: [{ isSource: true }],
    systems: { overlays: 'ready', gnutella: { neighbours: [] } },
    connections: [],
  })
  expect(report).not.toContain('private name')
  const infoHash = (await page.locator('li[data-infohash]').getAttribute('data-infohash')) ?? ''
  expect(report).toContain(infoHash.slice(0, 8))
  expect(report, 'what opens the share').not.toContain(infoHash)
  await page.getByRole('button', { name: 'Install as an app' }).click()
  await expect.poll(async () => (await noted()).at(-1)).toBe('install')
  await context.close()
})
