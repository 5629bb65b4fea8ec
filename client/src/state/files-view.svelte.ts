import { tick, untrack } from 'svelte'
import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import type { FileView } from '@ringdrop/shared/node/snapshot.ts'
import type { AppCommand } from '../app/api.ts'
import { FileTree } from '../lib/file-tree.ts'
import type { Actions } from './actions.svelte.ts'

/** How often progress of single files is asked for while they are on screen. */
const REFRESH_MS = 1_500

/** The files of one share: apart from the snapshot, since there may be thousands. */
export class FilesView {
  readonly #actions: Actions
  readonly #infoHash: InfoHash
  #files = $state.raw<readonly FileView[] | null>(null)
  readonly #fileCount = $derived(this.#files?.length ?? 0)
  /** What the person chose, until it was read again: the next click builds on it, not on what was read before. */
  #chosen = $state.raw<ReadonlySet<number> | null>(null)
  /** Indices of the files that are wanted. */
  readonly selected: ReadonlySet<number> = $derived(
    this.#chosen ?? new Set((this.#files ?? []).flatMap((file, index) => (file.isSelected ? [index] : []))),
  )
  /** Rebuilt only when the number of files changes: the names of a share never do. */
  readonly tree = $derived(this.#fileCount > 0 ? this.#build() : null)

  constructor(actions: Actions, infoHash: InfoHash) {
    this.#actions = actions
    this.#infoHash = infoHash
  }

  /** `null` until they were read. */
  get files(): readonly FileView[] | null {
    return this.#files
  }

  /** Reads now and from time to time. @returns a function that ends it. */
  follow(): () => void {
    const timer = setInterval(() => void this.read(), REFRESH_MS)
    void this.read()
    return () => clearInterval(timer)
  }

  async read(): Promise<void> {
    const result = await this.#actions.try({ type: 'files', infoHash: this.#infoHash })
    if (result.ok && result.value.files.length > 0) this.#files = result.value.files
  }

  /** Fetches these files and no others. */
  select(files: ReadonlySet<number>): Promise<void> {
    const sorted = [...files].sort((a, b) => a - b)
    return this.#choose(files, { type: 'select', infoHash: this.#infoHash, files: sorted })
  }

  /** Files come sooner, later, or not at all. */
  prioritize(files: readonly number[], priority: FileView['priority']): Promise<void> {
    const chosen = new Set(this.selected)
    for (const file of files) {
      if (priority === 'skip') chosen.delete(file)
      else chosen.add(file)
    }
    return this.#choose(chosen, { type: 'prioritize', infoHash: this.#infoHash, files, priority })
  }

  async #choose(
    chosen: ReadonlySet<number>,
    command: Extract<AppCommand, { type: 'select' | 'prioritize' }>,
  ): Promise<void> {
    const before = this.#chosen
    this.#chosen = chosen
    if (chosen.size === 0) {
      // Nothing wanted would be complete at once. The box is drawn as it was.
      await tick()
      if (this.#chosen === chosen) this.#chosen = before
      return this.#actions.tellToKeepOne()
    }
    await this.#actions.run(command)
    await this.read()
    if (this.#chosen === chosen) this.#chosen = null
  }

  #build(): FileTree {
    return new FileTree(untrack(() => this.#files) ?? [])
  }
}
