import type { Locator, Page } from '@playwright/test'
import { violationsInBothThemes } from '../fixtures/axe.ts'
import { makeFile, scratch } from '../fixtures/files.ts'
import { expect, test, WITH_MOTION, WITHOUT_SERVICE_WORKER } from '../fixtures/test.ts'
import type { App } from '../pages/app.ts'

test.use({ ...WITHOUT_SERVICE_WORKER, ...WITH_MOTION })

const VIEWS = ['Swarm', 'Gnutella', 'KaZaA', 'Ring', 'Everything'] as const

/** Five browsers that share a file and have found their places in every system. */
async function openFive(openPeer: () => Promise<App>): Promise<App[]> {
  const apps: App[] = []
  for (let i = 0; i < 5; i++) apps.push(await openPeer())
  for (const app of apps) {
    await app.until(({ node }) => {
      if (node === null) return false
      const { ring, kazaa, gnutella } = node.systems
      const hasRole = kazaa !== null && kazaa.role !== 'orphan'
      return (ring?.size ?? 0) >= 5 && hasRole && (gnutella?.neighbours.length ?? 0) > 0
    }, 60_000)
  }
  return apps
}

const map = (page: Page) => page.getByRole('listbox', { name: /other peers?/ })

/** Searches from one peer after the other until every system needed messages: one may hold the answer itself. */
async function searchByMessages(apps: readonly App[]): Promise<App> {
  for (const app of apps) {
    await app.searchUntil('harbour', 'Compare all', 1)
    const answers = (await app.snapshot()).node?.searches.at(-1)?.answers ?? []
    if (answers.every(({ system, steps }) => system === 'directory' || steps.length > 0)) return app
  }
  throw new Error('nobody had to ask anybody')
}

/** Of the details of a peer, the name is spoken when they open, and nothing more while their numbers change. */
async function expectSaidOnce(page: Page, details: Locator): Promise<void> {
  const spoken = page.getByRole('status').filter({ hasText: /^Peer [0-9a-f]{6}/ })
  await expect(spoken).toHaveCount(1)
  const changes = await spoken.evaluateHandle((region) => {
    const seen = { count: 0 }
    const observer = new MutationObserver(() => seen.count++)
    observer.observe(region, { childList: true, characterData: true, subtree: true })
    return seen
  })
  const numbers = await details.innerText()
  await expect.poll(() => details.innerText()).not.toBe(numbers)
  expect(await changes.evaluate(({ count }) => count)).toBe(0)
  await expect(details).not.toHaveAttribute('aria-live')
}

test('the map shows each system, is walked by keyboard, and replays a search', async ({ openPeer }) => {
  const apps = await openFive(openPeer)
  await apps[1]!.shareFiles(makeFile(scratch(), 'Harbour map.png', 300_000, 61).path)
  const { page } = await searchByMessages([apps[4]!, apps[3]!, apps[2]!, apps[0]!])
  await page.getByRole('link', { name: 'Network', exact: true }).click()

  // The views, by a group of radio buttons; the ring knows all five.
  await expect(map(page)).toBeVisible()
  for (const view of VIEWS) {
    await page.getByRole('radio', { name: view, exact: true }).check()
    await expect(map(page).getByRole('option', { name: 'You', exact: true })).toBeVisible()
    if (view === 'Ring') await expect(map(page).getByRole('option')).toHaveCount(5)
  }

  // By keyboard alone: to ourselves, to another peer, its details, and out again.
  await page.getByRole('radio', { name: 'Ring', exact: true }).check()
  await map(page).focus()
  await page.keyboard.press('ArrowRight')
  await expect(map(page).getByRole('option', { name: 'You', exact: true })).toHaveAttribute(
    'aria-selected',
    'true',
  )
  const other = map(page).getByRole('option', { name: /^Peer/, selected: true })
  await expect
    .poll(async () => {
      for (const key of ['ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp']) {
        await page.keyboard.press(key)
        if ((await other.count()) === 1) return true
      }
      return false
    })
    .toBe(true)
  await page.keyboard.press('Enter')
  const details = page.getByRole('region', { name: 'Peer details' })
  await expect(details).toContainText(/Place on the ring/)
  await expect(details).toContainText(/direct/)
  await expectSaidOnce(page, details)
  for (const key of ['+', '+', '-']) await page.keyboard.press(key)
  await page.keyboard.press('Escape')
  await expect(details).toBeHidden()
  await page.keyboard.press('Escape')
  await expect(map(page).getByRole('option', { selected: true })).toHaveCount(0)
  await page.keyboard.press('Escape')
  await expect(map(page)).not.toBeFocused()

  // A wheel scrolls the page, with Ctrl it zooms the map.
  await map(page).hover()
  const scrolled = () => page.evaluate(() => scrollY)
  const before = await scrolled()
  await page.mouse.wheel(0, 200)
  await expect.poll(scrolled).toBeGreaterThan(before)

  // The search, system by system.
  for (const system of ['gnutella', 'kazaa', 'ring']) {
    await page.getByLabel('Answer of').selectOption(system)
    const hop = page.getByRole('slider', { name: 'Hop' })
    await expect(hop).toHaveValue('0')
    await page.getByRole('button', { name: 'Step forward' }).click()
    await expect(hop).toHaveValue('1')
    await expect(page.getByText(/^Hop 1:/)).toBeVisible()
    await hop.press('End')
    await expect(page.getByText(/In all: 1\sfile found/)).toBeVisible()
    await expect(page.getByRole('button', { name: 'Step forward' })).toBeDisabled()
    await page.getByRole('button', { name: 'Step back' }).click()
  }
  await page.getByRole('button', { name: 'Play' }).click()
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible()
  await expect(page.getByText(/In all: 1\sfile found/)).toBeVisible()
  await expect(page.getByRole('button', { name: 'Play' })).toBeVisible()
})

