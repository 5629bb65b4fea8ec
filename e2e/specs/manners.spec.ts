import type { Page } from '@playwright/test'
import { AppTab } from '../bench/app-tab.ts'
import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test, WHOLE_BROWSER } from '../fixtures/test.ts'
import type { App, Snapshot } from '../pages/app.ts'

test.use(WHOLE_BROWSER)

/** What {@link spyOnDevice} notes. */
interface Noted {
  readonly badges: (number | null)[]
  readonly locks: { readonly released: boolean }[]
}
declare const noted: Noted
declare const ringdrop: { snapshot(): Snapshot }

/** Notes what the page asks of the device; everything still happens. To be followed by a reload. */
async function spyOnDevice(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const notes = { badges: [], locks: [] } as {
      -readonly [Key in keyof Noted]: Noted[Key]
    }
    Object.assign(globalThis, { noted: notes })
    Navigator.prototype.setAppBadge = (count) => (notes.badges.push(count ?? 0), Promise.resolve())
    Navigator.prototype.clearAppBadge = () => (notes.badges.push(null), Promise.resolve())
    const request = WakeLock.prototype.request
    WakeLock.prototype.request = async function (type) {
      const lock = await request.call(this, type)
      notes.locks.push(lock)
      return lock
    }
  })
  await page.reload()
}

const heldLocks = (page: Page): Promise<number> =>
  page.evaluate(() => noted.locks.filter(({ released }) => !released).length)
const iconOf = (page: Page): Promise<string | null> =>
  page.locator('link[rel=icon]').first().getAttribute('href')

/** Titles and texts of the notifications that the system shows. */
const shownBy = ({ page }: AppTab): Promise<string[][]> =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration()
    return ((await registration?.getNotifications()) ?? []).map(({ title, body }) => [title, body])
  })

/** A download of 6 MiB in its midst, at half a MiB a second. */
async function inMidst(sender: App, receiver: App, name: string, seed: number) {
  const file = makeFile(scratch(), name, 6 * MiB, seed)
  await sender.limitUpload(512)
  const { link, infoHash } = await sender.shareFiles(file.path)
  await receiver.page.evaluate((hash) => void (location.hash = hash), new URL(link).hash)
  await receiver.download()
  await receiver.untilShare((share) => share.verifiedBytes > MiB / 2, infoHash)
  return { ...file, infoHash }
}

/** Closes the tab as a person would. @returns whether the browser asks first; then it stays open. */
async function asksBeforeClosing({ page }: App): Promise<boolean> {
  const asked = new Promise<boolean>((resolve) => {
    page.once('dialog', (dialog) => {
      expect(dialog.type()).toBe('beforeunload')
      void dialog.dismiss().then(() => resolve(true))
    })
    page.once('close', () => resolve(false))
  })
  await page.close({ runBeforeUnload: true })
  return asked
}

test('title, icon and badge tell of a download, the screen stays on, and all is undone at its end', async ({
  openOther,
  openPeer,
}) => {
  const [sender, receiver] = [await openOther(), await openPeer()]
  const { page } = receiver
  await spyOnDevice(page)
  await receiver.until(({ phase }) => phase.name === 'owner')
  await expect(page).toHaveTitle('Ringdrop')
  expect(await iconOf(page)).toBe('./favicon.svg')
  expect(await page.evaluate(() => noted.locks.length)).toBe(0)

  const { infoHash } = await inMidst(sender, receiver, 'manners.bin', 51)
  await expect(page).toHaveTitle(/^↓ \d+ % · manners\.bin$/)
  await expect(sender.page).toHaveTitle('↑ Ringdrop')
  const percent = async () => Number(/\d+/.exec(await page.title())?.[0])
  const before = await percent()
  await expect.poll(percent).toBeGreaterThan(before)
  expect(await iconOf(page)).toMatch(/^data:image\/svg\+xml,.*stroke-dasharray/)
  await expect.poll(() => page.evaluate(() => noted.badges.at(-1))).toBe(1)
  await expect.poll(() => heldLocks(page)).toBe(1)

  await sender.limitUpload(8192)
  await receiver.untilDone(infoHash)
  await expect(page).toHaveTitle('Ringdrop')
  await expect(sender.page).toHaveTitle('Ringdrop')
  await expect.poll(() => iconOf(page)).toBe('./favicon.svg')
  await expect.poll(() => page.evaluate(() => noted.badges.at(-1))).toBeNull()
  await expect.poll(() => heldLocks(page)).toBe(0)
})

