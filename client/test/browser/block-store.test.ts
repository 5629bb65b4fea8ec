import { expect, it } from 'vitest'
import { Bitfield } from '@ringdrop/shared/content/bitfield.ts'
import { defined } from '@ringdrop/shared/kernel/invariant.ts'
import { parseInfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { createRng } from '@ringdrop/shared/kernel/rng.ts'
import { IdbStorage } from '../../src/adapters/block-store/idb-storage.ts'
import { PickedFiles } from '../../src/adapters/block-store/picked-files.ts'
import type { StoreAnswer, StoreCommand } from '../../src/adapters/block-store/protocol.ts'
import { StoreServer } from '../../src/adapters/block-store/store-server.ts'
import { startStoreWorker } from '../../src/adapters/block-store/worker-thread.ts'
import { blockStoreContract, type StoreUnderTest } from '../contracts/block-store.contract.ts'
import { Answers } from '../contracts/answers.ts'
import { sampleContent } from '../contracts/sample-content.ts'

/** The real worker: OPFS with sync handles in Chromium. */
function workerStore(): StoreUnderTest {
  const answers = new Answers()
  const worker = startStoreWorker((answer) => answers.push(answer))
  return {
    send: (command: StoreCommand, transfer = []) => worker.post(command, transfer),
    answer: (fits) => answers.next(fits),
    stop: () => worker.terminate(),
  }
}

/** The fallback, in the page. */
function indexedDbStore(): StoreUnderTest {
  const answers = new Answers()
  const server = new StoreServer(
    new IdbStorage(),
    (files) => new PickedFiles(files),
    (answer) => answers.push(answer),
  )
  return {
    send: (command) => server.handle(command),
    answer: (fits) => answers.next(fits),
    stop: () => undefined,
  }
}

const sourcesOf = (files: readonly Uint8Array<ArrayBuffer>[]) =>
  Promise.resolve(files.map((bytes, index) => new File([bytes], String(index))))

blockStoreContract('worker with OPFS', { make: workerStore, sourcesOf })
blockStoreContract('IndexedDB', { make: indexedDbStore, sourcesOf })

it('small files that an earlier version began singly are gone on with where they lie', async () => {
  const infoHash = defined(parseInfoHash('0a'.repeat(32)), 'infohash')
  const share = sampleContent(
    createRng(7),
    Array.from({ length: 20 }, (_, index) => 30 + index),
  )
  const root = await navigator.storage.getDirectory()
  const shares = await root.getDirectoryHandle('shares', { create: true })
  const folder = await shares.getDirectoryHandle(infoHash, { create: true })
  const writable = await (await folder.getFileHandle('3', { create: true })).createWritable()
  await writable.write(defined(share.files[3], 'file'))
  await writable.close()
  const store = workerStore()
  const { sizes, hashes } = share
  store.send({ type: 'open', infoHash, pieceBytes: 262_144, sizes, files: null })
  store.send({ type: 'check', infoHash, hashes })
  const isChecked = (answer: StoreAnswer) =>
    answer.type === 'results' && answer.results.at(-1)?.type === 'checked'
  const answer = await store.answer(isChecked)
  const checked = answer.type === 'results' ? answer.results.at(-1) : undefined
  const bits = checked?.type === 'checked' ? Bitfield.fromBytes(checked.bits, 20) : null
  expect([...(bits?.ones() ?? [])]).toEqual([3])
  store.stop()
})
