/** Pauses before a worker's code is fetched again, in milliseconds; the last one from then on. Our choice. */
const PAUSES_MS = [500, 2_000, 5_000]

/**
 * A worker whose code is fetched again when that fails, as it does while a phone changes its network. What is posted
 * until it runs waits. The worker says something as soon as it runs, whatever it is.
 */
export class LateWorker<Command, Answer> {
  readonly #make: () => Worker
  readonly #onAnswer: (answer: Answer) => void
  #worker: Worker
  /** `null` once the worker runs. */
  #early: { readonly command: Command; readonly transfer: Transferable[] }[] | null = []
  #tries = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(make: () => Worker, onAnswer: (answer: Answer) => void) {
    this.#make = make
    this.#onAnswer = onAnswer
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
      this.#early = null
      for (const { command, transfer } of early) worker.postMessage(command, transfer)
      this.#onAnswer(data)
    }
    worker.onerror = () => {
      if (this.#early === null) return
      worker.terminate()
      const pauseMs = PAUSES_MS[Math.min(this.#tries++, PAUSES_MS.length - 1)]
      this.#timer = setTimeout(() => (this.#worker = this.#start()), pauseMs)
    }
    return worker
  }
}
