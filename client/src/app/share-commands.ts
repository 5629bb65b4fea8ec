import { assertNever } from '@ringdrop/shared/kernel/core.ts'
import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import type { ShareCommand } from '@ringdrop/shared/node/node-io.ts'
import { filesOf } from '@ringdrop/shared/node/snapshot.ts'
import type { Exchange } from '@ringdrop/shared/protocols/bittorrent/exchange.ts'
import type { Priority } from '@ringdrop/shared/protocols/bittorrent/piece-picker.ts'
import type { StateStore } from '../adapters/state-store.ts'
import type { StoredShare } from '../adapters/stored-state.ts'
import { fail, ok, type Failure, type Success } from './answers.ts'
import type { AppCommand, AppResults } from './api.ts'
import { FileCommands } from './file-commands.ts'
import type { Library } from './library.ts'
import type { NodeRuntime } from './node-runtime.ts'

/** Commands about one share. */
export type CommandOfShare = Extract<
  AppCommand,
  {
    type:
      | ShareCommand['type']
      | 'rename'
      | 'remove'
      | 'files'
      | 'blobs'
      | 'torrentFile'
      | 'importTorrent'
      | 'reselect'
  }
>

/** What people do with one share: fetch, choose, order, pause, rename, remove, save. Remembered over reloads. */
export class ShareCommands {
  readonly #files: FileCommands

  constructor(
    readonly runtime: NodeRuntime,
    readonly state: StateStore,
    readonly library: Library,
  ) {
    this.#files = new FileCommands(runtime)
  }

  async run(command: CommandOfShare): Promise<Success<AppResults[CommandOfShare['type']]> | Failure> {
    switch (command.type) {
      case 'download':
        return this.#download(command.infoHash, command.files)
      case 'select':
        return this.#select(command.infoHash, command.files)
      case 'prioritize':
        return this.#prioritize(command.infoHash, command.files, command.priority)
      case 'play':
        return this.#command(command.infoHash, { type: 'play', at: command.at })
      case 'rename':
        return this.library.rename(command.infoHash, command.name)
      case 'pause':
      case 'resume':
        return this.#command(command.infoHash, { type: command.type }, { isPaused: command.type === 'pause' })
      case 'remove':
        this.runtime.feed({ type: 'removeShare', infoHash: command.infoHash })
        await this.library.forget(command.infoHash)
        return ok(null)
      case 'files': {
        const exchange = this.#exchange(command.infoHash)
        return exchange === null ? fail('unknownShare') : ok({ files: filesOf(exchange) })
      }
      case 'blobs':
        return this.#files.blobs(command.infoHash, command.files)
      case 'torrentFile':
        return this.#files.torrentFile(command.infoHash)
      case 'importTorrent':
        return this.#files.importTorrent(command.file)
      case 'reselect': {
        const { infoHash, files } = command
        const isGiven =
          files.length === 0 ? await this.library.grant(infoHash) : this.library.reselect(infoHash, files)
        return isGiven ? ok(null) : fail('notTheSameFiles')
      }
      default:
        return assertNever(command)
    }
  }

  async #download(infoHash: InfoHash, files: readonly number[] | null) {
    if (!(await this.remember(infoHash, files))) return fail('noMetadata')
    return this.#command(infoHash, { type: 'download', files })
  }

  /** Writes a download down, so that it goes on after a reload. @returns false when nothing is known of it. */
  async remember(infoHash: InfoHash, files: readonly number[] | null): Promise<boolean> {
    const info = this.#exchange(infoHash)?.swarm?.info
    if (info === undefined) return false
    await this.library.unwritten.unless(infoHash, this.library.rememberDownload(info, files))
    // Persistence is asked for when there is something to keep, not on the first visit.
    void navigator.storage.persist().catch(() => false)
    return true
  }

  #select(infoHash: InfoHash, files: readonly number[], change: Partial<StoredShare> = {}) {
    return this.#command(infoHash, { type: 'select', files }, { ...change, selection: files })
  }

  /** `skip` takes files out of the selection, anything else puts them in. */
  async #prioritize(infoHash: InfoHash, files: readonly number[], priority: Priority) {
    const wishes = this.#exchange(infoHash)?.wishes
    const count = this.#exchange(infoHash)?.swarm?.info.files.length
    if (wishes === undefined || count === undefined) return fail('noMetadata')
    const changed = new Set(files)
    const all = Array.from({ length: count }, (_, file) => file)
    const selection = all.filter((file) =>
      changed.has(file) ? priority !== 'skip' : wishes.isSelected(file),
    )
    const priorities = all.map((file) => (changed.has(file) ? priority : wishes.priorityOf(file)))
    if (priority !== 'skip') void this.#command(infoHash, { type: 'prioritize', files, priority })
    return this.#select(infoHash, selection, { priorities })
  }

  /** @param change what is remembered of it; a full disk keeps nobody from what they want now. */
  async #command(infoHash: InfoHash, command: ShareCommand, change?: Partial<StoredShare>) {
    if (this.#exchange(infoHash) === null) return fail('unknownShare')
    this.runtime.feed({ type: 'command', infoHash, command })
    if (change !== undefined)
      await this.library.unwritten.unless(infoHash, this.state.updateShare(infoHash, change))
    return ok(null)
  }

  #exchange(infoHash: InfoHash): Exchange | null {
    return this.runtime.node.shares.get(infoHash)?.exchange ?? null
  }
}
