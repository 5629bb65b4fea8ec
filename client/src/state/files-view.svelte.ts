import { untrack } from 'svelte'
import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import type { FileView } from '@ringdrop/shared/node/snapshot.ts'
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

  #build(): FileTree {
    return new FileTree(untrack(() => this.#files) ?? [])
  }
}
