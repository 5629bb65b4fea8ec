import workerUrl from '../../workers/store.worker.ts?worker&url'
import { LateWorker } from '../late-worker.ts'
import type { StoreThread } from './block-store.ts'
import type { StoreAnswer } from './protocol.ts'

/** Disk and hashes in a worker, away from the page. */
export function startStoreWorker(
  onAnswer: (answer: StoreAnswer) => void,
  onMissing?: (isMissing: boolean) => void,
): StoreThread<File> {
  return new LateWorker(() => new Worker(workerUrl, { type: 'module' }), onAnswer, onMissing)
}
