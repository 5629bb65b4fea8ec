import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { scratch } from '../fixtures/files.ts'
import { expect, test } from '../fixtures/test.ts'

/** Text that runs, loads or breaks out somewhere, when it is not treated as text. `pwned` is the proof. */
const PAYLOADS = [
  '<img src=x onerror=globalThis.pwned=1>',
  '<svg onload=globalThis.pwned=1>',
  '"><script>globalThis.pwned=1<|script>',
  "' onfocus=globalThis.pwned=1 autofocus='",
  '<iframe srcdoc="<script>parent.pwned=1<|script>">',
  '<details open ontoggle=globalThis.pwned=1>',
  '<a href=javascript:globalThis.pwned=1>x<|a>',
  '{{constructor.constructor(globalThis.pwned=1)()}}',
  '${globalThis.pwned=1}',
  '<math><mi xlink:href=javascript:globalThis.pwned=1>',
  '<style>@import url(https:||evil.example|x)<|style>',
  '<link rel=stylesheet href=https:||evil.example|x>',
  '<meta http-equiv=refresh content="0;url=https:||evil.example">',
  '<base href=https:||evil.example|>',
  '<form action=https:||evil.example><input type=submit>',
  '\u202E<b>fdp.exe',
  '<!--<img src=--!><img src=x onerror=globalThis.pwned=1>',
  'javascript:globalThis.pwned=1',
  'data:text|html,<script>globalThis.pwned=1<|script>',
  '__proto__',
  'constructor',
]

/** Counts what the page's policy had to stop, and what it asked of other hosts. */
async function watch(page: Page, origin: string): Promise<string[]> {
  const found: string[] = []
  await page.exposeFunction('reportViolation', (what: string) => found.push(`policy: ${what}`))
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      const { reportViolation } = globalThis as unknown as { reportViolation(what: string): void }
      reportViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`)
    })
  })
  page.on('dialog', (dialog) => {
    found.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (!['data:', 'blob:'].includes(url.protocol) && url.origin !== origin)
      found.push(`request: ${url.href}`)
  })
  return found
}

test('names, queries, links and texts that attack stay text in every view', async ({
  openOther,
  openPeer,
  server,
}) => {
  test.slow()
  const folder = join(scratch(), `holiday ${PAYLOADS[0] ?? ''}`)
  mkdirSync(folder)
  for (const [index, payload] of PAYLOADS.entries())
    writeFileSync(join(folder, `${String(index)} ${payload}.txt`), `holiday ${payload.replaceAll('|', '/')}`)
  const sender = await openOther()
  const receiver = await openPeer()
  const origin = new URL(server.url).origin
  const watched = [await watch(sender.page, origin), await watch(receiver.page, origin)]
  for (const app of [sender, receiver]) await app.page.reload()
  const { link, infoHash } = await sender.shareFolder(folder)
  await receiver.goto(new URL(link).hash)
  await receiver.download()
  await receiver.untilDone(infoHash)
  // Texts that a peer made, shown in a preview.
  for (const preview of (await receiver.page.getByRole('button', { name: /^Preview|^Show/ }).all()).slice(
    0,
    5,
  )) {
    await preview.click({ timeout: 5_000 }).catch(() => undefined)
    await receiver.page.keyboard.press('Escape')
  }
  for (const system of ['Directory', 'Gnutella', 'KaZaA', 'Ring', 'Compare all']) {
    await receiver.search('holiday', system)
    await receiver.until(
      (snapshot) => snapshot.node?.searches.at(-1)?.answers.every(({ state }) => state === 'ended') === true,
    )
  }
  for (const payload of PAYLOADS) {
    const text = payload.replaceAll('|', '/')
    await receiver.goto('#/')
    await receiver.page.evaluate((hash) => (location.hash = hash), `#/search?q=${encodeURIComponent(text)}`)
    await expect(receiver.page.getByRole('searchbox')).toHaveValue(text)
    const hash = `#magnet:?xt=urn:btmh:1220${'ab'.repeat(32)}&dn=${encodeURIComponent(text)}&xl=5`
    await receiver.page.evaluate((fragment) => (location.hash = fragment), hash)
    await expect(receiver.page.getByRole('main')).toBeVisible()
    await receiver.page.evaluate((fragment) => (location.hash = fragment), `#${text}`)
  }
  for (const app of [sender, receiver]) {
    for (const page of ['#/network', '#/lab', '#/']) await app.goto(page)
    expect(await app.page.evaluate(() => 'pwned' in globalThis || 'pwned' in {})).toBe(false)
  }
  expect(watched.flat()).toEqual([])
})

