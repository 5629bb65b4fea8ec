import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'

/** Shares that could not be written down when they should have been, as on a full disk. They are written again until it works. */
export class Unwritten {
  readonly #shares = new Set<InfoHash>()

  /**
   * @param write writes down all that there is to remember of a share now, or nothing when it is gone
   * @param changed called when {@link count} is another
   */
  constructor(
    readonly write: (infoHash: InfoHash) => Promise<void>,
    readonly changed: () => void,
  ) {}

  /** Shares that a reload would lose, whole or in part. */
  get count(): number {
    return this.#shares.size
  }

  /** Waits for a write. Its failure is made good later; nobody is kept from what they want now. */
  async unless(infoHash: InfoHash, written: Promise<unknown>): Promise<void> {
    await written.catch(() => this.add(infoHash))
  }

  add(infoHash: InfoHash): void {
    this.#shares.add(infoHash)
    this.changed()
  }

  /** The disk may have room again. */
  async retry(): Promise<void> {
    for (const infoHash of [...this.#shares]) {
      try {
        await this.write(infoHash)
      } catch {
        // Others would fail as well.
        return
      }
      this.#shares.delete(infoHash)
      this.changed()
    }
  }
}
