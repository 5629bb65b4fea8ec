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
/** Of two texts that follow each other sooner, screen readers speak only the last. Our choice. */
const SPOKEN_APART_MS = 1_000

/** Short messages at the edge of the screen, and the one sentence that screen readers speak. */
export class Notices {
  #items = $state.raw<readonly Notice[]>([])
  #spoken = $state('')
  readonly #unspoken: string[] = []
  #pause: ReturnType<typeof setTimeout> | null = null
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

  /** Spoken only: at once, or together with all else that comes up, after what was said just before. */
  say(...sentences: readonly string[]): void {
    this.#unspoken.push(...sentences)
    if (this.#pause === null) this.#speak()
  }

  /** The same text twice in a row is spoken twice: the second carries an invisible space. */
  #speak(): void {
    this.#pause = null
    if (this.#unspoken.length === 0) return
    const text = this.#unspoken.splice(0).join('. ')
    this.#spoken = this.#spoken === text ? `${text}\u00a0` : text
    this.#pause = setTimeout(() => this.#speak(), SPOKEN_APART_MS)
  }
}
