import { join, resolve } from 'node:path'
import { parseInfo, type ShareInfo } from '@ringdrop/shared/content/metainfo.ts'
import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { takeLock } from '../adapters/node/file-lock.ts'
import { isHomeAway, ownFile } from '../adapters/node/delivery.ts'
import type { Command } from './arguments.ts'
import { openDownload, prepareOut, treesOf, untilKnown } from './downloads.ts'
import { CliFailure, failureOf } from './failure.ts'
import { announceDownload, fetchWhole, serveFrom } from './get-command.ts'
import { HashAgain } from './hash-again.ts'
import { NodeMemory, type OwnPath, type Saved, type Wanted } from './node-memory.ts'
import type { Output } from './output.ts'
import { partsFolder, withPeer, type Session } from './session.ts'
import { safeName, safePath } from './safe-names.ts'
import { FILES_CHANGED, lostShare, untilInterrupted } from './share-command.ts'
import { announceShare, FilesAway, FilesInMotion, offerShare, placedFiles, prepareShare } from './sharing.ts'
import { bytesInWords, countInWords, timeInWords } from './words.ts'

type NodeCommand = Extract<Command, { name: 'node' }>

/** An always-on member of the network: seeds what it was given, and lends itself to the discovery systems. */
export async function runNode(command: NodeCommand, output: Output, signal: AbortSignal): Promise<void> {
  const { options, out } = command
  const lock = await takeLock(join(options.stateFolder, 'node.lock'))
  if (lock === null)
    throw new CliFailure(
      'files',
      'A node with this state folder runs already.',
      `${join(options.stateFolder, 'node.lock')} is held.`,
      'End it, or name another folder with --state DIR.',
    )
  try {
    await prepareOut(out)
    const memory = await NodeMemory.load(options.stateFolder)
    for (const path of command.paths) await memory.addPath(resolve(path), command.isUnlisted)
    for (const infoHash of command.links) await memory.addWanted(infoHash, command.isUnlisted)
    await withPeer(
      { common: options, output, signal, folder: partsFolder(out), isWilling: true, isPatient: true },
      () => Promise.resolve(),
      (session) => new Member(session, memory, options.server, out).run(),
    )
  } finally {
    lock.release()
  }
}

/** The node while it runs. What goes wrong with one share is said, and does not end the others. */
export class Member {
  /** What is shared, by where it comes from. */
  readonly #origins = new Map<InfoHash, OwnPath | Saved>()
  /** What goes on besides. */
  readonly #jobs = new Set<Promise<void>>()
  readonly #again: HashAgain<OwnPath | Saved | Wanted>

  constructor(
    readonly session: Session,
    readonly memory: NodeMemory,
    readonly server: string,
    readonly out: string,
    clock = () => performance.now(),
  ) {
    this.#again = new HashAgain(clock)
  }

  async run(): Promise<void> {
    const { session, memory } = this
    this.#begin(() => this.#bringBack())
    for (const wanted of memory.wanted) this.#begin(() => this.#fetch(wanted))
    await untilInterrupted(session, () => {
      this.#renew()
      this.#tell()
    })
    await Promise.all(this.#jobs)
  }

  #begin(job: () => Promise<void>): void {
    const running = this.#try(job).finally(() => this.#jobs.delete(running))
    this.#jobs.add(running)
  }

