import { invariant } from './invariant.ts'

/**
 * A map that never holds more than `limit` entries: adding one too many drops the oldest insertion.
 * For tables that remote parties can fill; keys may be any text.
 */
export class BoundedMap<Key, Value> {
  readonly #map = new Map<Key, Value>()
  constructor(readonly limit: number) {
    invariant(limit > 0, 'a bounded map holds at least one entry')
  }

  get size(): number {
    return this.#map.size
  }

  get(key: Key): Value | undefined {
    return this.#map.get(key)
  }

  has(key: Key): boolean {
    return this.#map.has(key)
  }

  /** Sets an entry as the newest. @returns the key that was dropped to make room, if any. */
  set(key: Key, value: Value): Key | undefined {
    this.#map.delete(key)
    this.#map.set(key, value)
    if (this.#map.size <= this.limit) return undefined
    const oldest = this.#map.keys().next()
    if (oldest.done === true) return undefined
    this.#map.delete(oldest.value)
    return oldest.value
  }

  /** Changes the value of an entry that is there, without making it newer. */
  replace(key: Key, value: Value): void {
    invariant(this.#map.has(key), 'only an entry that is there can be replaced')
    this.#map.set(key, value)
  }

  delete(key: Key): boolean {
    return this.#map.delete(key)
  }

  /**
   * Room for one more of a kind, such as what one remote party told us: when there are `most` of them, the oldest of these
   * goes. So whoever tells without end pushes out nothing else.
   */
  makeRoomAmong(isOfKind: (value: Value) => boolean, most: number): void {
    const kind = [...this.#map].filter(([, value]) => isOfKind(value))
    const [oldest] = kind
    if (oldest !== undefined && kind.length >= most) this.#map.delete(oldest[0])
  }

  /** Entries, oldest first. */
  entries(): IterableIterator<[Key, Value]> {
    return this.#map.entries()
  }

  keys(): IterableIterator<Key> {
    return this.#map.keys()
  }

  values(): IterableIterator<Value> {
    return this.#map.values()
  }
}

/**
 * Remembers recent keys in two generations: a key lives between one and two `periodMs`, and a generation
 * never holds more than `limit` keys. Constant work per key; used for replay and duplicate suppression.
 */
export class TwoGenerationSet<Key> {
  #young = new Set<Key>()
  #old = new Set<Key>()
  #turnAt = -Infinity
  constructor(
    readonly periodMs: number,
    readonly limit: number,
  ) {}

  /** @returns true when the key was not known, and remembers it. */
  add(key: Key, now: number): boolean {
    this.#turn(now)
    if (this.#young.has(key) || this.#old.has(key)) return false
    if (this.#young.size >= this.limit) this.#swap(now)
    this.#young.add(key)
    return true
  }

  #turn(now: number): void {
    if (now < this.#turnAt) return
    const silentForAPeriod = now >= this.#turnAt + this.periodMs
    this.#swap(now)
    if (silentForAPeriod) this.#old = new Set()
  }

  #swap(now: number): void {
    this.#old = this.#young
    this.#young = new Set()
    this.#turnAt = now + this.periodMs
  }
}
