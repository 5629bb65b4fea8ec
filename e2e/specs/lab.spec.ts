import { expect, test, WITH_MOTION } from '../fixtures/test.ts'

test.use(WITH_MOTION)

test('the lab runs each network, asks it, kills half of it, and draws the three curves', async ({
  openPeer,
}) => {
  const { page } = await openPeer('#/lab')
  const figure = (name: string) => page.locator('dl div', { hasText: name }).locator('dd')
  await page.getByLabel('Speed').selectOption('as in life')
  for (const system of ['Ring', 'Gnutella', 'KaZaA']) {
    await page.getByLabel('System').selectOption(system)
    await expect(figure('Peers alive')).toHaveText('32')
    await page.getByRole('button', { name: 'Ask a question' }).click()
    // All sources are found: in a small network at rest each of the systems finds everything.
    await expect
      .poll(async () => (await figure('Sources found').innerText()).match(/^([1-9]\d*) of \1$/) !== null)
      .toBe(true)
    await page.getByRole('button', { name: 'Kill half' }).click()
    await expect(figure('Peers alive')).toHaveText('16')
  }
  for (const [name, points] of [
    ['hops', 15],
    ['messages', 14],
    ['makespan', 4],
  ] as const) {
    const curve = page.locator(`[data-curve="${name}"]`)
    await curve.getByRole('button', { name: /^Measure/ }).click()
    await expect(curve.locator('circle')).toHaveCount(points, { timeout: 90_000 })
    await expect(curve.getByRole('button', { name: /^Measure/ })).toBeEnabled()
  }
  await expect(page.getByRole('heading', { name: /Napster, 1999/ })).toBeVisible()
})
