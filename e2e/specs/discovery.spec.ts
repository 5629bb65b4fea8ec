import { makeFile, scratch } from '../fixtures/files.ts'
import { expect, test } from '../fixtures/test.ts'
import { App } from '../pages/app.ts'
import { carryInvite } from '../pages/invite.ts'

const OVERLAYS = ['Gnutella', 'KaZaA', 'Ring'] as const
const SYSTEMS = ['Directory', ...OVERLAYS] as const

/** Every system of every peer has found its place among so many peers. */
async function untilSettled(apps: readonly App[], peers = apps.length): Promise<void> {
  for (const app of apps) {
    await app.until(({ node }) => {
      if (node === null) return false
      const { ring, kazaa, gnutella } = node.systems
      const hasRole = kazaa !== null && kazaa.role !== 'orphan'
      return ring !== null && ring.size >= peers && hasRole && (gnutella?.neighbours.length ?? 0) > 0
    }, 60_000)
  }
}

type Open = () => Promise<App>

/** One for each of the ways to open it. */
async function openPeers(ways: readonly Open[]): Promise<App[]> {
  const apps: App[] = []
  for (const open of ways) apps.push(await open())
  await untilSettled(apps)
  return apps
}

const times = (count: number, open: Open): Open[] => Array.from({ length: count }, () => open)

test('six browsers find files through each system, and compare them', async ({ openOther, openPeer }) => {
  const apps = await openPeers([...times(3, openOther), openPeer, ...times(2, openOther)])
  const folder = scratch()
  await apps[1]!.shareFiles(makeFile(folder, 'Beach holiday.mp4', 300_000, 1).path)
  await apps[4]!.shareFiles(makeFile(folder, 'Mountain holiday.jpg', 200_000, 2).path)
  const searcher = apps[3]!
  for (const system of SYSTEMS) {
    await searcher.searchUntil('HOLIDAY', system, 2)
    await expect.poll(() => searcher.hitNames()).toEqual(['Beach holiday.mp4', 'Mountain holiday.jpg'])
  }
  await searcher.searchUntil('holiday', 'Compare all', 2)
  for (const system of ['directory', 'gnutella', 'kazaa', 'ring']) {
    const row = searcher.page.locator(`tr[data-system="${system}"]`)
    await expect(row).toHaveAttribute('data-state', 'ended')
    await expect(row.getByRole('cell').first()).toHaveText('2')
  }
  await searcher.page.getByRole('link', { name: /View.*Beach holiday/ }).click()
  await searcher.download()
  await searcher.untilShare((share) => share.state.name === 'seeding')
  // The choice is remembered.
  await searcher.page.goto(searcher.url)
  await searcher.goto('#/search')
  await expect(searcher.page.getByRole('radio', { name: 'Compare all' })).toBeChecked()
})

test('twelve browsers, and the plug is pulled: they search, meet strangers, heal, take in a guest, and register again', async ({
  openOther,
  openPeer,
  server,
}) => {
  // Thirteen browsers on two cores take their time.
  test.setTimeout(300_000)
  // Loaded once, so that its browser has the app; it comes back when the server is dead.
  const guest = await openPeer()
  await guest.page.evaluate(() => navigator.serviceWorker.ready)
  await guest.page.goto('about:blank')
  // The plug is pulled once the app is stored in those that show another page afterwards; the next test is about those
  // who are not as far.
  const isLooking = (index: number) => [1, 4, 11].includes(index)
  const ways = Array.from({ length: 12 }, (_, index) => (isLooking(index) ? openPeer : openOther))
  const apps = await openPeers(ways)
  for (const { page } of apps.filter((_, index) => isLooking(index)))
    await page.evaluate(() => navigator.serviceWorker.ready)
  const file = makeFile(scratch(), 'Survivor story.bin', 2_000_000, 3)
  const sharer = apps[0]!
  const { infoHash } = await sharer.shareFiles(file.path)
  const searcher = apps[11]!
  await searcher.searchUntil('survivor', 'Compare all', 1)
  await server.kill()
  for (const app of apps) await app.until((snapshot) => snapshot.server.state !== 'up')
  for (const system of OVERLAYS) await searcher.searchUntil('survivor', system, 1)
  await searcher.page.getByRole('link', { name: /View.*Survivor/ }).click()
  await searcher.download()
  await searcher.untilDone(infoHash)
  expect((await searcher.save(infoHash)).sha).toBe(file.sha)

  await Promise.all([2, 5, 8].map((index) => apps[index]!.page.close()))
  const left = apps.filter((_, index) => ![2, 5, 8].includes(index))
  await untilSettled(left)
  for (const system of OVERLAYS) await left[1]!.searchUntil('survivor', system, 1)

  await left[3]!.goto('#/network')
  await guest.goto('#/network')
  await carryInvite(left[3]!, guest)
  await untilSettled([...left, guest])
  for (const system of OVERLAYS) await guest.searchUntil('survivor', system, 1)

  await server.restart()
  for (const app of left) await app.until((snapshot) => snapshot.server.state === 'up', 60_000)
  await left[2]!.searchUntil('survivor', 'Directory', 1)
})

