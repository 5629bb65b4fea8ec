import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import type { ShareView } from '@ringdrop/shared/node/snapshot.ts'
import type { AppCommand, AppErrorCode, AppResult, NodeClient, PickedFile, SavedFile } from '../app/api.ts'
import { gather, isLoneTorrent, type DropItem } from '../lib/drop.ts'
import { count } from '../lib/format.ts'
import { displayName } from '../lib/links.ts'
import {
  pickFolder,
  saveEach,
  saveFile,
  saveToFolder,
  saveZip,
  type Pickers,
  type SaveOutcome,
} from '../lib/save.ts'
import { errorWords } from '../lib/words.ts'
import type { Notices } from './notices.svelte.ts'
import type { Router } from './router.svelte.ts'

/** How several files are saved. */
export type SaveWay = 'folder' | 'zip' | 'each'

/** Everything people can do, with the words for when it does not work. */
export class Actions {
  readonly #client: NodeClient
  readonly #notices: Notices
  readonly #router: Router
  #gatheredCount = $state<number | null>(null)
  /** Whether what is shared next is kept out of all searches. */
  isUnlisted = $state(false)

  constructor(client: NodeClient, notices: Notices, router: Router) {
    this.#client = client
    this.#notices = notices
    this.#router = router
  }

  /** Files found so far in a drop that is being read; `null` when there is none. */
  get gatheredCount(): number | null {
    return this.#gatheredCount
  }

  /** Runs a command and says what went wrong, if anything. @returns what it answered, or `null`. */
  async run<Type extends AppCommand['type']>(command: Extract<AppCommand, { type: Type }>) {
    const result: AppResult<Type> = await this.#client.run<Type>(command)
    if (result.ok) return result.value
    this.#fail(result.code)
    return null
  }

  /** Like {@link run}, for those who have a better place for the error. */
  try<Type extends AppCommand['type']>(
    command: Extract<AppCommand, { type: Type }>,
  ): Promise<AppResult<Type>> {
    return this.#client.run<Type>(command)
  }

  /** Must be called in the handler of the drop or paste: see {@link gather}. */
  async shareItems(items: Iterable<DropItem>): Promise<void> {
    this.#gatheredCount = 0
    try {
      const { files, unreadableCount } = await gather(items, (found) => (this.#gatheredCount = found))
      if (unreadableCount > 0) {
        const what = count(unreadableCount, 'file or folder', 'files or folders')
        this.#notices.show(`${what} could not be read and were left out.`, 'bad')
      }
      if (files.length > 0) await this.shareFiles(files)
      else if (unreadableCount === 0) this.#notices.show('There was no file in what you dropped.', 'warn')
    } finally {
      this.#gatheredCount = null
    }
  }

  /** Shares files; a lone `.torrent` may be meant otherwise, so that is asked. */
  async shareFiles(files: readonly PickedFile[]): Promise<void> {
    const torrent = isLoneTorrent(files) ? files[0]?.file : undefined
    if (torrent === undefined) return this.#share(files)
    this.#notices.show('This is a .torrent file. What do you want to do with it?', 'quiet', [
      { label: 'Get what it describes', run: () => void this.importTorrent(torrent) },
      { label: 'Share the file itself', run: () => void this.#share(files) },
    ])
  }

  /** Until it is resumed, also after a reload. */
  pause(infoHash: InfoHash) {
    return this.run<'pause' | 'resume'>({ type: 'pause', infoHash })
  }

  resume(infoHash: InfoHash) {
    return this.run<'pause' | 'resume'>({ type: 'resume', infoHash })
  }

  async importTorrent(file: File): Promise<void> {
    const imported = await this.run({ type: 'importTorrent', file })
    if (imported !== null) this.#router.open(imported.infoHash)
  }

  async copy(text: string): Promise<boolean> {
    try {
      await navigator.clipboard.writeText(text)
      this.#notices.say('Copied')
      return true
    } catch {
      this.#notices.show('The browser did not allow copying. Select the text and copy it by hand.', 'bad')
      return false
    }
  }

  async copyDiagnostics(): Promise<boolean> {
    const report = await this.run({ type: 'diagnostics' })
    return report !== null && (await this.copy(report.text))
  }

  async exportTorrent(infoHash: InfoHash): Promise<void> {
    const torrent = await this.run({ type: 'torrentFile', infoHash })
    if (torrent !== null) saveFile(torrent.name, torrent.file)
  }

  /** One finished file of a share. */
  async saveOne(infoHash: InfoHash, index: number): Promise<void> {
    const blobs = await this.run({ type: 'blobs', infoHash, files: [index] })
    const [saved] = blobs?.files ?? []
    if (saved !== undefined) saveFile(saved.path.at(-1) ?? 'file', saved.file)
  }

  /** Saves all wanted files of a share. Must be called in answer to a click, for the browser's dialogs. */
  async save(share: ShareView, way: SaveWay, onProgress: (done: number) => void): Promise<void> {
    const pickers: Pickers = window
    const folder = way === 'folder' && share.fileCount > 1 ? await pickFolder(pickers) : null
    if (folder === 'cancelled') return
    const blobs = await this.run({ type: 'blobs', infoHash: share.infoHash, files: null })
    if (blobs === null) return
    const name = displayName(share.name, share.infoHash)
    this.#report(name, await this.#write(name, blobs.files, way, folder, onProgress))
  }

  async #write(
    name: string,
    files: readonly SavedFile[],
    way: SaveWay,
    folder: FileSystemDirectoryHandle | null,
    onProgress: (done: number) => void,
  ): Promise<SaveOutcome> {
    const [only] = files
    if (files.length === 1 && only !== undefined && folder === null) {
      saveFile(only.path.at(-1) ?? name, only.file)
      return 'saved'
    }
    if (folder !== null) return saveToFolder(folder, files, onProgress)
    return way === 'each' ? saveEach(files) : saveZip(name, files, window)
  }

  #report(name: string, outcome: SaveOutcome): void {
    if (outcome === 'saved') this.#notices.show(`${name} was handed to your browser to save.`, 'good')
    if (outcome === 'failed') {
      this.#notices.show(
        `${name} could not be written. The disk may be full or the folder protected. Try another place.`,
        'bad',
      )
    }
  }

  async #share(files: readonly PickedFile[]): Promise<void> {
    const shared = await this.run({ type: 'share', files, isUnlisted: this.isUnlisted })
    if (shared !== null && this.#router.route.page !== 'home') this.#router.goHome()
  }

  #fail(code: AppErrorCode): void {
    this.#notices.show(errorWords(code), 'bad')
  }
}
