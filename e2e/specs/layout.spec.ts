import type { Page } from '@playwright/test'
import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test, WITHOUT_SERVICE_WORKER } from '../fixtures/test.ts'

/** Of the window's height and width, summed: what Web Vitals call good is 0.1. Ours is half of it: the app is small. */
const SHIFT = 0.05
const SIZES = [
  { width: 390, height: 844 },
  { width: 1280, height: 800 },
] as const

/** How far things jumped by themselves since the page began to load. */
const shifted = (page: Page): Promise<number> =>
  page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let sum = 0
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as (PerformanceEntry & {
            value: number
            hadRecentInput: boolean
          })[])
            if (!entry.hadRecentInput) sum += entry.value
        }).observe({ type: 'layout-shift', buffered: true })
        // Observers are told of frames that are drawn.
        requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(sum))))
      }),
  )

test('nothing jumps while a page comes up', async ({ browser, server, openOther }) => {
  const sender = await openOther()
  const { link } = await sender.shareFiles(makeFile(scratch(), 'steady.bin', MiB, 91).path)
  const pages = {
    '': (page: Page) => page.getByText('Connected').first().waitFor(),
    '#/search': (page: Page) => page.getByRole('searchbox', { name: 'Search files' }).waitFor(),
    '#/network': (page: Page) => page.getByRole('listbox', { name: /other peer/ }).waitFor(),
    '#/lab': (page: Page) => page.getByRole('button', { name: 'Ask a question' }).waitFor(),
    [new URL(link).hash]: (page: Page) =>
      page.getByRole('button', { name: 'Download', exact: true }).waitFor(),
  }
  const jumps: Record<string, number> = {}
  for (const viewport of SIZES) {
    for (const [hash, isThere] of Object.entries(pages)) {
      const context = await browser.newContext({ ...WITHOUT_SERVICE_WORKER, viewport })
      const page = await context.newPage()
      await page.goto(new URL(hash, server.url).href)
      await isThere(page)
      await page.waitForLoadState('networkidle')
      const shift = await shifted(page)
      if (shift > SHIFT) jumps[`${hash} at ${String(viewport.width)}`] = shift
      await context.close()
    }
  }
  expect(jumps).toEqual({})
})
