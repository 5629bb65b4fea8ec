import type { Geometry } from '@ringdrop/shared/content/geometry.ts'
import type { ShareFiles } from './share-files.ts'

/** The files of a share while they may be used. */
export class OpenShare {
  #isOpen = true
  #running = 0
  #whenIdle: () => void = () => undefined

  constructor(
    readonly geometry: Geometry,
    readonly files: ShareFiles,
  ) {}

  /** Once it is closed, nobody wants to hear what came of work that was under way: the share may be another one by now. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Work on the files, which are not closed under it. */
  async use(work: () => Promise<void>): Promise<void> {
    this.#running++
    try {
      await work()
    } finally {
      this.#running--
      if (this.#running === 0) this.#whenIdle()
    }
  }

  /** Lets the files go once nothing runs any more; work under way should end soon when it sees `isOpen`. */
  async close(): Promise<void> {
    this.#isOpen = false
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve))
    await this.files.close()
  }
}
