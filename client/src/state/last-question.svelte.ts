import type { Nonce } from '@ringdrop/shared/kernel/ids.ts'

/** The search whose hits are shown: the one that was asked for last, whichever is answered last. */
export class LastQuestion {
  #id = $state<Nonce | null>(null)
  #turn = 0
  #isAsked = false

  /**
   * @param cancel ends a search that another one has taken the place of: few run at a time, and other tabs of this browser
   * have theirs
   */
  constructor(readonly cancel: (id: Nonce) => void) {}

  /** `null` until it runs: the code of a system may still be on its way. */
  get id(): Nonce | null {
    return this.#id
  }

  /** Whether something was asked, even if it does not run yet, or failed to. */
  get isAsked(): boolean {
    return this.#isAsked
  }

  /** @param begin begins the search. @returns when it runs. */
  async ask(begin: () => Promise<Nonce | null>): Promise<void> {
    const turn = ++this.#turn
    this.#isAsked = true
    const id = await begin()
    const replaced = turn === this.#turn ? this.#id : id
    if (turn === this.#turn) this.#id = id
    if (replaced !== null && replaced !== this.#id) this.cancel(replaced)
  }

  /** Nothing is asked any more: what is still to be answered belongs to nothing that is shown. */
  forget(): void {
    this.#turn++
    this.#isAsked = false
    this.#id = null
  }
}
