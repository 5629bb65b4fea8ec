import { expect, it, vi } from 'vitest'
import { defined } from '@ringdrop/shared/kernel/invariant.ts'
import { parseInfoHash } from '@ringdrop/shared/kernel/ids.ts'
import type { ShareFiles, ShareStorage } from '../../src/adapters/block-store/share-files.ts'
import { StoreServer } from '../../src/adapters/block-store/store-server.ts'

const infoHash = defined(parseInfoHash('ab'.repeat(32)), 'infohash')

/** A storage whose files take their time to be closed, and are noted as they come and go. */
class SlowStorage implements ShareStorage {
  readonly log: string[] = []
  finishClosing: () => void = () => undefined

  open(): ShareFiles {
    this.log.push('open')
    const close = async () => {
      await new Promise<void>((resolve) => (this.finishClosing = resolve))
      this.log.push('closed')
    }
    const blob = async () => {
      this.log.push('blob')
      return new Blob([])
    }
    return { read: () => Promise.resolve(0), write: () => Promise.resolve(), blob, close }
  }

  remove(): Promise<void> {
    return Promise.resolve()
  }

  list(): Promise<[]> {
    return Promise.resolve([])
  }
}

const noOwn = () => {
  throw new Error('this store has downloads alone')
}

it('a share that is opened again has its new files when the old ones are closed', async () => {
  const storage = new SlowStorage()
  const answers: string[] = []
  const server = new StoreServer(storage, noOwn, ({ type }) => answers.push(type))
  const open = { type: 'open', infoHash, pieceBytes: 262_144, sizes: [1], files: null } as const
  server.handle(open)
  server.handle(open)
  server.handle({ type: 'blobs', infoHash, files: [0], ticket: 1 })
  expect(storage.log).toEqual(['open'])
  storage.finishClosing()
  await vi.waitUntil(() => answers.length > 0, { timeout: 5000, interval: 5 })
  expect(storage.log).toEqual(['open', 'closed', 'open', 'blob'])
})

/** A storage whose reads and writes wait for the test. */
class HeldStorage implements ShareStorage {
  readonly log: string[] = []
  readonly #held: (() => void)[] = []

  get heldCount(): number {
    return this.#held.length
  }

  letGo(): void {
    for (const go of this.#held.splice(0)) go()
  }

  open(): ShareFiles {
    const wait = async (what: string) => {
      this.log.push(what)
      await new Promise<void>((resolve) => this.#held.push(resolve))
    }
    return {
      read: (_file, _offset, into) => wait('read').then(() => into.length),
      write: () => wait('write'),
      blob: () => Promise.resolve(new Blob([])),
      close: async () => void this.log.push('closed'),
    }
  }

  remove(): Promise<void> {
    this.log.push('removed')
    return Promise.resolve()
  }

  list(): Promise<[]> {
    return Promise.resolve([])
  }
}

it('a share that is removed while it is checked is let go first, and nobody hears of the check', async () => {
  const storage = new HeldStorage()
  const answers: string[] = []
  const server = new StoreServer(storage, noOwn, ({ type }) => answers.push(type))
  const sizes = [3 * 4 * 1024 * 1024]
  server.handle({ type: 'open', infoHash, pieceBytes: 262_144, sizes, files: null })
  server.handle({ type: 'check', infoHash, hashes: new Uint8Array((sizes[0] ?? 0) / 512) })
  await vi.waitUntil(() => storage.heldCount > 0)
  server.handle({ type: 'remove', infoHash })
  server.handle({ type: 'blobs', infoHash, files: [0], ticket: 1 })
  expect(storage.log).toEqual(['read'])
  storage.letGo()
  await vi.waitUntil(() => answers.length > 0)
  expect(answers).toEqual(['blobs'])
  expect(storage.log).toEqual(['read', 'closed', 'removed'])
})

it('a block that is on its way when its share is removed is neither written nor told of', async () => {
  const storage = new HeldStorage()
  const answers: string[] = []
  const server = new StoreServer(storage, noOwn, ({ type }) => answers.push(type))
  server.handle({ type: 'open', infoHash, pieceBytes: 262_144, sizes: [16_384], files: null })
  const block = new Uint8Array(16_384)
  const hashes = new Uint8Array(await crypto.subtle.digest('SHA-256', block))
  const runs = [{ first: 0, count: 1, offset: 0 }]
  server.handle({ type: 'store', infoHash, buffer: block.buffer, runs, hashes })
  server.handle({ type: 'remove', infoHash })
  await vi.waitUntil(() => storage.log.includes('removed'))
  expect([storage.log, answers]).toEqual([['closed', 'removed'], []])
})

it('a file that is not as long as it should be is not handed out', async () => {
  const answers: unknown[] = []
  const storage = new HeldStorage()
  const server = new StoreServer(storage, noOwn, (answer) => answers.push(answer))
  server.handle({ type: 'open', infoHash, pieceBytes: 262_144, sizes: [1, 0], files: null })
  server.handle({ type: 'blobs', infoHash, files: [0], ticket: 1 })
  server.handle({ type: 'blobs', infoHash, files: [1], ticket: 2 })
  await vi.waitUntil(() => answers.length > 1)
  expect(answers).toEqual([
    { type: 'blobs', ticket: 1, blobs: null },
    { type: 'blobs', ticket: 2, blobs: [new Blob([])] },
  ])
})
