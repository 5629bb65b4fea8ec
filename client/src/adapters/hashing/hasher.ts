import workerUrl from '../../workers/hash.worker.ts?worker&url'
import { LateWorker } from '../late-worker.ts'
import type { HashAnswer, HashCommand } from './protocol.ts'

export interface HashJob {
  readonly files: readonly File[]
  /** So many more bytes have been hashed. */
  readonly onProgress: (bytes: number) => void
  /** Once it is aborted, no file counts as read. */
  readonly signal?: AbortSignal | undefined
}

/** Hashes files in a worker, one share after the other. */
export class Hasher {
  /** Started with the first job. */
  #worker: LateWorker<HashCommand, HashAnswer> | null = null
  readonly #jobs = new Map<
    string,
    { job: HashJob; resolve: (leaves: readonly (Uint8Array<ArrayBuffer> | null)[]) => void }
  >()
  #nextId = 0

  /** @param onMissing as of {@link LateWorker}. */
  constructor(readonly onMissing: (isMissing: boolean) => void) {}

  /** The block hashes of each file; `null` for one that can't be read. */
  hash(job: HashJob): Promise<readonly (Uint8Array<ArrayBuffer> | null)[]> {
    const id = String(this.#nextId++)
    return new Promise((resolve) => {
      this.#jobs.set(id, { job, resolve })
      this.#worker ??= this.#start()
      this.#worker.post({ type: 'hash', id, files: job.files })
      job.signal?.addEventListener('abort', () => this.#cancel(id))
    })
  }

  terminate(): void {
    this.#worker?.terminate()
  }

  #cancel(id: string): void {
    const pending = this.#jobs.get(id)
    if (pending === undefined) return
    this.#jobs.delete(id)
    this.#worker?.post({ type: 'cancel', id })
    pending.resolve(pending.job.files.map(() => null))
  }

  #start(): LateWorker<HashCommand, HashAnswer> {
    return new LateWorker(
      () => new Worker(workerUrl, { type: 'module' }),
      (answer) => this.#onAnswer(answer),
      this.onMissing,
    )
  }

  #onAnswer(answer: HashAnswer): void {
    if (answer.type === 'ready') return
    const pending = this.#jobs.get(answer.id)
    if (answer.type === 'progress') {
      pending?.job.onProgress(answer.bytes)
      return
    }
    this.#jobs.delete(answer.id)
    pending?.resolve(answer.leaves)
  }
}
