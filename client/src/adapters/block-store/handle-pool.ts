/** Files open at a time; each holds a lock and a descriptor. Our choice. */
const OPEN_FILES = 64

interface OpenFile<Handle> {
  readonly handle: Promise<Handle>
  /** Calls that hold the handle or wait for it; only a file with none is closed. */
  users: number
  /** Called when nobody uses the file any more. */
  readonly whenIdle: (() => void)[]
}

/**
 * Open handles of one share's files, the least recently used closed first. A handle is never closed under somebody
 * who uses it, and a file is never opened twice: both fail in the browser, and would look like a broken disk.
 */
export class HandlePool<Handle> {
  /** Least recently used first. */
  readonly #files = new Map<number, OpenFile<Handle>>()
  /** Those who wait for one of the places. */
  readonly #waiting: (() => void)[] = []

  constructor(
    readonly openHandle: (file: number) => Promise<Handle>,
    /** Makes what was written survive, and lets go of the file. */
    readonly closeHandle: (handle: Handle) => void | Promise<void>,
    readonly maxOpen = OPEN_FILES,
  ) {}

  /** Calls `work` with the file's handle, opened if need be. Rejects with what opening or `work` throws. */
  async use<T>(file: number, work: (handle: Handle) => T | Promise<T>): Promise<T> {
    const opened = await this.#acquire(file)
    try {
      return await work(await opened.handle)
    } catch (error) {
      // A file that couldn't be opened is tried anew by the next call.
      await opened.handle.catch(() => this.#forget(file, opened))
      throw error
    } finally {
      opened.users--
      if (opened.users === 0) for (const idle of opened.whenIdle.splice(0)) idle()
      this.#waiting.shift()?.()
    }
  }

  /** Flushes and closes the file once nobody uses it. */
  async release(file: number): Promise<void> {
    const opened = this.#files.get(file)
    if (opened === undefined) return
    if (opened.users > 0) await new Promise<void>((resolve) => opened.whenIdle.push(resolve))
    await this.#close(file, opened)
  }

  /**
   * Flushes and closes every file, those too that calls under way open meanwhile. Rejects with the first failure, once all
   * are closed.
   */
  async releaseAll(): Promise<void> {
    const failures: unknown[] = []
    for (let [file] = this.#files.keys(); file !== undefined; [file] = this.#files.keys())
      await this.release(file).catch((error: unknown) => failures.push(error))
    if (failures.length > 0) throw failures[0]
  }

  /** Waits until the file is open or there is room for it, and counts the caller as a user in the same step. */
  async #acquire(file: number): Promise<OpenFile<Handle>> {
    while (!this.#files.has(file) && this.#files.size >= this.maxOpen) {
      const idle = [...this.#files].find(([, { users }]) => users === 0)
      if (idle === undefined) await new Promise<void>((resolve) => this.#waiting.push(resolve))
      else await this.#close(...idle)
    }
    const opened = this.#files.get(file) ?? { handle: this.openHandle(file), users: 0, whenIdle: [] }
    this.#files.delete(file)
    this.#files.set(file, opened)
    opened.users++
    return opened
  }

  async #close(file: number, opened: OpenFile<Handle>): Promise<void> {
    const handle = await opened.handle.catch((error: unknown) => {
      this.#forget(file, opened)
      throw error
    })
    // Somebody else may have closed it or begun to use it meanwhile.
    if (this.#files.get(file) !== opened || opened.users > 0) return
    this.#files.delete(file)
    await this.closeHandle(handle)
  }

  #forget(file: number, opened: OpenFile<Handle>): void {
    if (this.#files.get(file) === opened) this.#files.delete(file)
  }
}
