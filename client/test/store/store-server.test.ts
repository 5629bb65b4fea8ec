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

it('a share that is opened again has its new files when the old ones are closed', async () => {
  const storage = new SlowStorage()
  const answers: string[] = []
  const noOwn = () => {
    throw new Error('this store has downloads alone')
  }
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
