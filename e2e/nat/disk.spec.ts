import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test, WITHOUT_SERVICE_WORKER } from '../fixtures/test.ts'
import { App } from '../pages/app.ts'
import { CHROMIUM } from '../playwright.config.ts'

test.use(WITHOUT_SERVICE_WORKER)

/**
 * Where a profile keeps the private files of pages, as a disk of its own. Chromium's databases lie beside it: were they on
 * the full disk too, it might throw away the whole profile.
 */
class SmallDisk {
  readonly folder: string

  constructor(profile: string, sizeBytes: number) {
    this.folder = join(profile, 'Default', 'File System')
    mkdirSync(this.folder, { recursive: true })
    const options = `size=${String(sizeBytes)}`
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', this.folder])
  }

  resize(sizeBytes: number): void {
    execFileSync('mount', ['-o', `remount,size=${String(sizeBytes)}`, this.folder])
  }

  unmount(): void {
    execFileSync('umount', ['--lazy', this.folder])
  }
}

const SIZE_BYTES = 48 * MiB

test('a disk that is really full: what came stays, over a reload too, and the download goes on once there is room', async ({
  openPeer,
  server,
}) => {
  const profile = scratch()
  const disk = new SmallDisk(profile, 16 * MiB)
  const context = await chromium.launchPersistentContext(profile, {
    ...CHROMIUM,
    acceptDownloads: true,
    serviceWorkers: 'block',
  })
  try {
    const file = makeFile(scratch(), 'too much.bin', SIZE_BYTES, 77)
    const sender = await openPeer()
    const { link, infoHash } = await sender.shareFiles(file.path)
    const receiver = await App.open(context, server.url, new URL(link).hash)
    await receiver.download()
    await receiver.untilShare(({ state }) => state.name === 'paused' && state.because === 'quota')
    await expect(receiver.page.getByText('Paused: storage is full', { exact: true })).toBeVisible()
    const { verifiedBytes: before = 0 } = (await receiver.share(infoHash)) ?? {}
    expect(before).toBeGreaterThan(8 * MiB)

    // As long as it is full, the page must not look for its files elsewhere.
    await receiver.page.reload()
    await receiver.untilShare(({ verifiedBytes }) => verifiedBytes >= before - MiB, infoHash)
    expect((await receiver.snapshot()).storage.kind).toBe('opfs')

    disk.resize(4 * SIZE_BYTES)
    const card = receiver.transfer(infoHash)
    await receiver.untilShare(({ state }) => state.name === 'paused')
    await card.getByRole('button', { name: 'Resume' }).click()
    await receiver.untilDone(infoHash)
    expect(await receiver.save(infoHash)).toEqual({ sha: file.sha, name: 'too much.bin' })
    expect(receiver.problems).toEqual([])
  } finally {
    await context.close()
    disk.unmount()
  }
})
