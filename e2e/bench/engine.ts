import { createHash } from 'node:crypto'
import { createReadStream, openSync, writeSync, closeSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { seededBytes } from '../fixtures/files.ts'

/** What the benchmark page offers; see client/bench. */
interface View {
  readonly node: {
    readonly shares: readonly {
      readonly infoHash: string
      readonly state: { readonly name: string }
      readonly verifiedBytes: number
      readonly uploadedBytes: number
      readonly downloadedBytes: number
    }[]
  } | null
}
interface Engine {
  snapshot(): View
  onChange(listener: () => void): () => void
  run(command: object): Promise<{ ok: boolean; value: { files: { file: Blob }[] } }>
}
declare const engine: Engine

/** Downloads may be announced late while the disk is busy. */
const SAVE_MS = 300_000

/** Writes a file of seeded content without holding it whole. */
export function makeBenchFile(sizeBytes: number, seed: number): string {
  const path = join(mkdtempSync(join(tmpdir(), 'ringdrop-bench-file-')), 'bench.bin')
  const file = openSync(path, 'w')
  const part = 4 * 1024 * 1024
  for (let at = 0; at < sizeBytes; at += part)
    writeSync(file, seededBytes(Math.min(part, sizeBytes - at), seed * 7919 + at))
  closeSync(file)
  return path
}

export function sha256OfFile(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const hash = createHash('sha256')
    createReadStream(path)
      .on('data', (data) => hash.update(data))
      .on('end', () => resolve(hash.digest('hex')))
      .on('error', reject)
  })
}

/** Puts a file from disk into the page's only input, without copying it. */
export async function pickFile(page: Page, path: string): Promise<void> {
  await page.evaluate(() => {
    const input = document.createElement('input')
    input.type = 'file'
    document.body.replaceChildren(input)
  })
  // Through the protocol, since Playwright would copy a large file into the page.
  const session = await page.context().newCDPSession(page)
  const { root } = await session.send('DOM.getDocument')
  const { nodeId } = await session.send('DOM.querySelector', { nodeId: root.nodeId, selector: 'input' })
  await session.send('DOM.setFileInputFiles', { nodeId, files: [path] })
  await session.detach()
}

/** The production engine in one page. */
export class EnginePage {
  private constructor(readonly page: Page) {}

  static async start(page: Page): Promise<EnginePage> {
    await page.evaluate(() => {
      const make = (globalThis as unknown as { makeEngine(): Engine }).makeEngine
      Object.assign(globalThis, { engine: make() })
    })
    await page.waitForFunction(() => engine.snapshot().node !== null)
    return new EnginePage(page)
  }

  /** Shares a file from disk; waits until it is hashed. @returns its infohash. */
  async share(path: string): Promise<string> {
    const before = await this.page.evaluate(() => engine.snapshot().node?.shares.length ?? 0)
    await pickFile(this.page, path)
    await this.page.evaluate(async () => {
      const file = document.querySelector('input')?.files?.[0]
      if (file !== undefined)
        await engine.run({ type: 'share', files: [{ file, path: [file.name] }], isUnlisted: false })
    })
    await this.page.waitForFunction((count) => (engine.snapshot().node?.shares.length ?? 0) > count, before, {
      timeout: 300_000,
    })
    return this.page.evaluate(() => engine.snapshot().node?.shares.at(-1)?.infoHash ?? '')
  }

  async open(infoHash: string): Promise<void> {
    await this.page.evaluate((text) => engine.run({ type: 'open', text }), infoHash)
    await this.page.waitForFunction(
      (hash) =>
        engine.snapshot().node?.shares.find((share) => share.infoHash === hash)?.state.name === 'offered',
      infoHash,
      { polling: 10 },
    )
  }

  async download(infoHash: string): Promise<void> {
    await this.page.evaluate(
      (hash) => engine.run({ type: 'download', infoHash: hash, files: null }),
      infoHash,
    )
  }

  /** Resolves when everything is there; hears of it by the engine's own notice, as polling would cost CPU. */
  done(infoHash: string): Promise<void> {
    return this.page.evaluate(
      (hash) =>
        new Promise<void>((resolve) => {
          const look = () => {
            const share = engine.snapshot().node?.shares.find((each) => each.infoHash === hash)
            if (share?.state.name === 'seeding') resolve()
          }
          engine.onChange(look)
          look()
        }),
      infoHash,
    )
  }

  /** From the opened link to the last byte, verified and stored. */
  async fetch(infoHash: string): Promise<void> {
    await this.page.evaluate(
      (hash) =>
        new Promise<void>((resolve) => {
          const find = () => engine.snapshot().node?.shares.find((each) => each.infoHash === hash)
          let isAsked = false
          const look = () => {
            const name = find()?.state.name
            if (name === 'seeding') resolve()
            if (name !== 'offered' || isAsked) return
            isAsked = true
            void engine.run({ type: 'download', infoHash: hash, files: null })
          }
          engine.onChange(look)
          void engine.run({ type: 'open', text: hash }).then(look)
        }),
      infoHash,
    )
  }

  /** Milliseconds from opening the link to the first verified byte, measured in the page. */
  firstByte(infoHash: string): Promise<number> {
    return this.page.evaluate(async (hash) => {
      const find = () => engine.snapshot().node?.shares.find((share) => share.infoHash === hash)
      const until = async (isThere: () => boolean) => {
        while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 2))
      }
      const started = performance.now()
      await engine.run({ type: 'open', text: hash })
      await until(() => find()?.state.name === 'offered')
      await engine.run({ type: 'download', infoHash: hash, files: null })
      await until(() => (find()?.verifiedBytes ?? 0) > 0)
      return performance.now() - started
    }, infoHash)
  }

  async uploaded(infoHash: string): Promise<number> {
    return this.page.evaluate(
      (hash) => engine.snapshot().node?.shares.find((share) => share.infoHash === hash)?.uploadedBytes ?? 0,
      infoHash,
    )
  }

  limitUpload(bytesPerSecond: number | null): Promise<unknown> {
    return this.page.evaluate(
      (rate) => engine.run({ type: 'limits', limits: { uploadRate: rate, downloadRate: null } }),
      bytesPerSecond,
    )
  }

  /** SHA-256 of what was received; files up to a few hundred MiB. */
  sha256(infoHash: string): Promise<string> {
    return this.page.evaluate(async (hash) => {
      const { value } = await engine.run({ type: 'blobs', infoHash: hash, files: null })
      const bytes = (await value.files[0]?.file.arrayBuffer()) ?? new ArrayBuffer()
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
      return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
    }, infoHash)
  }

  /** SHA-256 of what was received, whatever its size: the browser saves it to disk first. */
  async sha256OfSaved(infoHash: string): Promise<string> {
    const download = this.page.waitForEvent('download', { timeout: SAVE_MS })
    await this.page.evaluate(async (hash) => {
      const { value } = await engine.run({ type: 'blobs', infoHash: hash, files: null })
      const anchor = document.createElement('a')
      anchor.href = URL.createObjectURL(value.files[0]?.file ?? new Blob())
      anchor.download = 'bench.bin'
      anchor.click()
    }, infoHash)
    return sha256OfFile(await (await download).path())
  }

  async remove(infoHash: string): Promise<void> {
    await this.page.evaluate((hash) => engine.run({ type: 'remove', infoHash: hash }), infoHash)
  }
}
