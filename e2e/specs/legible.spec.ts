import { join } from 'node:path'
import type { Locator, Page } from '@playwright/test'
import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test, WITHOUT_SERVICE_WORKER } from '../fixtures/test.ts'
import { untilPainted } from '../pages/app.ts'

test.use(WITHOUT_SERVICE_WORKER)

/** Texts of figures and buttons that are wider than their place: they lie on their neighbours, or touch their own edge. */
const squeezed = (page: Page): Promise<string[]> =>
  page.locator('main dd, main .button:not(.icon-only, .file-button)').evaluateAll((elements) =>
    elements
      .filter((element) => {
        // What is for screen readers only lies in a box of one pixel.
        const nodes = [...element.childNodes].filter(
          (node) => !(node instanceof HTMLElement && node.offsetWidth <= 1),
        )
        const boxes = nodes.map((node) => {
          const range = document.createRange()
          range.selectNode(node)
          return range.getBoundingClientRect()
        })
        const seen = boxes.filter(({ width }) => width > 0)
        const widthPx =
          Math.max(...seen.map(({ right }) => right)) - Math.min(...seen.map(({ left }) => left))
        return widthPx > element.clientWidth - (element.tagName === 'DD' ? 0 : 12) + 1
      })
      .map((element) => element.textContent.trim()),
  )

test('figures and buttons have room for their texts, at every width', async ({ openPeer }) => {
  const sender = await openPeer()
  await sender.limitUpload(256)
  const { link } = await sender.shareFiles(makeFile(scratch(), 'wide figures.bin', 12 * MiB, 33).path)
  const app = await openPeer(new URL(link).hash)
  await app.download()
  await app.untilShare(({ verifiedBytes }) => verifiedBytes > MiB)
  for (const hash of ['#/', '#/search?q=wide', '#/network', '#/lab']) {
    await app.goto(hash)
    await app.page.getByRole('heading', { level: 1 }).waitFor()
    if (hash === '#/') await app.page.locator('li[data-state=leeching] dd').first().waitFor()
    if (hash !== '#/') await app.page.locator('main button').first().waitFor()
    for (const width of [390, 480, 701, 768, 860, 1280]) {
      await app.page.setViewportSize({ width, height: 844 })
      await untilPainted(app.page)
      expect(await squeezed(app.page), `${hash} at ${String(width)} px`).toEqual([])
    }
  }
})

test('with letters of twice the size, figures lie beside each other', async ({ openPeer }) => {
  const app = await openPeer()
  await app.shareFiles(makeFile(scratch(), 'large letters.bin', 3 * MiB, 34).path)
  await app.page.setViewportSize({ width: 390, height: 844 })
  await app.page.evaluate(() => (document.documentElement.style.fontSize = '200%'))
  await untilPainted(app.page)
  expect(await squeezed(app.page)).toEqual([])
})

/** The ground that a browser draws behind the first match. */
const ground = (target: Locator, pseudo?: string): Promise<string> =>
  target.first().evaluate((element, part) => getComputedStyle(element, part).backgroundColor, pseudo)

test('with forced colours one sees what is switched on, what is chosen, and where one is', async ({
  openPeer,
}) => {
  const { page } = await openPeer('#/search')
  await page.emulateMedia({ forcedColors: 'active' })
  const [chosen, other] = [
    page.locator('label:has(input:checked)'),
    page.locator('label:has(input:not(:checked))'),
  ]
  expect(await ground(chosen)).not.toBe(await ground(other))
  const here = page.getByRole('link', { name: 'Search', exact: true })
  expect(await ground(here)).not.toBe(await ground(page.getByRole('link', { name: 'Lab' })))
  await page.getByRole('button', { name: 'Settings' }).click()
  const off = page.getByRole('switch', { name: 'Disconnect from server' })
  expect(await ground(page.getByRole('switch', { name: 'Directory' }))).not.toBe(await ground(off))
  expect(await ground(off, '::after')).not.toBe(await ground(off))
})

test('on a phone the map says within its frame that nobody is there', async ({ openPeer }) => {
  const { page } = await openPeer('#/network')
  await page.setViewportSize({ width: 390, height: 844 })
  const edge = async (of: Locator) => {
    const box = await of.boundingBox()
    return (box?.y ?? 0) + (box?.height ?? 0)
  }
  // The page may still be laid out between the two looks.
  const roomBelow = async () =>
    (await edge(page.getByRole('listbox'))) - (await edge(page.getByText('Nobody is linked yet')))
  await expect.poll(roomBelow).toBeGreaterThan(0)
})

test('on a phone a share of many files has its button in sight, and ends where its last line does', async ({
  openPeer,
}) => {
  const folder = join(scratch(), 'Many')
  for (let i = 0; i < 60; i++) makeFile(folder, `setup ${String(i)}.pdf.exe`, 100, i + 1)
  const sender = await openPeer()
  const { link } = await sender.shareFolder(folder)
  const { page } = await openPeer()
  await page.setViewportSize({ width: 390, height: 700 })
  await page.goto(link)
  const tree = page.locator('.tree')
  await expect(tree).toBeVisible()
  const button = page.getByRole('button', { name: 'Download', exact: true })
  await expect(button).toBeInViewport({ ratio: 1 })
  const left = () =>
    page.evaluate(() => {
      const last = document.querySelector('footer')?.getBoundingClientRect().bottom ?? 0
      return document.documentElement.scrollHeight - (last + scrollY)
    })
  await expect.poll(left).toBeLessThan(40)
  // The end of the list, as a thumb would.
  await tree.evaluate((element) => element.scrollTo(0, element.scrollHeight))
  await expect(page.getByRole('checkbox', { name: 'setup 59.pdf.exe' })).toBeVisible()
  expect(await left()).toBeLessThan(40)
})
