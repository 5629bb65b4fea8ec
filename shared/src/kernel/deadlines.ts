/**
 * Keyed deadlines folded into one earliest wake-up. Setting a key again moves it; nothing needs cancelling
 * twice and there are no stale timers. Sizes here are tens of entries, so a scan beats a heap.
 */
export class Deadlines<Key> {
  readonly #at = new Map<Key, number>()

  /** Sets or moves the deadline of `key` to `at` (milliseconds on the host's clock). */
  set(key: Key, at: number): void {
    this.#at.set(key, at)
  }

  /** Forgets `key`; does nothing when it is not set. */
  clear(key: Key): void {
    this.#at.delete(key)
  }

  /** The deadline of `key`, or `undefined`. */
  get(key: Key): number | undefined {
    return this.#at.get(key)
  }

  /** The earliest deadline, or `Infinity`. */
  earliest(): number {
    let earliest = Infinity
    for (const at of this.#at.values()) if (at < earliest) earliest = at
    return earliest
  }

  /** Removes and returns every key that is due, earliest first. */
  due(now: number): Key[] {
    const due: [Key, number][] = []
    for (const entry of this.#at) if (entry[1] <= now) due.push(entry)
    due.sort((a, b) => a[1] - b[1])
    for (const [key] of due) this.#at.delete(key)
    return due.map(([key]) => key)
  }
}
