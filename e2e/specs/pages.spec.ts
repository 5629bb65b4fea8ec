import { violationsInBothThemes } from '../fixtures/axe.ts'
import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test, WITHOUT_SERVICE_WORKER } from '../fixtures/test.ts'

test.use(WITHOUT_SERVICE_WORKER)

/** Names of things that the walk through the pages needs, in each language. */
const WORDS = {
  en: {
    settings: 'Settings',
    close: 'Close',
    details: 'Peers and files',
    search: 'Search files',
    ask: 'Ask a question',
    scan: 'Scan a QR code',
    all: 'Compare all',
    invite: 'Make an invite',
    inviteLink: 'Invite link',
    download: 'Download',
  },
  zh: {
    settings: '设置',
    close: '关闭',
    details: '节点和文件',
    search: '搜索文件',
    ask: '提一个问题',
    scan: '扫描二维码',
    all: '全部比较',
    invite: '生成邀请',
    inviteLink: '邀请链接',
    download: '下载',
  },
} as const

for (const language of ['en', 'zh'] as const)
  test(`axe finds nothing on any page, in either theme: ${language}`, async ({
    browser,
    server,
    openPeer,
  }) => {
    const words = WORDS[language]
    const context = await browser.newContext({ reducedMotion: 'reduce', locale: language })
    const page = await context.newPage()
    const expectNothing = async () => expect(await violationsInBothThemes(page)).toEqual([])
    await page.goto(server.url)
    await page.getByRole('button', { name: words.settings }).waitFor()
    await expectNothing()
    const other = await openPeer()
    const { link } = await other.shareFiles(makeFile(scratch(), 'readable.txt', MiB, 32).path)
    await page
      .locator('input[type=file][data-main]')
      .setInputFiles(makeFile(scratch(), 'read me.txt', MiB, 31).path)
    await page.locator('[data-state=seeding]').waitFor()
    await expect(page.locator('html')).toHaveAttribute('lang', language)
    await page.getByRole('button', { name: words.details }).click()
    await page.getByRole('table').first().or(page.locator('code').first()).waitFor()
    await expectNothing()
    await page.getByRole('button', { name: words.settings }).click()
    // Its content comes later than the dialog.
    await page.getByRole('dialog').getByRole('switch').last().waitFor()
    await expectNothing()
    await page.getByRole('button', { name: words.close }).click()
    // Two more dialogs. There is no camera, which the first one says.
    const openers = [
      () => page.getByRole('button', { name: words.scan }).click(),
      () => page.keyboard.press('?'),
    ]
    for (const open of openers) {
      await open()
      await page.getByRole('dialog').waitFor()
      await expectNothing()
      await page.keyboard.press('Escape')
      await expect(page.getByRole('dialog')).toHaveCount(0)
    }
    await page.goto(`${server.url}#/search`)
    await page.getByRole('searchbox', { name: words.search }).fill('read')
    await page.locator('li[data-root]').waitFor()
    await expectNothing()
    await page.getByRole('radio', { name: words.all }).check()
    await page.keyboard.press('Enter')
    await page.getByRole('table').waitFor()
    await expectNothing()
    await page.goto(`${server.url}#/network`)
    await page.getByRole('button', { name: words.invite }).click()
    await page.getByRole('textbox', { name: words.inviteLink }).waitFor()
    await expectNothing()
    await page.goto(`${server.url}#/lab`)
    await page.getByRole('button', { name: words.ask }).waitFor()
    await expectNothing()
    await page.goto(link)
    await expect(page.getByRole('button', { name: words.download, exact: true })).toBeEnabled()
    await expectNothing()
    await page.goto(`${server.url}#magnet:?xt=urn:btmh:1220${'ab'.repeat(32)}&dn=unknown.bin&xl=5000`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await expectNothing()
    await page.goto(`${server.url}#nonsense`)
    await page.getByRole('alert').first().waitFor()
    await expectNothing()
    await context.close()
  })

test('the language is chosen in the settings, at once and for the next visit', async ({ openPeer }) => {
  const { page } = await openPeer()
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByLabel('Language').focus()
  await page.getByLabel('Language').selectOption({ label: '中文' })
  await expect(page.getByRole('heading', { name: '设置' })).toBeVisible()
  await expect(page.getByLabel('语言')).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('link', { name: '搜索' })).toBeVisible()
  await page.reload()
  await expect(page.getByRole('link', { name: '搜索' })).toBeVisible()
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh')
})

