import { persistent } from '../lib/persistent.ts'

/**
 * A worker whose code is fetched again when that fails, as it does while a phone changes its network. What is posted
 * until it runs waits. The worker says something as soon as it runs, whatever it is.
 */
export class LateWorker<Command, Answer> {
  readonly #make: () => Worker
  readonly #onAnswer: (answer: Answer) => void
  #worker: Worker | null = null
  #isTerminated = false
  /** `null` once the worker runs. */
  #early: { readonly command: Command; readonly transfer: Transferable[] }[] | null = []

  /** @param onMissing told when its code can't be fetched, though it goes on trying, and when it runs at last. */
  constructor(
    make: () => Worker,
    onAnswer: (answer: Answer) => void,
    onMissing: (isMissing: boolean) => void = () => undefined,
  ) {
    this.#make = make
    this.#onAnswer = onAnswer
    void persistent(() => this.#start(), onMissing)
  }

  /** @param transfer memory that goes over to the worker. */
  post(command: Command, transfer: Transferable[] = []): void {
    if (this.#early === null) this.#worker?.postMessage(command, transfer)
    else this.#early.push({ command, transfer })
  }

  terminate(): void {
    this.#isTerminated = true
    this.#worker?.terminate()
  }

  /** Comes true when the worker runs. Rejects when its code can't be fetched; never ends once it was terminated. */
  #start(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isTerminated) return
      const worker = this.#make()
      this.#worker = worker
      worker.onmessage = ({ data }: MessageEvent<Answer>) => {
        const early = this.#early ?? []
        this.#early = null
        resolve()
        for (const { command, transfer } of early) worker.postMessage(command, transfer)
        this.#onAnswer(data)
      }
      worker.onerror = () => {
        if (this.#early === null) return
        worker.terminate()
        reject(new Error('the code of a worker did not come'))
      }
    })
  }
}
