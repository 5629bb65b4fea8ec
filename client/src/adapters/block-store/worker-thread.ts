import type { StoreThread } from './block-store.ts'
import type { StoreAnswer } from './protocol.ts'

/** Disk and hashes in a worker, away from the page. */
export function startStoreWorker(onAnswer: (answer: StoreAnswer) => void): StoreThread<File> {
  const worker = new Worker(new URL('../../workers/store.worker.ts', import.meta.url), { type: 'module' })
  worker.onmessage = (event: MessageEvent<StoreAnswer>) => onAnswer(event.data)
  return {
    post: (command, transfer) => worker.postMessage(command, transfer),
    terminate: () => worker.terminate(),
  }
}
