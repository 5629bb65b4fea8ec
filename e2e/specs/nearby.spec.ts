import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test, WITHOUT_SERVICE_WORKER } from '../fixtures/test.ts'

test.use(WITHOUT_SERVICE_WORKER)

test('two who asked for it see each other; one tap sends, one tap accepts, one declines', async ({
  openPeer,
}) => {
  const laptop = await openPeer()
  const phone = await openPeer()
  const stranger = await openPeer()
  await laptop.page.getByRole('switch', { name: 'Visible nearby' }).check()
  await laptop.page.getByLabel('Your name here').fill('Laptop of Ann')
  await laptop.page.getByLabel('Your name here').press('Enter')
  await phone.page.getByRole('switch', { name: 'Visible nearby' }).check()
  await phone.page.getByLabel('Your name here').fill('Ann’s phone')
  await phone.page.getByLabel('Your name here').press('Enter')
  const target = laptop.page.getByLabel(/^Send to .*Ann’s phone/)
  await expect(target).toHaveCount(1)
  // Names may be alike: each sees the mark of the other that the other sees of itself.
  const marks = await Promise.all(
    [laptop, phone].map(async (each) => (await each.snapshot()).node?.id.slice(0, 6) ?? 'none'),
  )
  await expect(target).toHaveAccessibleDescription(marks[1] ?? '')
  for (const [at, app] of [laptop, phone].entries())
    await expect(app.page.getByText(/with this mark/)).toContainText(marks[at] ?? '')
  await expect(stranger.page.getByLabel(/^Send to/)).toHaveCount(0)

  const file = makeFile(scratch(), 'for the phone.bin', MiB, 61)
  await target.setInputFiles(file.path)
  const offer = phone.page.getByRole('alert').filter({ hasText: 'for the phone.bin' })
  await expect(offer).toContainText('Laptop of Ann')
  await expect(offer).toContainText(`(${marks[0] ?? ''})`)
  // Nothing moves before the tap.
  expect((await phone.snapshot()).node?.shares.every((share) => share.verifiedBytes === 0)).toBe(true)
  await offer.getByRole('button', { name: 'Accept' }).click()
  await phone.untilShare((share) => share.state.name === 'seeding')
  await expect(laptop.page.getByText(/Ann’s phone.* accepted/)).toBeVisible()
  const { infoHash = '' } = (await phone.share()) ?? {}
  expect((await phone.save(infoHash)).sha).toBe(file.sha)

  await target.setInputFiles(makeFile(scratch(), 'not wanted.bin', MiB, 62).path)
  await phone.page
    .getByRole('alert')
    .filter({ hasText: 'not wanted.bin' })
    .getByRole('button', { name: 'Decline' })
    .click()
  await expect(laptop.page.getByText(/Ann’s phone.* declined/)).toBeVisible()
  await phone.page.getByRole('switch', { name: 'Visible nearby' }).uncheck()
  await expect(target).toHaveCount(0)
})
