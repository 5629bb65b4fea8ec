import type { HashTree } from '@ringdrop/shared/content/merkle.ts'
import { sanitizeName } from '@ringdrop/shared/content/file-names.ts'
import { creatingInfo, parsingInfo, type ShareInfo } from '@ringdrop/shared/content/metainfo.ts'
import { isPausedByPerson } from '@ringdrop/shared/protocols/bittorrent/exchange-state.ts'
import type { FileRoot, InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { spanCount } from '@ringdrop/shared/content/merkle.ts'
import type { StateStore } from '../adapters/state-store.ts'
import type { StoredShare } from '../adapters/stored-state.ts'
import { fail, ok, type Failure, type Success } from './answers.ts'
import type { MissingSource, PickedFile } from './api.ts'
import { inSlices } from './breath.ts'
import type { MadeShare } from './share-maker.ts'
import { filesFor, handlesOf, rememberedFiles } from './own-files.ts'
import { downloadOf, spansOf } from './stored-download.ts'
import { treesFrom } from './stored-trees.ts'
import { Unwritten } from './unwritten.ts'
import type { NodeRuntime } from './node-runtime.ts'

/** Starting up comes first; our choice. */
const SWEEP_AFTER_MS = 30_000
/** Spans written in one transaction: 4 MiB. Our choice. */
const SPANS_AT_ONCE = 256

interface WaitingSource {
  readonly stored: StoredShare
  readonly info: ShareInfo
  readonly trees: ReadonlyMap<FileRoot, HashTree>
}

/** Remembers shares over reloads and brings them back; everything read is checked before it is used. */
export class Library {
  /** Own files that the browser would not give back by itself. */
  readonly #waiting = new Map<InfoHash, WaitingSource>()
  /** Own files that are shared now. */
  readonly #own = new Map<InfoHash, MadeShare>()
  /** What a full disk has kept from being remembered so far. */
  readonly unwritten: Unwritten

  /** @param changed as of {@link Unwritten} */
  constructor(
    readonly state: StateStore,
    readonly runtime: NodeRuntime,
    changed: () => void = () => undefined,
  ) {
    this.unwritten = new Unwritten((infoHash) => this.#writeAgain(infoHash), changed)
  }

  /** Whether it is shared from the person's own files. */
  owns(infoHash: InfoHash): boolean {
    return this.#own.has(infoHash)
  }

  get missingSources(): MissingSource[] {
    return [...this.#waiting.values()].map(({ stored, info }) => ({
      infoHash: info.infoHash,
      name: info.name,
      fileCount: info.files.length,
      totalBytes: info.totalBytes,
      needs: stored.handles === null ? 'files' : 'permission',
    }))
  }

  /** Brings back every remembered share. */
  async restore(): Promise<void> {
    const remembered = await this.state.shares()
    for (const { share, spans } of remembered) {
      const info = await inSlices(parsingInfo(share.infoBytes))
      if (!info.ok || info.value.infoHash !== share.infoHash) {
        await this.state.removeShare(share.infoHash)
        continue
      }
      const trees = await treesFrom(info.value, spans)
      if (share.isSource) await this.#restoreSource({ stored: share, info: info.value, trees })
      else this.restoreDownload(share, info.value, trees)
    }
    this.runtime.isRestored = true
    setTimeout(() => void this.#sweep(), SWEEP_AFTER_MS)
  }

  /** Downloads whose shares are forgotten are deleted; nobody waits for it. */
  async #sweep(): Promise<void> {
    const known = await this.state.infoHashes()
    // What could not be written down yet is wanted all the same.
    const here = [...this.runtime.node.shares.entries()].map(([infoHash]) => infoHash)
    this.runtime.blocks.post({ type: 'sweep', keep: [...known, ...here] })
    const isWanted = (infoHash: InfoHash) =>
      this.#own.has(infoHash) || this.runtime.node.shares.get(infoHash) !== undefined
    await this.state.sweepSpans(isWanted)
  }

  /** Remembers a share that was just made of the person's files. The share itself comes last: a half would be refused later. */
  async rememberSource(
    { info, trees, files }: MadeShare,
    isUnlisted: boolean,
    isPaused = false,
    addedAt = Date.now(),
  ): Promise<void> {
    // Its files are here again, whichever way they came.
    this.#waiting.delete(info.infoHash)
    this.#own.set(info.infoHash, { info, trees, files })
    const { infoHash, infoBytes } = info
    await this.#writeSpans(infoHash, trees)
    // Removed meanwhile: its spans are swept.
    if (!this.#own.has(infoHash)) return
    await this.state.saveShare({
      infoHash,
      infoBytes,
      isSource: true,
      ...this.#choices(infoHash, { isPaused, isUnlisted }),
      selection: null,
      priorities: null,
      addedAt,
      handles: handlesOf(files),
    })
  }

  async #writeSpans(infoHash: InfoHash, trees: Iterable<[FileRoot, HashTree]>): Promise<void> {
    let batch: Promise<void>[] = []
    for (const [root, tree] of trees) {
      // The root of a file of one block is its hash.
      if (tree.blockCount === 1) continue
      for (let span = 0; span < spanCount(tree.blockCount); span++) {
        const servable = tree.servable(span)
        if (servable !== null) batch.push(this.state.saveSpan(infoHash, { root, span, ...servable }))
        if (batch.length < SPANS_AT_ONCE) continue
        await Promise.all(batch)
        batch = []
      }
    }
    await Promise.all(batch)
  }

  /** What the person has chosen, which may have changed while something was written. @param before as long as it is not there */
  #choices(infoHash: InfoHash, before: Pick<StoredShare, 'isPaused' | 'isUnlisted'>) {
    const entry = this.runtime.node.shares.get(infoHash)
    if (entry === undefined) return before
    return { isPaused: isPausedByPerson(entry.exchange.state), isUnlisted: entry.isUnlisted }
  }

  /** Writes down what is shared or fetched now, whatever of it is there already. */
  async #writeAgain(infoHash: InfoHash): Promise<void> {
    const entry = this.runtime.node.shares.get(infoHash)
    const swarm = entry?.exchange.swarm
    if (entry === undefined || swarm === undefined || swarm === null) return
    const { isUnlisted, exchange } = entry
    const own = this.#own.get(infoHash)
    const addedAt = (await this.state.share(infoHash))?.addedAt ?? Date.now()
    if (own !== undefined) return this.rememberSource(own, isUnlisted, false, addedAt)
    if (!exchange.isStarted) return
    for (const span of spansOf(swarm)) await this.state.saveSpan(infoHash, span)
    const choices = this.#choices(infoHash, { isPaused: false, isUnlisted })
    await this.state.saveShare({ ...downloadOf(exchange, swarm), ...choices, addedAt })
  }

  /** A download as a reload would find it; `null` for what is none. */
  async rememberedNow(infoHash: InfoHash) {
    const entry = this.runtime.node.shares.get(infoHash)
    const swarm = entry?.exchange.swarm ?? null
    if (entry === undefined || swarm === null || this.owns(infoHash)) return null
    const trees = await treesFrom(swarm.info, [...spansOf(swarm)])
    const { exchange, isUnlisted } = entry
    const isPaused = isPausedByPerson(exchange.state)
    const stored = { ...downloadOf(exchange, swarm), isPaused, isUnlisted, addedAt: Date.now() }
    return { stored, info: swarm.info, trees }
  }

  async rememberDownload(info: ShareInfo, selection: readonly number[] | null): Promise<void> {
    const { infoHash, infoBytes } = info
    this.#waiting.delete(infoHash)
    const start = { isSource: false, isPaused: false, isUnlisted: false, addedAt: Date.now(), handles: null }
    await this.state.saveShare({ infoHash, infoBytes, selection, priorities: null, ...start })
  }

  /** Gives a share its own files back. @returns false when sizes or number don't fit. */
  reselect(infoHash: InfoHash, picked: readonly PickedFile[]): boolean {
    const waiting = this.#waiting.get(infoHash)
    if (waiting === undefined) return false
    const files = filesFor(waiting.info, picked)
    if (files === null) return false
    this.#waiting.delete(infoHash)
    const handles = handlesOf(files)
    this.#startSource(
      { ...waiting, stored: { ...waiting.stored, handles } },
      files.map(({ file }) => file),
    )
    // Next time a tap will do. If that can't be written down, they are asked for again.
    void this.state.updateShare(infoHash, { handles }).catch(() => undefined)
    return true
  }

  /** Asks for permission to read the files again; must be called in answer to a click. */
  async grant(infoHash: InfoHash): Promise<boolean> {
    const waiting = this.#waiting.get(infoHash)
    const files = waiting === undefined ? null : await rememberedFiles(waiting.stored, waiting.info, true)
    if (waiting === undefined || files === null) return false
    this.#waiting.delete(infoHash)
    this.#startSource(waiting, files)
    return true
  }

  async forget(infoHash: InfoHash): Promise<void> {
    this.#drop(infoHash)
    await this.state.removeShare(infoHash)
  }

  #drop(infoHash: InfoHash): void {
    this.#waiting.delete(infoHash)
    this.#own.delete(infoHash)
    this.runtime.blocks.post({ type: 'remove', infoHash })
  }

  /** The same files under another name: nothing is hashed again, but the link is another one. */
  async rename(infoHash: InfoHash, name: string): Promise<Success<{ infoHash: InfoHash }> | Failure> {
    const made = this.#own.get(infoHash)
    const entry = this.runtime.node.shares.get(infoHash)
    if (made === undefined || entry === null || entry === undefined) return fail('unknownShare')
    // What others would be shown differently, since it could mislead, is not made in the first place.
    if (sanitizeName(name) !== name) return fail('badName')
    const { info, trees, files } = made
    const paths = info.isSingleFile ? [{ ...info.files[0], path: [name] }] : info.files
    const content = { name, files: paths as ShareInfo['files'], pieceBytes: info.pieceBytes }
    const renamed = await inSlices(creatingInfo(content))
    // Removed or picked anew meanwhile.
    if (this.#own.get(infoHash) !== made) return fail('unknownShare')
    if (!renamed.ok) return fail('badName')
    if (renamed.value.infoHash === infoHash) return ok({ infoHash })
    const { isUnlisted, exchange } = entry
    const isPaused = isPausedByPerson(exchange.state)
    // Written down first: what the browser can't remember would be gone after a reload, under either name.
    const next = { info: renamed.value, trees, files }
    try {
      await this.rememberSource(next, isUnlisted, isPaused)
      await this.state.removeShare(infoHash)
    } catch {
      await this.forget(renamed.value.infoHash).catch(() => undefined)
      return fail('io')
    }
    this.#offer(next, isUnlisted, 'source')
    this.#keepPaused({ infoHash: renamed.value.infoHash, isPaused })
    // At once before the answer: the page of the old name would open it again.
    this.runtime.feed({ type: 'removeShare', infoHash })
    this.#drop(infoHash)
    return ok({ infoHash: renamed.value.infoHash })
  }

  async #restoreSource(waiting: WaitingSource): Promise<void> {
    const files = await rememberedFiles(waiting.stored, waiting.info, false)
    if (files === null) this.#waiting.set(waiting.info.infoHash, waiting)
    else this.#startSource(waiting, files)
  }

  #startSource({ stored, info, trees }: WaitingSource, files: readonly File[]): void {
    // Fetched from others meanwhile: the blocks that came stay where they are.
    if (this.runtime.node.shares.get(info.infoHash)?.exchange.isStarted === true) return
    const picked = files.map((file, index): PickedFile => {
      const handle = stored.handles?.[index]
      const path = info.files[index]?.path ?? [file.name]
      return handle === undefined ? { file, path } : { file, path, handle }
    })
    this.#own.set(info.infoHash, { info, trees, files: picked })
    this.#offer({ info, trees, files: picked }, stored.isUnlisted, 'check')
    this.#keepPaused(stored)
  }

  #offer({ info, trees, files }: MadeShare, isUnlisted: boolean, start: 'check' | 'source'): void {
    this.runtime.openFiles(
      info,
      files.map(({ file }) => file),
    )
    const share = { info, trees, start, isSource: true, selection: null, isUnlisted } as const
    this.runtime.feed({ type: 'addShare', share })
  }

  /** Begins again with what is remembered of a download, whatever its files hold. */
  restoreDownload(stored: StoredShare, info: ShareInfo, trees: ReadonlyMap<FileRoot, HashTree>): void {
    this.runtime.openFiles(info, null)
    const { selection, isUnlisted } = stored
    this.runtime.feed({
      type: 'addShare',
      share: { info, trees, start: 'check', isSource: false, selection, isUnlisted },
    })
    this.#keepPriorities(stored, info.files.length)
    this.#keepPaused(stored)
  }

  #keepPriorities({ infoHash, priorities }: StoredShare, fileCount: number): void {
    for (const priority of ['low', 'high'] as const) {
      const files = (priorities ?? []).flatMap((each, file) =>
        each === priority && file < fileCount ? [file] : [],
      )
      const command = { type: 'prioritize', files, priority } as const
      if (files.length > 0) this.runtime.feed({ type: 'command', infoHash, command })
    }
  }

  #keepPaused({ isPaused, infoHash }: Pick<StoredShare, 'isPaused' | 'infoHash'>): void {
    if (isPaused) this.runtime.feed({ type: 'command', infoHash, command: { type: 'pause' } })
  }
}
