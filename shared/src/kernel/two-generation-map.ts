/**
 * Values by key in two generations: an entry lives between one and two `periodMs` after it was set, and a
 * generation never holds more than `limit` entries. Constant work per entry, no timers; for route tables.
 */
export class TwoGenerationMap<Key, Value> {
  #young = new Map<Key, Value>()
  #old = new Map<Key, Value>()
  #turnAt = -Infinity

  constructor(
    readonly periodMs: number,
    readonly limit: number,
  ) {}

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(key: Key): Value | undefined {
    return this.#young.get(key) ?? this.#old.get(key)
  }

  /** Sets a value as young; what was set under this key before is forgotten. */
  set(key: Key, value: Value, now: number): void {
    this.#turn(now)
    this.#old.delete(key)
    if (this.#young.size >= this.limit && !this.#young.has(key)) this.#swap(now)
    this.#young.set(key, value)
  }

  delete(key: Key): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }

  #turn(now: number): void {
    if (now < this.#turnAt) return
    const isSilentForAPeriod = now >= this.#turnAt + this.periodMs
    this.#swap(now)
    if (isSilentForAPeriod) this.#old = new Map()
  }

  #swap(now: number): void {
    this.#old = this.#young
    this.#young = new Map()
    this.#turnAt = now + this.periodMs
  }
}
