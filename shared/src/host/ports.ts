/** Ports that every runtime brings. The browser, Node and the simulator differ only in these. */

export interface Clock {
  /** Milliseconds, monotonic, with a zero near the Unix epoch (so it also serves for expiry stamps). */
  now(): number
  /** Calls back once at or after `at`. @returns a function that cancels. */
  schedule(at: number, callback: () => void): () => void
}

/** Receives every input of a node, in order, with its time. */
export interface TraceSink {
  record(now: number, input: unknown): void
}