/** A page of somebody else, on another origin. */
async function stranger(html: string): Promise<{ url: string; server: Server }> {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(html))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`, server }
}

test('another site can neither frame the app, nor reach into it, nor use its server', async ({
  browser,
  server,
}) => {
  const page = await browser.newPage()
  const evil = await stranger(`<iframe src="${server.url}"></iframe>`)
  await page.goto(evil.url)
  const frame = page.frames()[1]
  expect(await frame?.evaluate(() => document.querySelector('#app') !== null).catch(() => false)).toBe(false)
  const attempts = await page.evaluate(async (address) => {
    const socket = new WebSocket(`${address.replace('http', 'ws')}socket.io/?EIO=4&transport=websocket`)
    const socketState = new Promise<string>((resolve) => {
      socket.onopen = () => resolve('open')
      socket.onerror = () => resolve('refused')
    })
    const read = (path: string, init?: RequestInit) =>
      fetch(address + path, init).then(
        (answer) => `read ${String(answer.status)}`,
        () => 'refused',
      )
    const opened = open(address)
    const script = new Promise<string>((resolve) => {
      const element = Object.assign(document.createElement('script'), { src: `${address}health` })
      element.onload = () => resolve('loaded')
      element.onerror = () => resolve('refused')
      document.head.append(element)
    })
    await new Promise<void>((resolve) => {
      const look = () => (opened === null || opened.closed ? resolve() : setTimeout(look, 50))
      look()
    })
    return {
      socket: await socketState,
      polling: await read('socket.io/?EIO=4&transport=polling'),
      page: await read(''),
      health: await read('health'),
      script: await script,
    }
  }, server.url)
  // `opened.closed` turned true: COOP has cut the two windows apart, so there is no opener to reach through.
  expect(attempts).toEqual({
    socket: 'refused',
    polling: 'refused',
    page: 'refused',
    health: 'refused',
    script: 'refused',
  })
  evil.server.close()
  await page.close()
})

test('the service worker serves nothing of a peer’s as a page, and only below its own folder', async ({
  openPeer,
  server,
}) => {
  const app = await openPeer()
  const scope = await app.page.evaluate(async () => (await navigator.serviceWorker.ready).scope)
  expect(scope).toBe(server.url)
  await app.page.reload()
  const hash = 'ab'.repeat(32)
  for (const path of [
    `stream/${hash}/0?type=text/html`,
    `stream/${hash}/0?type=video/mp4`,
    'stream/../x',
    `stream/${hash}`,
  ]) {
    const answer = await app.page.evaluate(async (address) => {
      const response = await fetch(address)
      return {
        type: response.headers.get('content-type'),
        policy: response.headers.get('content-security-policy'),
        ok: response.ok,
      }
    }, server.url + path)
    expect(answer.type ?? '').not.toMatch(/html|svg|xml|script/)
    if (answer.ok) continue
    expect(answer.policy ?? "default-src 'none'").toContain("default-src 'none'")
  }
  // Whoever opens such an address in a window gets no bytes of a stranger in our origin.
  const tab = await app.page.context().newPage()
  const outcome = await tab.goto(`${server.url}stream/${hash}/0?type=video/mp4`).then(
    (response) => response?.status(),
    (error: Error) => /Download is starting/.test(error.message),
  )
  expect([404, true]).toContain(outcome)
  expect(await tab.locator('video').count()).toBe(0)
})

test('text can’t become code but by Svelte’s templates, and scripts come from us alone', async ({
  openPeer,
}) => {
  const app = await openPeer()
  const refused = await app.page.evaluate(() => {
    const attempt = (run: () => unknown) => {
      try {
        run()
        return 'done'
      } catch (error) {
        return error instanceof Error ? error.name : 'thrown'
      }
    }
    return {
      markup: attempt(() => (document.createElement('div').innerHTML = '<b>x</b>')),
      code: attempt(() => (document.createElement('script').text = '1')),
      worker: attempt(() => new Worker('https://evil.example/x.js')),
      inline: attempt(() => new Worker('data:text/javascript,1')),
      policy: attempt(() =>
        (
          globalThis as unknown as { trustedTypes: { createPolicy(name: string, rules: object): unknown } }
        ).trustedTypes.createPolicy('own', {}),
      ),
    }
  })
  expect(refused).toEqual({
    markup: 'TypeError',
    code: 'TypeError',
    worker: 'TypeError',
    inline: 'TypeError',
    policy: 'TypeError',
  })
  app.problems.length = 0
})

test('the build can be made again to the byte, and a server can be checked against it', async ({
  server,
}) => {
  const folder = join(scratch(), 'dist')
  const client = join(import.meta.dirname, '../../client')
  execFileSync('npx', ['vite', 'build', '--outDir', folder, '--logLevel', 'error'], {
    cwd: client,
    stdio: 'pipe',
  })
  const hash = (env: Record<string, string>, ...args: string[]) =>
    execFileSync(process.execPath, [join(client, '../scripts/build-hash.mjs'), ...args], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    })
  expect(hash({ CLIENT_DIR: folder })).toBe(hash({}))
  expect(hash({}, server.url)).toContain('serves this build')
  writeFileSync(join(folder, 'index.html'), readFileSync(join(folder, 'index.html'), 'utf8') + ' ')
  expect(() => hash({ CLIENT_DIR: folder }, server.url)).toThrow()
})
