import { parseInfo, type ShareInfo } from '@ringdrop/shared/content/metainfo.ts'
import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { isHomeAway, ownFile } from '../adapters/node/delivery.ts'
import { withDownload } from './download-lock.ts'
import { openDownload, treesOf, untilKnown } from './downloads.ts'
import { CliFailure, failureOf } from './failure.ts'
import { tellForgotten } from './forget-command.ts'
import { ForgetRequests } from './forget-requests.ts'
import { announceDownload, fetchWhole, filesOf, forgetParts, serveFiles } from './get-command.ts'
import { HashAgain } from './hash-again.ts'
import { tellStatus } from './member-status.ts'
import {
  infoHashOf,
  type Item,
  type NodeMemory,
  type OwnPath,
  type Saved,
  type Wanted,
} from './node-memory.ts'
import type { Session } from './session.ts'
import { shownPath } from './safe-names.ts'
import { FILES_CHANGED, lostShare, untilInterrupted } from './share-command.ts'
import {
  announceShare,
  awayFrom,
  FilesAway,
  FilesInMotion,
  offerShare,
  placedFiles,
  prepareShare,
  type OwnShare,
} from './sharing.ts'
import { timeInWords } from './words.ts'

/** Where a share lies that is whole. */
type Source = OwnPath | Saved

/** A download that goes on. */
interface Download {
  readonly ending: AbortController
  /** Settled once nothing of it goes on. */
  readonly done: Promise<void>
}

/** There may be many at a time. */
const SILENT = { onChecked: () => undefined, onShare: () => undefined }

/** The node while it runs. What goes wrong with one share is said, and does not end the others. */
export class Member {
  /** What is shared, by where it comes from. */
  readonly #origins = new Map<InfoHash, Source>()
  /** Where else the same shares lie. */
  readonly #twins = new Map<InfoHash, Set<Source>>()
  readonly #downloads = new Map<InfoHash, Download>()
  /** What goes on besides. */
  readonly #jobs = new Set<Promise<void>>()
  readonly #requests: ForgetRequests
  #isObeying = false
  readonly #again: HashAgain<Item>

  constructor(
    readonly session: Session,
    readonly memory: NodeMemory,
    readonly server: string,
    readonly out: string,
    clock = () => performance.now(),
  ) {
    this.#requests = new ForgetRequests(memory.values)
    this.#again = new HashAgain(clock)
  }

  async run(): Promise<void> {
    const { session, memory } = this
    this.#begin(() => this.#bringBack())
    for (const wanted of memory.wanted) this.#begin(() => this.#fetch(wanted))
    await untilInterrupted(session, () => {
      if (!this.#isObeying) this.#begin(() => this.#obey())
      this.#renew()
      tellStatus(session)
    })
    await Promise.all(this.#jobs)
  }

  #begin(job: () => Promise<void>): void {
    const running = this.#try(job).finally(() => this.#jobs.delete(running))
    this.#jobs.add(running)
  }

  /** One after the other: each is hashed. */
  async #bringBack(): Promise<void> {
    const { paths, saved } = this.memory
    for (const source of [...paths, ...saved]) await this.#try(() => this.#share(source))
  }

  /** Shares whose files are not what they were any more: for each is done again what was done at the start. */
  #renew(): void {
    const { peer, output } = this.session
    for (const [infoHash, origin] of [...this.#origins]) {
      const exchange = peer.runtime.node.shares.get(infoHash)?.exchange
      if (exchange?.state.name !== 'failed') continue
      this.#release(infoHash)
      if ('path' in origin)
        output.failure(
          lostShare(exchange.swarm?.info.name ?? origin.path, FILES_CHANGED, this.#later(origin)),
        )
      else this.#begin(() => this.#share(origin))
    }
    for (const due of this.#again.due())
      this.#begin(() => ('infoHash' in due ? this.#fetch(due) : this.#share(due)))
  }

  /** Does what was asked for by `ringdrop forget`. */
  async #obey(): Promise<void> {
    this.#isObeying = true
    try {
      for (const item of await this.#requests.fulfil(this.memory)) {
        this.#forget(item)
        tellForgotten(item, this.server, this.session.output)
      }
    } finally {
      this.#isObeying = false
    }
  }

  #forget(item: Item): void {
    for (const [infoHash, origin] of [...this.#origins]) if (origin === item) this.#release(infoHash)
    const infoHash = 'path' in item ? null : infoHashOf(item)
    if (infoHash === null) return
    this.#downloads.get(infoHash)?.ending.abort()
    if (!this.#origins.has(infoHash)) this.session.peer.withdraw(infoHash)
  }

  async #share(source: Source): Promise<void> {
    if (!this.memory.has(source)) return
    return 'path' in source ? this.#sharePath(source) : this.#shareSaved(source)
  }

  /**
   * Offers what is whole. When the same share is offered from elsewhere already, this takes its place once that is
   * lost; and a download of it ends: nothing must be written to files of the person's own.
   */
  async #offer(source: Source, made: OwnShare): Promise<void> {
    const { peer, output } = this.session
    const { info } = made
    const { infoHash } = info
    // Forgotten while it was hashed.
    if (!this.memory.has(source)) return
    this.#again.onShared(source)
    const other = this.#origins.get(infoHash)
    if (other !== undefined) {
      const twins = this.#twins.get(infoHash) ?? new Set()
      if (other !== source) this.#twins.set(infoHash, twins.add(source))
      return announceShare(this.server, info, output)
    }
    const isBegun = peer.runtime.node.shares.get(infoHash) !== undefined
    const download = this.#downloads.get(infoHash)
    download?.ending.abort()
    if (isBegun) peer.withdraw(infoHash)
    offerShare(peer, made, source.isUnlisted)
    this.#origins.set(infoHash, source)
    announceShare(this.server, info, output)
    await this.memory.dropWanted(infoHash)
    await download?.done
    if (isBegun) await this.#dropParts(info)
  }

  /** Nobody needs what was stored of a download, unless another command has it now. */
  async #dropParts(info: ShareInfo): Promise<void> {
    const { peer } = this.session
    await peer.untilClosed(info.infoHash)
    await withDownload(this.out, info.infoHash, () => forgetParts(peer, info)).catch(() => undefined)
  }

