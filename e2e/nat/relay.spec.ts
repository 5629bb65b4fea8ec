import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test } from './fixtures.ts'

test.use({ hasTurn: false })

test('two symmetric routers and no TURN server: a member in the open carries the sealed bytes', async ({
  world: { internet, openAt, startMember },
}) => {
  await startMember()
  const file = makeFile(scratch(), 'letter.bin', 2 * MiB, 7)
  const homes = [internet.home('symmetric'), internet.home('symmetric')] as const
  const sender = await openAt(homes[0])
  const { link, infoHash } = await sender.app.shareFiles(file.path)
  const askedAt = Date.now()
  const receiver = await openAt(homes[1], new URL(link).hash)
  await receiver.app.download()
  await receiver.app.untilDone(infoHash, 90_000)
  const seconds = (Date.now() - askedAt) / 1000
  console.log(`2 MiB through a member, the search for a path included: ${seconds.toFixed(1)} s`)
  expect((await receiver.app.save(infoHash)).sha).toBe(file.sha)
  const table = await receiver.connections()
  await expect(table.getByText('through a member')).toHaveCount(1)
  // What the two told each other of their ends names no address for the circuit.
  expect(receiver.sent.concat(sender.sent).join()).toContain('ringdrop-circuit-1')
  // Other networks, as the browser tells: there is a path now, and the member is let go.
  for (const home of homes) internet.exchangeRouter(home)
  await receiver.app.page.evaluate(() => dispatchEvent(new Event('online')))
  await expect(table.getByText('through a member')).toHaveCount(0, { timeout: 60_000 })
  const sendersId = (await sender.app.snapshot()).node?.id
  await receiver.app.until(({ node }) => node?.links.some(({ peer }) => peer === sendersId) === true)
})

test('two symmetric routers, no TURN server and no member: both are told why', async ({
  world: { internet, openAt },
}) => {
  const file = makeFile(scratch(), 'letter.bin', MiB, 8)
  const sender = await openAt(internet.home('symmetric'))
  const { link } = await sender.app.shareFiles(file.path)
  const receiver = await openAt(internet.home('symmetric'), new URL(link).hash)
  await receiver.connections()
  await expect(
    receiver.app.page
      .getByText('The two found each other but no path.')
      .or(receiver.app.page.getByText('The connection did not open in time.'))
      .first(),
  ).toBeVisible({ timeout: 60_000 })
})
