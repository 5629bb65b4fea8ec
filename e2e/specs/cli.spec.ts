import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Cli } from '../fixtures/cli.ts'
import { makeFile, MiB, scratch, sha256File } from '../fixtures/files.ts'
import { expect, test as base, WITHOUT_SERVICE_WORKER } from '../fixtures/test.ts'

/** Commands against the test's own server; whatever still runs at the end is killed. */
const test = base.extend<{ ringdrop: (...args: string[]) => Cli }>({
  ringdrop: async ({ server }, use) => {
    const started: Cli[] = []
    await use((...args) => {
      const cli = new Cli([...args, '--server', server.url])
      started.push(cli)
      return cli
    })
    for (const cli of started) await cli.kill()
  },
})

test.use(WITHOUT_SERVICE_WORKER)

const textOf = (value: unknown): string => String(value)
const infoHashOf = (link: string): string => /btmh:1220([0-9a-f]{64})/.exec(link)?.[1] ?? ''

test('a command shares, a browser downloads', async ({ ringdrop, openPeer }) => {
  const folder = scratch()
  const file = makeFile(folder, 'from the shell.bin', 12 * MiB)
  const share = ringdrop('share', file.path, '--json')
  const { link, name, bytes } = await share.until('shared')
  expect({ name, bytes }).toEqual({ name: 'from the shell.bin', bytes: 12 * MiB })
  const receiver = await openPeer(new URL(textOf(link)).hash)
  await receiver.download()
  await receiver.untilDone()
  expect((await receiver.save(infoHashOf(textOf(link)))).sha).toBe(file.sha)
  await share.until('status', ({ uploadedBytes }) => uploadedBytes === 12 * MiB)
  expect(await share.interrupt()).toBe(0)
  await receiver.until(({ node }) => node?.links.length === 0)
})

test('a browser shares, a command downloads a folder and leaves nothing else behind', async ({
  ringdrop,
  openPeer,
}) => {
  const folder = join(scratch(), 'album')
  const files = ['one.bin', 'deep/er/two.bin', 'empty.txt'].map((name, index) =>
    makeFile(folder, name, [3 * MiB, 70_001, 0][index] ?? 0, index + 1),
  )
  const sender = await openPeer()
  const { link } = await sender.shareFolder(folder)
  const out = scratch()
  const get = ringdrop('get', link, '--out', out, '--json')
  const saved = await get.until('saved')
  expect(await get.exit).toBe(0)
  expect(saved['files']).toHaveLength(3)
  for (const [index, name] of ['one.bin', 'deep/er/two.bin', 'empty.txt'].entries())
    expect(sha256File(join(out, 'album', name))).toBe(files[index]?.sha)
  expect(readdirSync(out)).toEqual(['album'])

  // What is there already is checked, and not fetched again.
  const again = ringdrop('get', link, '--out', out, '--json')
  expect((await again.until('saved'))['files']).toEqual(saved['files'])
  expect(await again.exit).toBe(0)
  expect(again.events.some(({ event }) => event === 'progress')).toBe(false)
  expect(again.events.some(({ event }) => event === 'checking')).toBe(true)
  expect(readdirSync(out)).toEqual(['album'])
})

test('a killed download goes on where it was, and never replaces a file', async ({ ringdrop, openPeer }) => {
  const file = makeFile(scratch(), 'long.bin', 24 * MiB, 3)
  const sender = await openPeer()
  await sender.limitUpload(4096)
  const { link, infoHash } = await sender.shareFiles(file.path)
  const out = scratch()
  writeFileSync(join(out, 'long.bin'), 'mine')
  const first = ringdrop('get', link, '--out', out, '--json')
  await first.until('progress', ({ verifiedBytes }) => Number(verifiedBytes) > 8 * MiB)
  await first.kill()
  expect(readdirSync(out).sort()).toEqual(['.ringdrop', 'long.bin'])
  await sender.until(({ node }) => node?.links.length === 0, 60_000)
  const sentBefore = (await sender.share(infoHash))?.uploadedBytes ?? 0

  const second = ringdrop('get', link, '--out', out, '--json')
  const begun = await second.until('progress')
  expect(Number(begun['verifiedBytes'])).toBeGreaterThan(7 * MiB)
  const { files } = await second.until('saved')
  expect(await second.exit).toBe(0)
  expect(files).toEqual([join(out, 'long (2).bin')])
  expect(sha256File(join(out, 'long (2).bin'))).toBe(file.sha)
  expect(statSync(join(out, 'long.bin')).size).toBe(4)
  // What was on its way is sent twice: at most what is asked for at a time, a second of the sender's limit.
  const sentAfter = (await sender.share(infoHash))?.uploadedBytes ?? 0
  expect(sentAfter).toBeLessThan(24 * MiB + 4 * MiB)
  expect(sentAfter - sentBefore).toBeLessThan(17 * MiB)
})