test('connections are told as they are, and the plug is pulled', async ({ openPeer }) => {
  const apps = await openFive(openPeer)
  const { page } = apps[2]!
  await apps[2]!.goto('#/network')
  const table = page.getByRole('table', { name: 'Connections' })
  const links = (await apps[2]!.snapshot()).node?.links.length ?? 0
  expect(links).toBeGreaterThan(0)
  await expect(table.getByText('direct', { exact: true })).toHaveCount(links)
  await expect(table.getByText(/(host|srflx|prflx) ↔ (host|srflx|prflx)/)).toHaveCount(links)
  await expect(table.getByText(/^\d+\s+ms$/).first()).toBeVisible()
  // Neither the page nor the report tells an address.
  const address = /\b\d{1,3}(\.\d{1,3}){3}\b|\.local\b/
  expect(await table.innerText()).not.toMatch(address)
  const report = JSON.parse(await apps[2]!.diagnostics()) as Record<string, unknown>
  expect(JSON.stringify({ ...report, browser: '' })).not.toMatch(address)

  await page.getByRole('switch', { name: 'Disconnect from server' }).check()
  const plug = page.getByRole('region', { name: 'Without the server' })
  await expect(plug).toContainText(`${String(links)} alive`)
  await expect(plug).toContainText(/gone with the server/)
  // Numbers that change are not in what is spoken with each change.
  await expect(plug.getByRole('status').filter({ hasText: /You disconnected/ })).toHaveCount(1)
  await expect(plug.getByRole('status').filter({ hasText: /alive/ })).toHaveCount(0)
  await expect(plug).toContainText(/forming: 5/)
  await page.getByRole('switch', { name: 'Disconnect from server' }).uncheck()
  await apps[2]!.until((snapshot) => snapshot.server.state === 'up')
  await expect(page.getByRole('region', { name: 'Server', exact: true })).toBeVisible()

  // Another tab of the profile is told the same by the one that has the links.
  const tab = await page.context().newPage()
  await tab.goto(`${apps[2]!.url}#/network`)
  await expect(
    tab.getByRole('table', { name: 'Connections' }).getByText('direct', { exact: true }).first(),
  ).toBeVisible()
})

test('the page is accessible in both themes and languages, and fits a phone', async ({ openPeer }) => {
  test.slow()
  const apps = await openFive(openPeer)
  await apps[0]!.shareFiles(makeFile(scratch(), 'Harbour map.png', 300_000, 61).path)
  const app = apps[3]!
  const { page } = app
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await app.searchUntil('harbour', 'Compare all', 1)
  for (const language of ['en', 'zh']) {
    await page.evaluate((code) => localStorage.setItem('ringdrop-language', code), language)
    await page.goto('about:blank')
    await app.goto('#/network')
    // A reload brings the links back; the search is gone with it.
    await app.until(({ node }) => (node?.links.length ?? 0) > 1)
    await expect(page.getByRole('listbox')).toBeVisible()
    await page.getByRole('listbox').focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 900 })
      expect(await violationsInBothThemes(page)).toEqual([])
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      ).toBeLessThanOrEqual(0)
    }
  }
})
