import { makeFile, scratch } from '../fixtures/files.ts'
import { expect, test } from '../fixtures/test.ts'
import { App } from '../pages/app.ts'

/** As `LOOKED_AT_LINKS` of the app. */
const KEPT_LINKS = 16
/** No share has it. */
const linkAt = (index: number): string => (index + 1).toString(16).padStart(64, '0')

test('of many links that are looked at the oldest go, but none that another tab shows', async ({
  openPeer,
  server,
}) => {
  const owner = await openPeer(`#${linkAt(0)}`)
  const shares = async () => ((await owner.snapshot()).node?.shares ?? []).map(({ infoHash }) => infoHash)
  await expect.poll(shares).toEqual([linkAt(0)])
  const other = await App.open(owner.page.context(), server.url)
  await other.until(({ phase }) => phase.name === 'follower')
  const indices = Array.from({ length: KEPT_LINKS + 2 }, (_, index) => index + 1)
  for (const index of indices) {
    await other.openLink(linkAt(index))
    await expect.poll(shares).toContain(linkAt(index))
    await other.page.evaluate(() => void (location.hash = '#/'))
  }
  const kept = [linkAt(0), ...indices.slice(2).map(linkAt)].sort()
  await expect.poll(async () => (await shares()).sort()).toEqual(kept)
  await expect(owner.transfer(linkAt(0))).toBeVisible()
  expect(other.problems).toEqual([])
})

test('a link is opened as it is typed, and as chat programs quote it', async ({ openOther, openPeer }) => {
  const { path } = makeFile(scratch(), 'café & 字 100%.bin', 2000, 92)
  const { link, infoHash } = await (await openOther()).shareFiles(path)
  const { hash, origin, pathname } = new URL(link)
  const { page } = await openPeer()
  const box = page.getByRole('textbox', { name: 'Link or magnet' })
  const magnet = hash.slice(1)
  const quoted = `${origin}${pathname}#${encodeURIComponent(magnet)}`
  for (const text of [link, magnet, ` <${link}> `, quoted, `1220${infoHash.toUpperCase()}`]) {
    await box.pressSequentially(text)
    await box.press('Enter')
    await expect(page.getByRole('heading', { level: 1, name: /^café & 字 100%/ })).toBeVisible()
    expect(new URL(page.url()).hash.toLowerCase()).toContain(infoHash)
    await expect(page.getByRole('button', { name: 'Download', exact: true })).toBeEnabled()
    await page.evaluate(() => void (location.hash = '#/'))
  }
})
