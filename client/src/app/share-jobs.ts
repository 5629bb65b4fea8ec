import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { Hasher } from '../adapters/hashing/hasher.ts'
import type { HashingView, PickedFile } from './api.ts'
import type { Library } from './library.ts'
import type { NodeRuntime } from './node-runtime.ts'
import { makeShare } from './share-maker.ts'

/** Files on their way to becoming shares: hashed first, then handed to the node and remembered. */
export class ShareJobs {
  readonly #hasher = new Hasher()
  readonly #jobs = new Map<string, HashingView>()

  constructor(
    readonly runtime: NodeRuntime,
    readonly library: Library,
    readonly changed: () => void,
  ) {}

  get views(): HashingView[] {
    return [...this.#jobs.values()]
  }

  /** Hashing goes on after this returns; its progress is in the views. @returns the id of the job. @param onShared called when the share is there. */
  start(files: readonly PickedFile[], isUnlisted: boolean, onShared: (infoHash: InfoHash) => void): string {
    const id = crypto.randomUUID()
    const totalBytes = files.reduce((sum, { file }) => sum + file.size, 0)
    const name = files[0]?.path[0] ?? ''
    this.#jobs.set(id, { id, name, fileCount: files.length, totalBytes, hashedBytes: 0, error: null })
    void this.#run(id, files, isUnlisted, onShared)
    return id
  }

  dismiss(id: string): void {
    this.#jobs.delete(id)
  }

  stop(): void {
    this.#hasher.terminate()
  }

  async #run(
    id: string,
    picked: readonly PickedFile[],
    isUnlisted: boolean,
    onShared: (infoHash: InfoHash) => void,
  ): Promise<void> {
    const update = (change: (view: HashingView) => Partial<HashingView>) => {
      const view = this.#jobs.get(id)
      if (view !== undefined) this.#jobs.set(id, { ...view, ...change(view) })
      this.changed()
    }
    const onProgress = (bytes: number) => update((view) => ({ hashedBytes: view.hashedBytes + bytes }))
    const made = await makeShare(picked, this.#hasher, onProgress)
    // Dismissed meanwhile: the person does not want it any more.
    if (!this.#jobs.has(id)) return
    if (!made.ok) return update(() => ({ error: made.code }))
    const { info, trees, files } = made.value
    this.runtime.openFiles(
      info,
      files.map(({ file }) => file),
    )
    this.runtime.feed({ type: 'removeShare', infoHash: info.infoHash })
    const share = { info, trees, start: 'source', isSource: true, selection: null, isUnlisted } as const
    this.runtime.feed({ type: 'addShare', share })
    this.#jobs.delete(id)
    onShared(info.infoHash)
    this.changed()
    await this.library.rememberSource(made.value, isUnlisted).catch(() => undefined)
  }
}
