import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import type { Hasher } from '../adapters/hashing/hasher.ts'
import type { HashingView, PickedFile } from './api.ts'
import { Breath } from './breath.ts'
import type { Library } from './library.ts'
import type { NodeRuntime } from './node-runtime.ts'
import { makeShare, type MadeShare } from './share-maker.ts'

export interface ShareWish {
  readonly isUnlisted: boolean
  /** What is shared already stays in searches, or out of them, as it is. */
  readonly isListingKept: boolean
  /** Called when the share is there. */
  onShared(infoHash: InfoHash): void
}

/** Files on their way to becoming shares: hashed first, then handed to the node and remembered. */
export class ShareJobs {
  readonly #jobs = new Map<string, HashingView>()
  /** Of those that are being hashed. */
  readonly #cancels = new Map<string, AbortController>()
  /** Who waits for the end of each that has not come to it. */
  readonly #waiting = new Map<string, ((infoHash: InfoHash | null) => void)[]>()

  constructor(
    readonly runtime: NodeRuntime,
    readonly library: Library,
    readonly changed: () => void,
    readonly hasher: Pick<Hasher, 'hash' | 'terminate'>,
  ) {}

  get views(): HashingView[] {
    return [...this.#jobs.values()]
  }

  /**
   * Hashing goes on after this returns; its progress is in the views.
   * @returns the id of the job.
   */
  start(files: readonly PickedFile[], wish: ShareWish): string {
    const id = crypto.randomUUID()
    const name = files[0]?.path[0] ?? ''
    this.#jobs.set(id, { id, name, fileCount: files.length, totalBytes: 0, hashedBytes: 0, error: null })
    this.#waiting.set(id, [])
    void this.#run(id, files, wish).then((infoHash) => this.#end(id, infoHash))
    return id
  }

  /** Until the files are a share that is written down. @returns `null` when they never will be one. */
  untilEnded(id: string): Promise<InfoHash | null> {
    const waiting = this.#waiting.get(id)
    return waiting === undefined ? Promise.resolve(null) : new Promise((resolve) => waiting.push(resolve))
  }

  /** It is seen, or not wanted any more. */
  dismiss(id: string): void {
    this.#jobs.delete(id)
    this.#cancels.get(id)?.abort()
    this.#end(id, null)
  }

  stop(): void {
    this.hasher.terminate()
  }

  #end(id: string, infoHash: InfoHash | null): void {
    for (const resolve of this.#waiting.get(id) ?? []) resolve(infoHash)
    this.#waiting.delete(id)
  }

  async #run(id: string, picked: readonly PickedFile[], wish: ShareWish): Promise<InfoHash | null> {
    const update = (change: (view: HashingView) => Partial<HashingView>) => {
      const view = this.#jobs.get(id)
      if (view !== undefined) this.#jobs.set(id, { ...view, ...change(view) })
      this.changed()
    }
    const onProgress = (bytes: number) => update((view) => ({ hashedBytes: view.hashedBytes + bytes }))
    await eachInTurns(picked, ({ file }) => update((view) => ({ totalBytes: view.totalBytes + file.size })))
    const cancel = new AbortController()
    this.#cancels.set(id, cancel)
    const made = await makeShare(picked, this.hasher, onProgress, cancel.signal)
    this.#cancels.delete(id)
    // Dismissed meanwhile: the person does not want it any more.
    if (!this.#jobs.has(id)) return null
    if (!made.ok) {
      update(() => ({ error: made.code }))
      return null
    }
    const { infoHash } = made.value.info
    const known = this.runtime.node.shares.get(infoHash)
    const isUnlisted = wish.isListingKept ? (known?.isUnlisted ?? wish.isUnlisted) : wish.isUnlisted
    // Whoever fetches what is shared already goes on.
    if (known?.exchange.state.name === 'seeding' && this.library.owns(infoHash))
      this.runtime.feed({ type: 'setUnlisted', infoHash, isUnlisted })
    else this.#add(made.value, isUnlisted)
    const [lost, ...others] = made.leftOut
    if (lost === undefined) this.#jobs.delete(id)
    // The card stays, and says so, until the person has seen it.
    else update(() => ({ error: { leftOut: lost.path.join('/'), others: others.length } }))
    wish.onShared(infoHash)
    this.changed()
    await this.library.unwritten.unless(infoHash, this.library.rememberSource(made.value, isUnlisted))
    return infoHash
  }

  #add({ info, trees, files }: MadeShare, isUnlisted: boolean): void {
    this.runtime.openFiles(
      info,
      files.map(({ file }) => file),
    )
    this.runtime.feed({ type: 'removeShare', infoHash: info.infoHash })
    const share = { info, trees, start: 'source', isSource: true, selection: null, isUnlisted } as const
    this.runtime.feed({ type: 'addShare', share })
  }
}

/** Calls for each item in slices: the browser asks the disk for the size of a picked file when it is read first. */
async function eachInTurns<Item>(items: readonly Item[], call: (item: Item) => void): Promise<void> {
  const breath = new Breath()
  for (const item of items) {
    call(item)
    await breath.pause()
  }
}
