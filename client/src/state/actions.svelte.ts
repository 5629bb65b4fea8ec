import { bareLink } from '@ringdrop/shared/content/magnet.ts'
import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import type { ShareView } from '@ringdrop/shared/node/snapshot.ts'
import type {
  Addressee,
  AppCommand,
  AppErrorCode,
  AppResult,
  NodeClient,
  PickedFile,
  SavedFile,
} from '../app/api.ts'
import { gather, isLoneTorrent, type DropItem, type Gathered } from '../lib/drop.ts'
import { displayName } from '../lib/links.ts'
import { patient } from '../lib/patient.ts'
import { persistent } from '../lib/persistent.ts'
import { pickLasting, readPicked, type PickKind } from '../lib/pick-files.ts'
import { isReply, looksLikeLink } from '../lib/route.ts'
import { pickFolder, pickZip, saveFile, type SaveOutcome } from '../lib/save.ts'
import { errorWords } from '../lib/words.ts'
import type { Language } from '../lang/language.ts'
import type { Notices } from './notices.svelte.ts'
import type { Router } from './router.svelte.ts'

/** An offer that most need not stays so long. Our choice. */
const OFFER_STAYS_MS = 12_000
/** So much of a pasted text is shown again. */
const TEXT_SHOWN = 60

/** How several files are saved. */
export type SaveWay = 'folder' | 'zip' | 'each'
/** How many files are written, of how many that are wanted. */
export type SaveProgress = (done: number, all: number) => void

/** Everything people can do, with the words for when it does not work. */
export class Actions {
  readonly #client: NodeClient
  readonly #notices: Notices
  readonly #router: Router
  readonly #lang: Language
  /** Drops that are being read, and files found so far in these. */
  #reading = $state.raw({ drops: 0, files: 0 })
  /** Shares whose files are being saved: each as often as saves of it run. */
  #saved = $state.raw<readonly InfoHash[]>([])
  /** Whether what is shared next is kept out of all searches. */
  isUnlisted = $state(false)

  constructor(client: NodeClient, notices: Notices, router: Router, lang: Language) {
    this.#lang = lang
    this.#client = client
    this.#notices = notices
    this.#router = router
  }

  /** Files found so far in drops that are being read; `null` when there are none. */
  get gatheredCount(): number | null {
    return this.#reading.drops === 0 ? null : this.#reading.files
  }

  /** Whether files of a share are being saved, or of any. What is read for that must neither be removed nor left. */
  isSaving(infoHash: InfoHash | null = null): boolean {
    return infoHash === null ? this.#saved.length > 0 : this.#saved.includes(infoHash)
  }

  /** Of a download at least one file is wanted. */
  tellToKeepOne(): void {
    this.#notices.show(this.#lang.t.transfer.keepOne, 'warn')
  }

  /** Runs a command and says what went wrong, if anything. @returns what it answered, or `null`. */
  async run<Type extends AppCommand['type']>(command: Extract<AppCommand, { type: Type }>) {
    const result: AppResult<Type> = await this.#client.run<Type>(command)
    if (result.ok) return result.value
    this.#fail(result.code)
    return null
  }

  /** Like {@link run}, for commands that answer nothing but that they were done. @returns whether they were. */
  async done(command: AppCommand): Promise<boolean> {
    const result = await this.#client.run(command)
    if (!result.ok) this.#fail(result.code)
    return result.ok
  }

  /** Like {@link run}, for those who have a better place for the error. */
  try<Type extends AppCommand['type']>(
    command: Extract<AppCommand, { type: Type }>,
  ): Promise<AppResult<Type>> {
    return this.#client.run<Type>(command)
  }