test('a tab is closed without a question unless something would be lost', async ({ openOther, openPeer }) => {
  const [idle, sender, receiver] = [await openOther(), await openOther(), await openPeer()]
  await idle.shareFiles(makeFile(scratch(), 'nobody wants it.bin', 1000, 52).path)
  expect(await asksBeforeClosing(idle)).toBe(false)

  const { infoHash, sha } = await inMidst(sender, receiver, 'wanted.bin', 53)
  expect(await asksBeforeClosing(receiver)).toBe(true)
  expect(await asksBeforeClosing(sender)).toBe(true)
  await sender.limitUpload(8192)
  await receiver.untilDone(infoHash)
  expect((await receiver.save(infoHash)).sha).toBe(sha)
  // Two whole copies are enough.
  await sender.untilShare(({ peers }) => peers.length === 0, infoHash)
  expect(await asksBeforeClosing(sender)).toBe(false)
  expect(await asksBeforeClosing(receiver)).toBe(false)
})

test('what is being saved is neither removed nor left without a question', async ({
  openOther,
  openPeer,
}) => {
  const [sender, receiver] = [await openOther(), await openPeer()]
  const { page } = receiver
  const folder = scratch()
  const paths = [56, 57].map((seed) => makeFile(folder, `kept ${String(seed)}.bin`, 1_000, seed).path)
  const { link, infoHash } = await sender.shareFiles(paths)
  await page.evaluate((hash) => void (location.hash = hash), new URL(link).hash)
  await receiver.download()
  await receiver.untilDone(infoHash)
  // A folder whose files can be written only when we say so.
  await page.evaluate(() => {
    const gate = globalThis as unknown as { open(): void }
    const opened = new Promise<void>((resolve) => (gate.open = resolve))
    const write = FileSystemFileHandle.prototype.createWritable
    FileSystemFileHandle.prototype.createWritable = async function (options) {
      await opened
      return write.call(this, options)
    }
    const showDirectoryPicker = async () =>
      (await navigator.storage.getDirectory()).getDirectoryHandle('saved', { create: true })
    Object.assign(window, { showDirectoryPicker })
  })
  const remove = receiver.transfer(infoHash).getByRole('button', { name: 'Remove' })
  await expect(remove).toBeEnabled()
  await page.getByRole('button', { name: 'Save to folder…' }).click()
  await expect(remove).toBeDisabled()
  await expect(remove).toHaveAccessibleDescription(/can be removed when that is done/)
  expect(await asksBeforeClosing(receiver)).toBe(true)
  await page.evaluate(() => (globalThis as unknown as { open(): void }).open())
  await expect(remove).toBeEnabled()
  expect(await asksBeforeClosing(receiver)).toBe(false)
})

