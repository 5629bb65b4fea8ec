import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import type { StoreResult } from '@ringdrop/shared/node/node-io.ts'
import { ownFile } from '../adapters/node/delivery.ts'
import type { OwnFile } from '../adapters/node/own-files.ts'

/**
 * Downloads that are shared from where they were delivered to. The node takes a read that fails for a passing fault,
 * since it did not begin as their source: so their files are looked at here.
 */
export class ServedDownloads {
  readonly #files = new Map<InfoHash, readonly OwnFile[]>()

  /** @param onLost a file of the share is gone or another one; told once. */
  constructor(readonly onLost: (infoHash: InfoHash) => void) {}

  add(infoHash: InfoHash, files: readonly OwnFile[]): void {
    this.#files.set(infoHash, files)
  }

  /** It is shared from elsewhere now, or not at all. */
  drop(infoHash: InfoHash): void {
    this.#files.delete(infoHash)
  }

  /** What the store answered, about any share. */
  async onResults(infoHash: InfoHash, results: readonly StoreResult[]): Promise<void> {
    const files = this.#files.get(infoHash)
    if (files === undefined || !results.some(({ type }) => type === 'readFailed')) return
    // A read that began before the files were moved may fail too, and says nothing of them.
    for (const { path, stamp } of files) {
      const now = await ownFile(path).catch(() => null)
      if (now?.stamp === stamp) continue
      if (this.#files.get(infoHash) !== files) return
      this.#files.delete(infoHash)
      return this.onLost(infoHash)
    }
  }
}