  /** One after the other: each is hashed. */
  async #bringBack(): Promise<void> {
    for (const own of this.memory.paths) await this.#try(() => this.#sharePath(own))
    for (const saved of this.memory.saved) await this.#try(() => this.#shareSaved(saved))
  }

  /** Shares whose files are not what they were any more: for each is done again what was done at the start. */
  #renew(): void {
    const { peer, output } = this.session
    for (const [infoHash, origin] of [...this.#origins]) {
      const exchange = peer.runtime.node.shares.get(infoHash)?.exchange
      if (exchange?.state.name !== 'failed') continue
      this.#origins.delete(infoHash)
      peer.withdraw(infoHash)
      if ('path' in origin)
        output.failure(
          lostShare(exchange.swarm?.info.name ?? origin.path, FILES_CHANGED, this.#later(origin)),
        )
      else this.#begin(() => this.#shareSaved(origin))
    }
    for (const due of this.#again.due())
      this.#begin(() => {
        if ('path' in due) return this.#sharePath(due)
        return 'files' in due ? this.#shareSaved(due) : this.#fetch(due)
      })
  }

  /** What can't be had now is looked for again. Says so once. @param next what happens then, in words. */
  #awaits(item: OwnPath | Saved | Wanted, { code, what, why }: CliFailure, next: string): void {
    if (this.#again.onAway(item, what)) this.session.output.failure(new CliFailure(code, what, why, next))
  }

  /** Own files are to be hashed once more. @returns what to do about it, in words. */
  #later(own: OwnPath): string {
    const waitMs = this.#again.onLost(own)
    const when = waitMs === 0 ? '' : ` in ${timeInWords(waitMs)}`
    return `Nothing: it is hashed again${when}, and gets another link if it was changed.`
  }

  async #sharePath(own: OwnPath): Promise<void> {
    const { peer, output, signal } = this.session
    const made = await prepareShare([own.path], output, signal).catch((error: unknown) => {
      if (error instanceof FilesAway) {
        this.#awaits(own, error, `Nothing: it is looked for, and shared once it is at ${safePath(own.path)}.`)
        return null
      }
      if (!(error instanceof FilesInMotion)) throw error
      throw new CliFailure(error.code, error.what, error.why, this.#later(own))
    })
    if (made === null) return
    offerShare(peer, made, own.isUnlisted)
    this.#origins.set(made.info.infoHash, own)
    this.#again.onShared(own)
    announceShare(this.server, made.info, output)
  }

  async #shareSaved(saved: Saved): Promise<void> {
    const { peer, output, signal } = this.session
    const { infoBytes, files, isUnlisted } = saved
    const info = parseInfo(infoBytes)
    const own = await Promise.all(files.map(ownFile))
    const present = own.flatMap((file) => file ?? [])
    const isWhole = present.length === files.length
    if (info.ok && !isWhole && (await isHomeAway(info.value, files)))
      return this.#awaits(saved, awayFrom(info.value, files), 'Nothing: it is shared once they are back.')
    const trees =
      info.ok && present.length === info.value.files.length
        ? await treesOf(info.value, present, signal)
        : null
    if (!info.ok || trees === null) return this.#onSpoilt(saved)
    this.memory.confirmSaved(info.value.infoHash)
    offerShare(peer, { info: info.value, trees, files: placedFiles(info.value, present) }, isUnlisted)
    this.#origins.set(info.value.infoHash, saved)
    this.#again.onShared(saved)
    announceShare(this.server, info.value, output)
  }

  /** A download is not what it was. Whoever gave its link again wants it again. */
  async #onSpoilt(saved: Saved): Promise<void> {
    const wanted = await this.memory.dropSaved(saved)
    const why = `The files at ${safePath(saved.files[0] ?? 'their place')} are gone or were changed.`
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
    try {
      await this.#download(wanted)
    } catch (error) {
      if (this.session.signal.aborted) throw error
      this.#awaits(wanted, failureOf(error), 'Nothing: it is tried again, and goes on where it is.')
    }
  }

  async #download({ infoHash, isUnlisted }: Wanted): Promise<void> {
    const { peer, output, signal } = this.session
    const isNew = peer.runtime.node.shares.get(infoHash) === undefined
    if (isNew) await openDownload(peer, infoHash, isUnlisted)
    const info: ShareInfo = await untilKnown(peer, infoHash, signal, Infinity)
    // It came to be shared from files of the person's own.
    if (this.#origins.has(infoHash)) return this.memory.dropWanted(infoHash)
    if (isNew) announceDownload(info, output)
    const fetched = await fetchWhole(this.session, info, this.out, Infinity, () => undefined)
    const { paths } = fetched
    output.event('saved', { infoHash, bytes: info.totalBytes, files: paths }, `Saved ${paths[0] ?? ''}`)
    const saved = { infoBytes: info.infoBytes, files: [...paths], isUnlisted }
    await this.memory.addSaved(infoHash, saved)
    await serveFrom(this.session, info, fetched)
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

  #tell(): void {
    const { peer, output } = this.session
    const { links, shares, systems } = peer.snapshot()
    const server = peer.server.state
    const role = systems.kazaa?.role ?? 'off'
    const ringSize = systems.ring?.size ?? 0
    const uploadedBytes = shares.reduce((sum, share) => sum + share.uploadedBytes, 0)
    const fields = { server, links: links.length, role, ringSize, shares: shares.length, uploadedBytes }
    const words = [
      `server ${server}`,
      countInWords(links.length, 'link'),
      role,
      `ring of ${String(ringSize)}`,
      countInWords(shares.length, 'share'),
      `${bytesInWords(uploadedBytes)} sent`,
    ]
    output.status('status', fields, words.join(', '))
  }
}

const awayFrom = ({ name }: ShareInfo, files: readonly string[]): CliFailure =>
  new CliFailure(
    'files',
    `${safeName(name)} is not shared now.`,
    `There is nothing where its files were, at ${safePath(files[0] ?? '')}.`,
    '',
  )