test('the server dies before the app is stored: what is needed from then on has been fetched ahead', async ({
  browser,
  server,
}) => {
  const open = async () =>
    App.open(await browser.newContext({ serviceWorkers: 'block', acceptDownloads: true }), server.url)
  const [sharer, searcher] = [await open(), await open()]
  await untilSettled([sharer, searcher])
  const file = makeFile(scratch(), 'Ahead of time.bin', 100_000, 6)
  const { infoHash } = await sharer.shareFiles(file.path)
  await searcher.page.waitForLoadState('networkidle')
  await server.kill()
  for (const app of [sharer, searcher]) await app.until((snapshot) => snapshot.server.state !== 'up')
  await searcher.searchUntil('ahead', 'Ring', 1)
  await searcher.page.getByRole('link', { name: /View.*Ahead/ }).click()
  await searcher.download()
  await searcher.untilDone(infoHash)
  expect((await searcher.save(infoHash)).sha).toBe(file.sha)
  await searcher.goto('#/network')
  await searcher.page.getByRole('button', { name: 'Make an invite' }).click()
  await expect(searcher.page.getByRole('textbox', { name: 'Invite link' })).toHaveValue(/#/)
  for (const { page } of [sharer, searcher]) await page.context().close()
})

test('with no server at all: the app opens from its cache, an invite connects two browsers, a third joins them', async ({
  openPeer,
  server,
}) => {
  const [host, guest, third] = [await openPeer(), await openPeer(), await openPeer()]
  const peers = [host, guest, third]
  for (const { page } of peers) await page.evaluate(() => navigator.serviceWorker.ready)
  await server.kill()
  // Nothing is left of the links that the server made.
  for (const { page } of peers) await page.goto('about:blank')
  for (const peer of peers) await peer.goto('#/network')
  for (const peer of peers) await peer.until(({ node }) => node?.links.length === 0)

  await carryInvite(host, guest)
  await guest.until(({ node }) => node?.links.length === 1)
  await carryInvite(host, third)
  // The one that was invited last is introduced to the first guest through the host.
  await untilSettled(peers)
  await guest.until(({ node }) => node?.links.length === 2)
  expect((await host.snapshot()).node?.systems.relay.relayed).toBeGreaterThan(0)
  await guest.goto('#/')
  await guest.shareFiles(makeFile(scratch(), 'By hand.txt', 50_000, 4).path)
  for (const system of OVERLAYS) await third.searchUntil('hand', system, 1)

  // An invite between two that are linked is no failure.
  await host.page.getByRole('button', { name: 'Make an invite' }).click()
  await third.page.goto(await host.page.getByRole('textbox', { name: 'Invite link' }).inputValue())
  await third.page.getByRole('button', { name: 'Accept the invite' }).click()
  const answer = third.page.getByRole('alert')
  await expect(answer).toContainText('These two browsers are connected already')
  await expect(answer).not.toContainText('does not work')
})

test('records of the ring come back after a reload', async ({ openOther, openPeer }) => {
  const apps = await openPeers([openOther, openOther, openPeer, openOther])
  await apps[0]!.shareFiles(makeFile(scratch(), 'Kept record.txt', 50_000, 5).path)
  await apps[1]!.searchUntil('kept', 'Ring', 1)
  const holder = apps[2]!
  await holder.until(({ node }) => (node?.systems.ring?.records ?? 0) > 0)
  const before = (await holder.snapshot()).node
  await expect.poll(() => holder.storedRecords()).toBeGreaterThan(0)
  await holder.page.goto('about:blank')
  await holder.goto()
  await holder.until(({ node }) => node?.id === before?.id && (node?.systems.ring?.records ?? 0) > 0)
  await untilSettled(apps)
})
