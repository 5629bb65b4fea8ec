/** After the second loss in a row; doubled with each further one. Our choice. */
const FIRST_WAIT_MS = 5_000
/** Our choice: a file that is written all day is hashed so often at most. */
const LONGEST_WAIT_MS = 10 * 60_000
/** What kept still for so long may be hashed at once when it changes. Our choice. */
const STILL_MS = 10 * 60_000
/** What can't be had now is looked for so often: a disk that is still to come, a full one. Our choice. */
const AWAY_MS = 10_000

/**
 * When own files that were changed are hashed again: at once, but after longer and longer waits as long as they do not keep
 * still. Something may write to them all the time, and what is offered then is wrong before anybody has it.
 * And when what is missing is looked for again.
 */
export class HashAgain<Item> {
  readonly #losses = new Map<Item, number>()
  readonly #sharedAt = new Map<Item, number>()
  readonly #dueAt = new Map<Item, number>()
  /** What cannot be had, and what was said of it. */
  readonly #away = new Map<Item, string>()

  constructor(readonly clock: () => number) {}

  onShared(item: Item): void {
    this.#sharedAt.set(item, this.clock())
    this.#away.delete(item)
  }

  /** It is not what it was, or changed while it was hashed. @returns how long it waits, in milliseconds. */
  onLost(item: Item): number {
    const now = this.clock()
    this.#away.delete(item)
    const sharedAt = this.#sharedAt.get(item)
    this.#sharedAt.delete(item)
    const hadKeptStill = sharedAt !== undefined && now - sharedAt >= STILL_MS
    const losses = hadKeptStill ? 0 : (this.#losses.get(item) ?? 0)
    this.#losses.set(item, losses + 1)
    const waitMs = losses === 0 ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (losses - 1))
    this.#dueAt.set(item, now + waitMs)
    return waitMs
  }

  /** It can't be had now, and may come. @returns whether that is news: else it was said before, by the same word. */
  onAway(item: Item, what: string): boolean {
    const isNews = this.#away.get(item) !== what
    this.#away.set(item, what)
    this.#dueAt.set(item, this.clock() + AWAY_MS)
    return isNews
  }

  /** Those whose wait is over; each once. */
  due(): Item[] {
    const now = this.clock()
    const due = [...this.#dueAt].filter(([, at]) => at <= now).map(([item]) => item)
    for (const item of due) this.#dueAt.delete(item)
    return due
  }
}