test('a dialog is closed by a click beside it, not by a selection that is drawn beyond its edge', async ({
  openPeer,
}) => {
  const { page } = await openPeer()
  await page.getByRole('button', { name: 'Settings' }).click()
  const field = page.getByLabel(/upload limit/i)
  await field.fill('512')
  await field.hover()
  await page.mouse.down()
  await page.mouse.move(2, 300, { steps: 3 })
  await page.mouse.up()
  await expect(field).toHaveValue('512')
  await page.mouse.click(2, 300)
  await expect(page.getByRole('dialog')).toHaveCount(0)
})

test('everything fits a phone, a tablet and a desktop, without scrolling sideways', async ({ openPeer }) => {
  const app = await openPeer()
  const { page } = app
  await app.shareFiles(makeFile(scratch(), `${'long name '.repeat(20)}.bin`, 1000).path)
  for (const width of [390, 768, 1280]) {
    await page.setViewportSize({ width, height: 844 })
    for (const hash of ['#/', '#/search?q=long', '#/search', '#/network', '#/lab']) {
      await page.goto(app.url + hash)
      await page.getByRole('heading', { level: 1 }).waitFor()
      if (hash === '#/search') {
        await app.search('long', 'Compare all')
        await page.getByRole('table').waitFor()
      }
      if (hash === '#/network') await page.getByRole('listbox').waitFor()
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      expect(overflow, `${hash} at ${String(width)} px`).toBeLessThanOrEqual(0)
    }
  }
})

test('single keys lead to the pages, and not while somebody types', async ({ openPeer }) => {
  const { page } = await openPeer()
  await page.keyboard.press('n')
  await expect(page).toHaveURL(/#\/network$/)
  await page.keyboard.press('l')
  await expect(page).toHaveURL(/#\/lab$/)
  await page.keyboard.press('/')
  await expect(page.getByRole('searchbox', { name: 'Search files' })).toBeFocused()
  await page.keyboard.type('t/n')
  await expect(page.getByRole('searchbox', { name: 'Search files' })).toHaveValue('t/n')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/q=t%2Fn$/)
  await page.getByRole('button', { name: 'Settings' }).focus()
  await page.keyboard.press('/')
  await expect(page.getByRole('searchbox', { name: 'Search files' })).toBeFocused()
  await expect(page.getByRole('searchbox', { name: 'Search files' })).toHaveValue('t/n')
  // All of it is selected, so that another question takes its place.
  await page.keyboard.type('n')
  await expect(page.getByRole('searchbox', { name: 'Search files' })).toHaveValue('n')
  await page.getByRole('button', { name: 'Settings' }).focus()
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
  await page.keyboard.press('Escape')
  await page.keyboard.press('t')
  await expect(page).toHaveURL(/#\/$/)
})

test('a question asked at the moment when somebody leaves does not bring them back', async ({ openPeer }) => {
  const { page } = await openPeer('#/search')
  await page.getByRole('searchbox', { name: 'Search files' }).fill('late')
  await page.evaluate(() => {
    location.hash = '#/'
    document.querySelector<HTMLFormElement>('form[role=search]')?.requestSubmit()
  })
  await expect(page.getByRole('heading', { level: 1 })).not.toHaveText('Search')
  await expect(page).toHaveURL(/#\/$/)
})

test('a search page without a question shows no answers of an earlier one', async ({ openPeer }) => {
  const { page } = await openPeer('#/search')
  const box = page.getByRole('searchbox', { name: 'Search files' })
  await box.fill('nobody has this')
  await box.press('Enter')
  const nothing = page.getByRole('status').filter({ hasText: 'Nothing found' })
  await expect(nothing).toBeVisible()
  await page.getByRole('link', { name: 'Search', exact: true }).click()
  await expect(page).toHaveURL(/#\/search$/)
  await expect(page.getByText('One search box over four living networks')).toBeVisible()
  await expect(nothing).toHaveCount(0)
  await expect(box).toHaveValue('')
})

test('another language leaves the network page and the lab as they are', async ({ openPeer }) => {
  const app = await openPeer('#/network')
  const { page } = app
  const choose = async (button: string, label: string, language: string) => {
    await page.getByRole('button', { name: button }).click()
    await page.getByLabel(label).selectOption({ label: language })
    await page.keyboard.press('Escape')
  }
  await page.getByRole('radio', { name: 'Ring' }).check()
  await choose('Settings', 'Language', '中文')
  await expect(page.getByRole('heading', { level: 1, name: '网络' })).toBeVisible()
  await expect(page.getByRole('radio', { name: '环' })).toBeChecked()
  await choose('设置', '语言', 'English')
  await app.goto('#/lab')
  await page.getByLabel('System').selectOption('KaZaA')
  await choose('Settings', 'Language', '中文')
  await expect(page.getByRole('heading', { name: '实验室' })).toBeVisible()
  await expect(page.getByRole('combobox', { name: '系统' })).toHaveValue('kazaa')
})