test('searches find what others share, by each system and by all', async ({ ringdrop, openPeer }) => {
  test.setTimeout(240_000)
  const folder = scratch()
  const browser = await openPeer()
  await browser.shareFiles(makeFile(folder, 'Winter holiday.jpg', 200_000, 1).path)
  const share = ringdrop('share', makeFile(folder, 'Summer holiday.mp4', 300_000, 2).path, '--json')
  await share.until('shared')
  for (const by of ['directory', 'gnutella', 'kazaa', 'ring', 'compare']) {
    const search = ringdrop('search', 'holiday', '--by', by, '--json', '--timeout', '40')
    expect(await search.exit, `${by}: ${search.text.out}`).toBe(0)
    const names = search.events.flatMap(({ event, name }) => (event === 'hit' ? [textOf(name)] : []))
    expect(names, by).toContain('Summer holiday.mp4')
    const answers = search.events.filter(({ event }) => event === 'answer')
    expect(answers).toHaveLength(by === 'compare' ? 4 : 1)
  }
  const unlisted = ringdrop(
    'share',
    makeFile(folder, 'Secret holiday.txt', 10, 3).path,
    '--unlisted',
    '--json',
  )
  await unlisted.until('shared')
  const none = ringdrop('search', 'secret', '--json', '--timeout', '3')
  expect(await none.exit).toBe(7)
  expect((await none.until('failed'))['code']).toBe('nothingFound')
})

test('a member stays on, serves what it got, and remembers it', async ({ ringdrop, openPeer, server }) => {
  const state = scratch()
  const out = scratch()
  const file = makeFile(scratch(), 'kept.bin', 2 * MiB, 4)
  const sender = await openPeer()
  const { link, infoHash } = await sender.shareFiles(file.path)
  const args = ['--out', out, '--json', '--server', server.url]
  const first = new Cli(['node', link, ...args], state)
  await first.until('saved')
  await first.until('shared')
  await sender.page.close()
  expect(await first.interrupt()).toBe(0)
  const second = new Cli(['node', ...args], state)
  await second.until('shared', ({ infoHash: shared }) => shared === infoHash)
  const get = ringdrop('get', link, '--out', scratch(), '--json')
  const { files } = await get.until('saved')
  expect(sha256File(textOf((files as string[])[0]))).toBe(file.sha)
  expect(await second.interrupt()).toBe(0)
})

test('exit codes and words say what went wrong and what to do', async ({ ringdrop, server }) => {
  const nobody = `magnet:?xt=urn:btmh:1220${'ab'.repeat(32)}`
  const expectEnd = async (cli: Cli, code: number) => {
    expect(await cli.exit, cli.text.out + cli.text.err).toBe(code)
    expect(cli.text.err).toMatch(/^ {2}Why: .+\n {2}Next: .+$/m)
  }
  await expectEnd(ringdrop('get', 'hello'), 3)
  await expectEnd(ringdrop('get', nobody, '--out', scratch(), '--timeout', '2'), 5)
  await expectEnd(ringdrop('share', join(scratch(), 'missing')), 6)
  await expectEnd(ringdrop('fetch'), 2)
  const dangling = scratch()
  mkdirSync(join(dangling, 'in'))
  symlinkSync('/etc/hostname', join(dangling, 'in/outside'))
  await expectEnd(ringdrop('share', join(dangling, 'in')), 6)
  const waiting = ringdrop('get', nobody, '--out', scratch(), '--json')
  await waiting.until('started')
  expect(await waiting.interrupt()).toBe(130)
  const help = ringdrop('--help')
  expect(await help.exit).toBe(0)
  expect(help.text.out).toContain('Exit codes')
  await server.kill()
  const alone = ringdrop('get', nobody, '--out', scratch())
  await expectEnd(alone, 4)
  expect(alone.text.err).toContain('Nothing listens there.')
})
