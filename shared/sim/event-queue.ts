interface Event {
  readonly at: number
  readonly sequence: number
  readonly run: () => void
}

/** What is still to happen, earliest first; events of the same time run in the order in which they were added. */
export class EventQueue {
  readonly #heap: Event[] = []
  #sequence = 0

  get size(): number {
    return this.#heap.length
  }

  /** Time of the next event, or `Infinity`. */
  get nextAt(): number {
    return this.#heap[0]?.at ?? Infinity
  }

  add(at: number, run: () => void): void {
    const event = { at, sequence: this.#sequence++, run }
    const heap = this.#heap
    let index = heap.length
    heap.push(event)
    while (index > 0) {
      const parentIndex = (index - 1) >>> 1
      const parent = heap[parentIndex]
      if (parent === undefined || !isBefore(event, parent)) break
      heap[index] = parent
      index = parentIndex
    }
    heap[index] = event
  }

  /** Removes the next event, or returns `undefined` when nothing is left. */
  take(): { readonly at: number; readonly run: () => void } | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || first === last) return first
    let index = 0
    for (;;) {
      const child = this.#smallerChild(index)
      if (child === null || !isBefore(child.event, last)) break
      heap[index] = child.event
      index = child.index
    }
    heap[index] = last
    return first
  }

  #smallerChild(index: number): { event: Event; index: number } | null {
    const left = this.#heap[2 * index + 1]
    const right = this.#heap[2 * index + 2]
    if (left === undefined) return null
    if (right !== undefined && isBefore(right, left)) return { event: right, index: 2 * index + 2 }
    return { event: left, index: 2 * index + 1 }
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence)
}