  /** Ends a share. Where else it lies, it is shared from. */
  #release(infoHash: InfoHash): void {
    this.#origins.delete(infoHash)
    this.session.peer.withdraw(infoHash)
    const twins = this.#twins.get(infoHash) ?? []
    this.#twins.delete(infoHash)
    for (const twin of twins) this.#begin(() => this.#share(twin))
  }

  /** What can't be had now is looked for again. Says so once. @param next what happens then, in words. */
  #awaits(item: Item, { code, what, why }: CliFailure, next: string): void {
    if (this.#again.onAway(item, what)) this.session.output.failure(new CliFailure(code, what, why, next))
  }

  /** Own files are to be hashed once more. @returns what to do about it, in words. */
  #later(own: OwnPath): string {
    const waitMs = this.#again.onLost(own)
    const when = waitMs === 0 ? '' : ` in ${timeInWords(waitMs)}`
    return `Nothing: it is hashed again${when}, and gets another link if it was changed.`
  }

  async #sharePath(own: OwnPath): Promise<void> {
    const { output, signal } = this.session
    const made = await prepareShare([own.path], output, signal).catch((error: unknown) => {
      if (error instanceof FilesAway) {
        this.#awaits(
          own,
          error,
          `Nothing: it is looked for, and shared once it is at ${shownPath(own.path)}.`,
        )
        return null
      }
      if (!(error instanceof FilesInMotion)) throw error
      throw new CliFailure(error.code, error.what, error.why, this.#later(own))
    })
    if (made !== null) await this.#offer(own, made)
  }

  async #shareSaved(saved: Saved): Promise<void> {
    const { infoBytes, files } = saved
    const info = parseInfo(infoBytes)
    const own = await Promise.all(files.map(ownFile))
    const present = own.flatMap((file) => file ?? [])
    const isWhole = present.length === files.length
    if (info.ok && !isWhole && (await isHomeAway(info.value, files)))
      return this.#awaits(saved, awayFrom(info.value, files), 'Nothing: it is shared once they are back.')
    const trees =
      info.ok && present.length === info.value.files.length
        ? await treesOf(info.value, present, this.session.signal)
        : null
    if (!this.memory.has(saved)) return
    if (!info.ok || trees === null) return this.#onSpoilt(saved)
    this.memory.confirmSaved(info.value.infoHash)
    await this.#offer(saved, { info: info.value, trees, files: placedFiles(info.value, present) })
  }

  /** A download is not what it was. Whoever gave its link again wants it again. */
  async #onSpoilt(saved: Saved): Promise<void> {
    const wanted = await this.memory.dropSaved(saved)
    const why = `The files at ${shownPath(saved.files[0] ?? 'their place')} are gone or were changed.`
    if (wanted === null)
      throw new CliFailure(
        'files',
        'A download is no longer shared.',
        why,
        'Get it again, or share it as your own.',
      )
    this.session.output.note(`${why} They are downloaded again.`)
    this.#begin(() => this.#fetch(wanted))
  }

  /** However long it takes, and however often the disk is full. */
  async #fetch(wanted: Wanted): Promise<void> {
    const { infoHash } = wanted
    const { signal } = this.session
    if (!this.memory.has(wanted)) return
    if (this.#origins.has(infoHash)) return this.memory.dropWanted(infoHash)
    const ending = new AbortController()
    const either = AbortSignal.any([signal, ending.signal])
    const done = withDownload(this.out, infoHash, () => this.#download(wanted, either))
      .catch((error: unknown) => {
        if (signal.aborted) throw error
        if (ending.signal.aborted) return
        this.#awaits(wanted, failureOf(error), 'Nothing: it is tried again, and goes on where it is.')
      })
      .finally(() => this.#downloads.delete(infoHash))
    this.#downloads.set(infoHash, { ending, done })
    await done
  }

  /** @param signal aborted when nobody needs it any more, too. */
  async #download({ infoHash, isUnlisted }: Wanted, signal: AbortSignal): Promise<void> {
    const { peer, output } = this.session
    const isNew = peer.runtime.node.shares.get(infoHash) === undefined
    if (isNew) await openDownload(peer, infoHash, isUnlisted, signal)
    const info: ShareInfo = await untilKnown(peer, infoHash, signal, Infinity)
    if (isNew) announceDownload(info, output)
    const session = { ...this.session, signal }
    const { paths, trees } = await fetchWhole(session, info, this.out, Infinity, SILENT)
    output.event(
      'saved',
      { infoHash, bytes: info.totalBytes, files: paths },
      `Saved ${shownPath(paths[0] ?? '')}`,
    )
    signal.throwIfAborted()
    const saved = { infoBytes: info.infoBytes, files: [...paths], isUnlisted }
    await this.memory.addSaved(infoHash, saved)
    const files = await filesOf(paths)
    signal.throwIfAborted()
    serveFiles(peer, info, files, trees)
    this.#origins.set(infoHash, saved)
    announceShare(this.server, info, output)
  }

  async #try(job: () => Promise<void>): Promise<void> {
    const { output, signal } = this.session
    try {
      signal.throwIfAborted()
      await job()
    } catch (error) {
      if (!signal.aborted) output.failure(failureOf(error))
    }
  }
}
