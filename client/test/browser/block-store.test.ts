import { IdbStorage } from '../../src/adapters/block-store/idb-storage.ts'
import { PickedFiles } from '../../src/adapters/block-store/picked-files.ts'
import type { StoreCommand } from '../../src/adapters/block-store/protocol.ts'
import { StoreServer } from '../../src/adapters/block-store/store-server.ts'
import { startStoreWorker } from '../../src/adapters/block-store/worker-thread.ts'
import { blockStoreContract, type StoreUnderTest } from '../contracts/block-store.contract.ts'
import { Answers } from '../contracts/answers.ts'

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