test('notifications are offered when a download begins, and come when nobody looks', async ({
  openOther,
  server,
}) => {
  const sender = await openOther()
  await sender.limitUpload(512)
  const files = [54, 55].map((seed) => makeFile(scratch(), `told ${String(seed)}.bin`, 2 * MiB, seed))
  const shares = []
  for (const { path } of files) shares.push(await sender.shareFiles(path))
  const tab = await AppTab.open(server.url)
  try {
    const asked = () => tab.page.evaluate(() => (globalThis as unknown as { asked: number }).asked)
    // The browser's own question can't be clicked by a script: it is answered with yes.
    await tab.page.exposeFunction('grant', () =>
      tab.browser.defaultBrowserContext().overridePermissions(server.url, ['notifications']),
    )
    await tab.page.evaluateOnNewDocument(() => {
      const page = globalThis as unknown as { asked: number; grant(): Promise<void> }
      page.asked = 0
      Notification.requestPermission = async () => {
        page.asked++
        await page.grant()
        return Notification.permission
      }
    })
    await tab.page.reload()
    await tab.until('the node', () => 'ringdrop' in globalThis)
    expect(await tab.page.evaluate(() => Notification.permission)).toBe('default')
    await tab.openShare(new URL(shares[0]?.link ?? '').hash)
    expect(await asked()).toBe(0)
    await tab.download()
    await tab.page.locator('::-p-aria([name="Notify me"][role="button"])').click()
    await expect.poll(asked).toBe(1)
    await tab.untilDone()
    // In front of the person it needs no notification.
    expect(await shownBy(tab)).toEqual([])

    await tab.page.evaluate((hash) => void (location.hash = hash), new URL(shares[1]?.link ?? '').hash)
    await tab.until('the second offer', () => {
      const share = ringdrop.snapshot().node?.shares.find(({ state }) => state.name === 'offered')
      return share !== undefined && share.peers.length > 0
    })
    const button = await tab.page.waitForSelector('::-p-aria([name="Download"][role="button"])')
    // Before the page shows the offer the button is there, but does nothing.
    const isDisabled = () => button?.evaluate((each) => (each as HTMLButtonElement).disabled)
    await expect.poll(isDisabled).toBe(false)
    await tab.hide()
    await tab.watch()
    await button?.evaluate((each) => (each as HTMLButtonElement).click())
    await tab.until('both files', () => {
      const shares = ringdrop.snapshot().node?.shares ?? []
      return shares.length === 2 && shares.every(({ state }) => state.name === 'seeding')
    })
    await expect
      .poll(() => shownBy(tab))
      .toEqual([['Download complete', 'told 55.bin is complete and verified.']])
    const states = await tab.page.evaluate(() =>
      ringdrop.snapshot().node?.shares.map(({ state }) => state.name),
    )
    expect(states).toEqual(['seeding', 'seeding'])
    expect((await tab.watched()).visibility).toEqual(['hidden', 'hidden'])
    expect(await asked()).toBe(1)
  } finally {
    await tab.close()
  }
})

test('a notification comes once, and only while no tab of the app can be seen', async ({
  openOther,
  server,
}) => {
  const sender = await openOther()
  await sender.limitUpload(512)
  const shares = []
  for (const seed of [58, 59]) {
    const { path } = makeFile(scratch(), `seen ${String(seed)}.bin`, MiB, seed)
    shares.push(await sender.shareFiles(path))
  }
  const tab = await AppTab.open(server.url)
  try {
    await tab.browser.defaultBrowserContext().overridePermissions(server.url, ['notifications'])
    await tab.page.evaluate(() => localStorage.setItem('ringdrop-notify', 'yes'))
    const spied = async (page: typeof tab.page) => {
      await page.evaluateOnNewDocument(() => {
        Object.assign(globalThis, { shownCount: 0 })
        const show = ServiceWorkerRegistration.prototype.showNotification
        ServiceWorkerRegistration.prototype.showNotification = function (...args) {
          ;(globalThis as unknown as { shownCount: number }).shownCount++
          return show.apply(this, args)
        }
      })
      await page.goto(server.url)
      await page.waitForFunction(() => 'ringdrop' in globalThis && ringdrop.snapshot().node !== null)
      await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
    }
    await spied(tab.page)
    const other = await tab.browser.newPage()
    await spied(other)
    expect(await tab.page.evaluate(() => [document.hidden, ringdrop.snapshot().phase.name])).toEqual([
      true,
      'owner',
    ])
    expect(await other.evaluate(() => [document.hidden, ringdrop.snapshot().phase.name])).toEqual([
      false,
      'follower',
    ])
    const fetch = async (link: string, count: number) => {
      await other.evaluate((hash) => void (location.hash = hash), new URL(link).hash)
      await other.waitForFunction(() => {
        const buttons = [...document.querySelectorAll('button')]
        const button = buttons.find((each) => each.textContent.trim() === 'Download')
        if (button === undefined || button.disabled) return false
        button.click()
        return true
      })
      if (count > 1) await tab.hide()
      await tab.until(
        `${String(count)} files`,
        (wanted) => {
          const done = ringdrop.snapshot().node?.shares.filter(({ state }) => state.name === 'seeding')
          return done?.length === wanted
        },
        count,
      )
    }
    await fetch(shares[0]?.link ?? '', 1)
    await fetch(shares[1]?.link ?? '', 2)
    await expect
      .poll(() => shownBy(tab))
      .toEqual([['Download complete', 'seen 59.bin is complete and verified.']])
    const counts = [tab.page, other].map((page) =>
      page.evaluate(() => (globalThis as unknown as { shownCount: number }).shownCount),
    )
    expect(await Promise.all(counts)).toEqual([1, 0])
  } finally {
    await tab.close()
  }
})
