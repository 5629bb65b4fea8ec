import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFile, MiB, scratch, seededBytes } from '../fixtures/files.ts'
import { CORRUPT_BLOCKS, fullDiskAfter, NEVER_ANSWER } from '../fixtures/sabotage.ts'
import { expect, test, WITHOUT_SERVICE_WORKER } from '../fixtures/test.ts'

test.use(WITHOUT_SERVICE_WORKER)

test('a peer that serves corrupted blocks is banned, and the download still completes', async ({
  openPeer,
}) => {
  const file = makeFile(scratch(), 'true.bin', 12 * MiB, 11)
  const sender = await openPeer()
  const { link, infoHash } = await sender.shareFiles(file.path)
  const liar = await openPeer(new URL(link).hash, CORRUPT_BLOCKS)
  await liar.download()
  await liar.untilDone(infoHash)
  const liarId = (await liar.snapshot()).node?.id
  // Slow enough that the liar is asked too.
  await sender.limitUpload(512)
  const victim = await openPeer(new URL(link).hash)
  await victim.download()
  const violations = async () =>
    (JSON.parse(await victim.diagnostics()) as { violations: { peer: string; code: string }[] }).violations
  await expect.poll(violations, { timeout: 60_000 }).toContainEqual({ peer: liarId, code: 'corruptBlocks' })
  await sender.limitUpload(100_000)
  await victim.untilDone(infoHash)
  expect((await victim.save(infoHash)).sha).toBe(file.sha)
})

test('a peer that never answers delays nothing but itself', async ({ openPeer }) => {
  const file = makeFile(scratch(), 'patience.bin', 6 * MiB, 12)
  const sender = await openPeer()
  const { link, infoHash } = await sender.shareFiles(file.path)
  const silent = await openPeer(new URL(link).hash, NEVER_ANSWER)
  await silent.download()
  await silent.untilDone(infoHash)
  const receiver = await openPeer(new URL(link).hash)
  await receiver.download()
  await receiver.untilDone(infoHash)
  expect((await receiver.save(infoHash)).sha).toBe(file.sha)
  expect((await silent.share(infoHash))?.uploadedBytes).toBe(0)
})

test('a full disk pauses the download, says so, and keeps what is verified', async ({ openPeer }) => {
  const file = makeFile(scratch(), 'large.bin', 8 * MiB, 13)
  const sender = await openPeer()
  const { link, infoHash } = await sender.shareFiles(file.path)
  const receiver = await openPeer(new URL(link).hash, fullDiskAfter(2 * MiB))
  await receiver.download()
  await receiver.untilShare((share) => share.state.name === 'paused', infoHash)
  expect(await receiver.share(infoHash)).toMatchObject({ state: { name: 'paused', because: 'quota' } })
  const kept = (await receiver.share(infoHash))?.verifiedBytes ?? 0
  expect(kept).toBeGreaterThan(0)
  await expect(receiver.transfer(infoHash)).toContainText(/full/i)
  // Room was made: the person goes on, as often as it takes.
  await expect(async () => {
    const state = (await receiver.share(infoHash))?.state.name
    if (state === 'paused')
      await receiver.transfer(infoHash).getByRole('button', { name: 'Resume' }).click({ timeout: 1000 })
    await receiver.untilShare((share) => share.state.name === 'seeding', infoHash, 3_000)
  }).toPass({ timeout: 60_000 })
  expect((await receiver.save(infoHash)).sha).toBe(file.sha)
})

test('links that are broken or lead nowhere get a clear answer', async ({ openPeer }) => {
  const app = await openPeer()
  for (const text of [
    'hello',
    'magnet:?xt=urn:btmh:1220abc',
    'magnet:?xt=urn:btih:0123456789012345678901234567890123456789',
  ]) {
    await app.openLink(text)
    await expect(app.page.getByRole('alert').first()).toBeVisible()
  }
  await app.openLink('a'.repeat(64))
  await expect(app.page.getByText(/nobody|no one/i).first()).toBeVisible({ timeout: 30_000 })
})

test('names that attack run nothing and harm nothing', async ({ openPeer }) => {
  const folder = join(scratch(), 'names 名前')
  mkdirSync(join(folder, 'sub <b>', '深い'), { recursive: true })
  const names = [
    '<img src=x onerror=globalThis.pwned=1>.html',
    'javascript:alert(1).txt',
    'CON.txt',
    'a:b?.txt',
    '\u202Egpj.exe',
    'tail. ',
    '中文文件.txt',
    'emoji 😀👍.txt',
    'שלום.txt',
    'sub <b>/深い/x.bin',
    'empty.dat',
  ]
  const contents = names.map((name, index) =>
    name === 'empty.dat' ? new Uint8Array() : seededBytes(30_000 + index, index),
  )
  for (const [index, name] of names.entries()) writeFileSync(join(folder, name), contents[index]!)
  const sender = await openPeer()
  const { link, infoHash } = await sender.shareFolder(folder)
  const receiver = await openPeer(new URL(link).hash)
  await expect(receiver.page.getByText('名前').first()).toBeVisible()
  await expect(receiver.page.getByText('中文文件').first()).toBeVisible()
  await receiver.download()
  await receiver.untilDone(infoHash)
  for (const app of [sender, receiver])
    expect(await app.page.evaluate(() => 'pwned' in globalThis)).toBe(false)
  const saved = await receiver.savedFiles(infoHash)
  expect(saved.map(({ sha }) => sha).sort()).toEqual(contents.map(receiver.digest).sort())
  for (const { path } of saved) {
    expect(path).not.toMatch(/\.\.|[<>:"\\|?*\u202e]|(^|\/)CON\./i)
    expect([...path].every((character) => character >= ' ')).toBe(true)
  }
  expect(new Set(saved.map(({ path }) => path.toLowerCase())).size).toBe(names.length)
})
