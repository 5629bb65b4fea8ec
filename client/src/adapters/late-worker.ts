import { pauseAfter, TOLD_FAILURES } from '../lib/persistent.ts'

/**
 * A worker whose code is fetched again when that fails, as it does while a phone changes its network. What is posted
 * until it runs waits. The worker says something as soon as it runs, whatever it is.
 */
export class LateWorker<Command, Answer> {
  readonly #make: () => Worker
  readonly #onAnswer: (answer: Answer) => void
  readonly #onMissing: ((isMissing: boolean) => void) | undefined
  #worker: Worker
  /** `null` once the worker runs. */
  #early: { readonly command: Command; readonly transfer: Transferable[] }[] | null = []
  #failures = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  /** @param onMissing told when its code can't be fetched, though it goes on trying, and when it runs at last. */
  constructor(
    make: () => Worker,
    onAnswer: (answer: Answer) => void,
    onMissing?: (isMissing: boolean) => void,
  ) {
    this.#make = make
    this.#onAnswer = onAnswer
    this.#onMissing = onMissing
    this.#worker = this.#start()
  }

  /** @param transfer memory that goes over to the worker. */
  post(command: Command, transfer: Transferable[] = []): void {
    if (this.#early === null) this.#worker.postMessage(command, transfer)
    else this.#early.push({ command, transfer })
  }

  terminate(): void {
    clearTimeout(this.#timer)
    this.#worker.terminate()
  }

  #start(): Worker {
    const worker = this.#make()
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const early = this.#early ?? []
      if (this.#early !== null) this.#onMissing?.(false)
      this.#early = null
      for (const { command, transfer } of early) worker.postMessage(command, transfer)
      this.#onAnswer(data)
    }
    worker.onerror = () => {
      if (this.#early === null) return
      worker.terminate()
      const failures = ++this.#failures
      if (failures >= TOLD_FAILURES) this.#onMissing?.(true)
      this.#timer = setTimeout(() => (this.#worker = this.#start()), pauseAfter(failures))
    }
    return worker
  }
}
