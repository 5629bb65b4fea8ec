import type { Tone } from '../lib/words.ts'

export interface NoticeAction {
  readonly label: string
  readonly run: () => void
}

export interface Notice {
  readonly id: number
  readonly tone: Tone
  readonly text: string
  readonly actions: readonly NoticeAction[]
}

/** A passing remark goes away after so long; errors and questions stay until they are closed. */
const SHOWN_MS = 6_000

/** Short messages at the edge of the screen, and the one sentence that screen readers speak. */
export class Notices {
  #items = $state.raw<readonly Notice[]>([])
  #spoken = $state('')
  #nextId = 1

  get items(): readonly Notice[] {
    return this.#items
  }

  get spoken(): string {
    return this.#spoken
  }

  /** @param staysMs a question that need not be answered goes away after so long. @returns its id, to take it back. */
  show(text: string, tone: Tone = 'quiet', actions: readonly NoticeAction[] = [], staysMs?: number): number {
    const id = this.#nextId++
    this.#items = [...this.#items.filter((item) => item.text !== text), { id, tone, text, actions }]
    this.say(text)
    const isPassing = tone !== 'bad' && actions.length === 0
    if (isPassing || staysMs !== undefined) setTimeout(() => this.dismiss(id), staysMs ?? SHOWN_MS)
    return id
  }

  dismiss(id: number): void {
    this.#items = this.#items.filter((item) => item.id !== id)
  }

  /**
   * Spoken only, what is said at one moment together: of two texts at once only the last would be heard. The same
   * text twice in a row is spoken twice: the second carries an invisible space.
   */
  say(...sentences: readonly string[]): void {
    if (sentences.length === 0) return
    const text = sentences.join('. ')
    this.#spoken = this.#spoken === text ? `${text}\u00a0` : text
  }
}
