import { IdbStorage } from '../../src/adapters/block-store/idb-storage.ts'
import type { StoreAnswer, StoreCommand } from '../../src/adapters/block-store/protocol.ts'
import { StoreServer } from '../../src/adapters/block-store/store-server.ts'
import { blockStoreContract, type StoreUnderTest } from './block-store.contract.ts'

/** Answers in order of arrival, kept until somebody waits for them. */
class Answers {
  #waiting: { fits: (answer: StoreAnswer) => boolean; resolve: (answer: StoreAnswer) => void }[] = []
  #early: StoreAnswer[] = []

  push(answer: StoreAnswer): void {
    const index = this.#waiting.findIndex(({ fits }) => fits(answer))
    if (index < 0) this.#early.push(answer)
    else this.#waiting.splice(index, 1)[0]?.resolve(answer)
  }

  next(fits: (answer: StoreAnswer) => boolean): Promise<StoreAnswer> {
    const index = this.#early.findIndex(fits)
    if (index >= 0) return Promise.resolve(this.#early.splice(index, 1)[0] as StoreAnswer)
    return new Promise((resolve) => this.#waiting.push({ fits, resolve }))
  }
}

/** The real worker: OPFS with sync handles in Chromium. */
function workerStore(): StoreUnderTest {
  const worker = new Worker(new URL('../../src/workers/store.worker.ts', import.meta.url), { type: 'module' })
  const answers = new Answers()
  worker.onmessage = (event: MessageEvent<StoreAnswer>) => answers.push(event.data)
  return {
    send: (command: StoreCommand, transfer = []) => worker.postMessage(command, transfer),
    answer: (fits) => answers.next(fits),
    stop: () => worker.terminate(),
  }
}

/** The fallback, in the page. */
function indexedDbStore(): StoreUnderTest {
  const answers = new Answers()
  const server = new StoreServer(new IdbStorage(), (answer) => answers.push(answer))
  return {
    send: (command) => server.handle(command),
    answer: (fits) => answers.next(fits),
    stop: () => undefined,
  }
}

blockStoreContract('worker with OPFS', workerStore)
blockStoreContract('IndexedDB', indexedDbStore)