  /** Finds files, tells meanwhile how many were found so far, and says what was left out. */
  async #gathering(
    read: (onProgress: (files: number) => void) => Promise<Gathered>,
  ): Promise<readonly PickedFile[]> {
    const { error, count: counted } = this.#lang.t
    let foundCount = 0
    const count = (found: number, drops = 0) => {
      const { drops: others, files } = this.#reading
      this.#reading = { drops: others + drops, files: files + found - foundCount }
      foundCount = found
    }
    count(0, 1)
    try {
      const { files, unreadableCount } = await read(count)
      if (unreadableCount > 0)
        this.#notices.show(error.unreadable(counted.filesOrFolders(unreadableCount)), 'bad')
      else if (files.length === 0) this.#notices.show(error.nothingDropped, 'warn')
      return files
    } finally {
      count(0, -1)
    }
  }

  /** Must be called in the handler of the drop or paste: see {@link gather}. */
  async shareItems(items: Iterable<DropItem>): Promise<void> {
    const files = await this.#gathering((onProgress) => gather(items, onProgress))
    if (files.length > 0) await this.shareFiles(files)
  }

  /**
   * Asks for files that can be read again after a reload; must be called in answer to a click.
   * @param openInput opens the other picker, for what can't be chosen in this one.
   */
  async pick(kind: PickKind, openInput: () => void): Promise<readonly PickedFile[]> {
    const handles = await pickLasting(window, kind)
    if (handles === 'refused') openInput()
    else if (handles !== 'closed') return this.#gathering((onProgress) => readPicked(handles, onProgress))
    else if (kind === 'folder') this.#offerInput(openInput)
    return []
  }

  /** The dialog for a folder was closed. Browsers keep some folders from being chosen there, which is no reason to give up. */
  #offerInput(openInput: () => void): void {
    const { folderClosed, folderOther } = this.#lang.t.home
    this.#notices.show(folderClosed, 'quiet', [{ label: folderOther, run: openInput }], OFFER_STAYS_MS)
  }

  /** Shares files with one peer nearby: unlisted, and offered to it as soon as they are hashed. */
  async sendFiles(to: Addressee, files: readonly PickedFile[]): Promise<void> {
    await this.run({ type: 'share', files, isUnlisted: true, sendTo: to })
  }

  /** Shares files; a lone `.torrent` may be meant otherwise, so that is asked. */
  async shareFiles(files: readonly PickedFile[]): Promise<void> {
    const torrent = isLoneTorrent(files) ? files[0]?.file : undefined
    if (torrent === undefined) return this.#share(files)
    this.#notices.show(this.#lang.t.torrent.question, 'quiet', [
      { label: this.#lang.t.torrent.get, run: () => void this.importTorrent(torrent) },
      { label: this.#lang.t.torrent.share, run: () => void this.#share(files) },
    ])
  }

  /** Opens a link or an invite, and takes the reply to one of ours. @returns false when the text is none of these. */
  openText(text: string): boolean {
    if (isReply(text)) void this.#takeReply(bareLink(text))
    else if (looksLikeLink(text)) this.#router.open(text)
    else return false
    return true
  }

  async #takeReply(text: string): Promise<void> {
    const taken = await this.run({ type: 'pasteInvite', text })
    if (taken !== null) this.#notices.show(this.#lang.t.invite.fits, 'good')
  }

  /** Text that came from elsewhere, or was dropped or pasted: what can't be opened may have been meant for sharing, so that is asked. */
  openOrOfferText(text: string): void {
    if (this.openText(text)) return
    const { t } = this.#lang
    const start = text.trim().replace(/\s+/g, ' ')
    const shown = start.length > TEXT_SHOWN ? `${start.slice(0, TEXT_SHOWN)}…` : start
    const run = () => {
      const name = t.text.fileName(new Date().toISOString().slice(0, 16).replace('T', ' ').replace(':', '.'))
      const file = new File([text], name, { type: 'text/plain' })
      void this.#share([{ file, path: [name] }])
    }
    this.#notices.show(t.text.question(shown), 'quiet', [{ label: t.text.share, run }])
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
      this.#notices.say(this.#lang.t.word.copied)
      return true
    } catch {
      this.#notices.show(this.#lang.t.error.noCopy, 'bad')
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

  /** One finished file of a share. @param fileName as it is shown, should it not be readable. */
  async saveOne(infoHash: InfoHash, index: number, fileName: string): Promise<void> {
    const [saved] = (await this.#blobs(fileName, infoHash, [index])) ?? []
    if (saved !== undefined) saveFile(saved.path.at(-1) ?? 'file', saved.file)
  }

  /** @returns `null` where there are none, which has been said then. */
  async #blobs(name: string, infoHash: InfoHash, files: readonly number[] | null) {
    const asked = this.try({ type: 'blobs', infoHash, files })
    // What does not answer in time can't be read either.
    const blobs = await patient(asked).catch(() => ({ ok: false, code: 'io' }) as const)
    if (blobs.ok) return blobs.value.files
    if (blobs.code === 'io') this.#report(name, 'unread')
    else this.#fail(blobs.code)
    return null
  }

  /** Saves all wanted files of a share. Must be called in answer to a click, for the browser's dialogs. */
  async save(share: ShareView, way: SaveWay, onProgress: SaveProgress): Promise<void> {
    const { infoHash } = share
    this.#saved = [...this.#saved, infoHash]
    try {
      await this.#save(share, way, onProgress)
    } finally {
      this.#saved = this.#saved.toSpliced(this.#saved.indexOf(infoHash), 1)
    }
  }

  async #save(share: ShareView, way: SaveWay, onProgress: SaveProgress): Promise<void> {
    const name = displayName(this.#lang, share.name, share.infoHash)
    // Before anything that takes long: a browser lets a page ask only for a while after the click.
    const place = await this.#pick(name, share, way)
    if (typeof place === 'string') return this.#report(name, place)
    const files = await this.#blobs(name, share.infoHash, null)
    if (files !== null) this.#report(name, await this.#write(name, files, way, place, onProgress))
  }

  /** @returns `null` where the browser's downloads take it. */
  async #pick(name: string, share: ShareView, way: SaveWay) {
    if (way === 'each' || share.fileCount === 1) return null
    if (way === 'folder') return pickFolder(window)
    if (share.wantedBytes < share.totalBytes) {
      const wanted = await this.run({ type: 'files', infoHash: share.infoHash })
      if (wanted?.files.filter(({ isSelected }) => isSelected).length === 1) return null
    }
    return pickZip(name, share.wantedBytes, window)
  }

  async #write(
    name: string,
    files: readonly SavedFile[],
    way: SaveWay,
    place: FileSystemDirectoryHandle | FileSystemFileHandle | null,
    onProgress: SaveProgress,
  ): Promise<SaveOutcome> {
    const [only] = files
    if (files.length === 1 && only !== undefined && place === null) {
      saveFile(only.path.at(-1) ?? name, only.file)
      return 'saved'
    }
    const many = await persistent(() => import('../lib/save-many.ts')).catch(() => null)
    if (many === null) return 'noCode'
    if (place?.kind === 'directory')
      return many.saveToFolder(place, files, (done) => onProgress(done, files.length))
    return way === 'each' ? many.saveEach(files) : many.saveZip(name, files, place)
  }

  #report(name: string, outcome: SaveOutcome): void {
    const { t } = this.#lang
    if (outcome === 'saved') this.#notices.show(t.save.handed(name), 'good')
    if (outcome === 'failed') this.#notices.show(t.error.notWritten(name), 'bad')
    if (outcome === 'unread') this.#notices.show(t.error.notRead(name), 'bad')
    if (outcome === 'noZip') this.#notices.show(t.error.noZip(name), 'bad')
    if (outcome === 'noCode') this.#notices.show(t.shell.pageFailed, 'bad')
  }

  async #share(files: readonly PickedFile[]): Promise<void> {
    const shared = await this.run({ type: 'share', files, isUnlisted: this.isUnlisted, sendTo: null })
    if (shared !== null && this.#router.route.page !== 'home') this.#router.goHome()
  }

  #fail(code: AppErrorCode): void {
    this.#notices.show(errorWords(this.#lang, code), 'bad')
  }
}
