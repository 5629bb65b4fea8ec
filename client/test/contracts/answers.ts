import type { StoreAnswer } from '../../src/adapters/block-store/protocol.ts'

/** Answers in order of arrival, kept until somebody waits for them. */
export class Answers {
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
